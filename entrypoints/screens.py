"""`fanfare screens`: the main pages of the demo as pictures, on a phone and on a desk, light and dark, in both languages."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import httpx
from PIL import Image

from entrypoints.demo import people
from foundation import settings
from foundation.settings import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PHONE, DESK = 390, 1280
HEIGHTS = {PHONE: 844, DESK: 800}
START_SECONDS = 600
CALM = 500
"""Milliseconds after a page has loaded, for pictures and the first frames of a film."""

PAGE_SECONDS = 30
"""So long one page may take; then it is left out, and said."""

WHOLE_SECONDS = 15 * 60
"""So long all pages may take together; what is left then is left out, and said."""


class NoPage(click.ClickException):
    """A page did not lead to the next one."""


@dataclass(frozen=True)
class Sheet:
    """A page to look at: who opens it, and its address and the links to follow from there, as patterns."""

    name: str
    who: str
    path: str
    links: tuple[str, ...] = ()
    whole: bool = True
    wait: int = 0


SHEETS = (
    Sheet("home", "", "/"),
    Sheet("schedule", "", "/schedule"),
    Sheet("room", "sam", "/", (r"/shows/three-sauces[\w-]+",), whole=False, wait=5000),
    Sheet("event", "sam", "/schedule", (r"/shows/(?!three-sauces)[\w-]+",)),
    Sheet("replays", "", "/replays"),
    Sheet("search", "", "/search?q=co"),
    Sheet("replay", "sam", "/replays", (r"/shows/[\w-]+",), wait=2500),
    Sheet("creators", "", "/creators"),
    Sheet("creator", "", "/creators/nour.cuisine"),
    Sheet("brand", "", "/brands/cuivre-sel"),
    Sheet("product", "sam", "/brands/cuivre-sel", (r"/shop/products/[\w-]+",)),
    Sheet("orders", "sam", "/orders"),
    Sheet("order", "sam", "/orders", (r"/orders/F-[\w-]+",)),
    Sheet("briefs", "", "/briefs"),
    Sheet("brief", "nour", "/briefs", (r"/briefs/[\w-]{36}",)),
    Sheet("studio", "nour", "/studio"),
    Sheet("studio-shows", "nour", "/studio/shows"),
    Sheet("cockpit", "nour", "/studio", (r"/studio/shows/[\w-]{36}/live",), whole=False, wait=1500),
    Sheet("studio-applications", "nour", "/studio/applications"),
    Sheet("earnings", "nour", "/studio/earnings"),
    Sheet("sales", "nour", "/studio/sales"),
    Sheet("brand-console", "ada", "/brand"),
    Sheet("brand-products", "ada", "/brand/products"),
    Sheet("brand-briefs", "ada", "/brand/briefs"),
    Sheet("brand-applications", "ada", "/brand/applications"),
    Sheet("brand-offers", "ada", "/brand/offers"),
    Sheet("brand-orders", "ada", "/brand/orders"),
    Sheet("brand-money", "ada", "/brand/money"),
    Sheet("moderation", "max", "/moderation"),
    Sheet("moderated-room", "max", "/moderation", (r"/moderation/rooms/[\w-]+",)),
    Sheet("finance", "fay", "/finance"),
    Sheet("runs", "fay", "/finance/runs"),
    Sheet("run", "finn", "/finance/runs", (r"/finance/runs/PR-[\w-]+",)),
    Sheet("reconciliation", "fay", "/finance/reconciliation"),
    Sheet("trace", "fay", "/finance/runs", (r"/finance/runs/PR-[\w-]+", r"/finance/trace\?q=[\w-]+")),
    Sheet("accounts", "fay", "/finance/accounts"),
    Sheet("people", "rose", "/admin/people"),
    Sheet("operations", "rose", "/admin/operations"),
    Sheet("sign-in", "", "/sign-in"),
    Sheet("lost", "", "/nowhere"),
    Sheet("offline", "", "/offline"),
)  # fmt: skip

README = {"home": DESK, "room": DESK, "run": DESK, "trace": DESK}
"""Pictures of the README, besides the room on a phone."""


def take(*, base: str, folder: Path, only: str, say: Callable[[str], None]) -> int:
    """Photograph the pages of the demo that runs at `base` into `folder`, with a contact sheet; return how many there are."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[Sheet, str]] = []
    over = time.monotonic() + WHOLE_SECONDS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        )
        for scheme, language in (("light", "en"), ("dark", "fr"), ("dark", "en"), ("light", "fr")):
            for width in (PHONE, DESK):
                for sheet, file in _round(browser, base, folder, only, (width, scheme, language), over, say):
                    taken.append((sheet, file))
                    say(file)
        browser.close()
    (folder / "index.html").write_text(_contact_sheet(taken))
    return len(taken)


def refresh_readme(folder: Path) -> None:
    """Make the small pictures of the README from those just taken."""
    target = ROOT / "docs" / "screens"
    target.mkdir(parents=True, exist_ok=True)
    for name, width, size in (("room", PHONE, 390), *((name, width, 1000) for name, width in README.items())):
        source = folder / f"{name}-{width}-light-en.png"
        if source.exists():
            kind = "mobile" if width == PHONE else "desktop"
            with Image.open(source) as opened:
                picture = opened.convert("RGB")
            picture = picture.crop(
                (0, 0, picture.width, min(picture.height, int(picture.width * (2.2 if width == PHONE else 0.9))))
            )
            picture.thumbnail((size, size * 3))
            picture.save(target / f"{name}-{kind}.webp", "WEBP", quality=80, method=5)


@contextmanager
def demo_at(base: str, say: Callable[[str], None]) -> Iterator[None]:
    """The demo that runs there, or one of our own while the block runs. Raises `NoPage` when it does not come up."""
    if _on_air(base):
        yield
        return
    say("No demo is on air: starting one")
    process = subprocess.Popen(
        [sys.executable, "-m", "entrypoints.cli", "demo"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (_on_air(base) and "/shows/" in _get(base, "/replays")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoPage("The demo did not come on air.")
            time.sleep(1)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _round(
    browser: Browser, base: str, folder: Path, only: str, look: tuple[int, str, str], over: float, say: Callable[[str], None]
) -> Iterator[tuple[Sheet, str]]:
    """Photograph the wanted pages in one look, person by person; what takes too long or leads nowhere is left out."""
    from playwright.sync_api import Error

    width, scheme, language = look
    wanted = [(sheet, f"{sheet.name}-{width}-{scheme}-{language}") for sheet in SHEETS]
    wanted = [(sheet, name) for sheet, name in wanted if re.search(only, name)]
    for who in dict.fromkeys(sheet.who for sheet, _name in wanted):
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=base,
        )
        context.set_default_timeout(PAGE_SECONDS * 1000)
        try:
            page = _signed_in(context, who, language)
        except Error as error:
            say(f"The pages of {who or 'a visitor'} at {width}, {scheme}, {language}: left out, {str(error).splitlines()[0]}")
            continue
        for sheet, name in wanted:
            if sheet.who != who:
                continue
            if time.monotonic() > over:
                say(f"{name}: left out, no time is left")
                continue
            try:
                _open(page, sheet)
                page.screenshot(path=folder / f"{name}.png", full_page=sheet.whole)
            except (Error, NoPage) as error:
                say(f"{name}: left out, {str(error).splitlines()[0]}")
                continue
            yield sheet, f"{name}.png"
        context.close()


def _signed_in(context: BrowserContext, who: str, language: str) -> Page:
    page = context.new_page()
    page.goto(f"/sign-in?lang={language}")
    if who:
        page.fill("input[name=email]", people.email_of(who))
        page.fill("input[name=password]", people.PASSWORD)
        page.click("form[action*='/sign-in'] button:not([type=button])")
        page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def _open(page: Page, sheet: Sheet) -> None:
    page.goto(sheet.path, wait_until="load")
    for link in sheet.links:
        page.wait_for_timeout(CALM)
        found = re.search(rf'href="({link})"', page.content())
        if found is None:
            raise NoPage(f"{page.url} has no link to {sheet.name}.")
        page.goto(html.unescape(found[1]), wait_until="load")
    if sheet.whole:  # pictures further down load when somebody comes near
        page.evaluate("for (let y = 0; y < document.body.scrollHeight; y += 600) setTimeout(() => scrollTo(0, y), y / 6)")
        page.wait_for_timeout(CALM)
        page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(sheet.wait or CALM)


def _contact_sheet(taken: list[tuple[Sheet, str]]) -> str:
    """One page with all pictures, a row for each page of the site."""
    rows = []
    for name in dict.fromkeys(sheet.name for sheet, _file in taken):
        files = [file for sheet, file in taken if sheet.name == name]
        cells = "".join(
            f'<figure><a href="{file}"><img loading="lazy" src="{file}" alt=""></a><figcaption>{file}</figcaption></figure>'
            for file in files
        )
        rows.append(f"<h2>{name}</h2><div>{cells}</div>")
    style = "body{font:14px system-ui;margin:2rem;background:#eee}div{display:flex;gap:1rem;overflow-x:auto;align-items:start}img{height:420px}figure{margin:0}"
    return f'<!doctype html><meta charset="utf-8"><title>Fanfare, all pages</title><style>{style}</style>{"".join(rows)}'


def _on_air(base: str) -> bool:
    return "/shows/three-sauces" in _get(base, "/")


def _get(base: str, path: str) -> str:
    try:
        return httpx.get(f"{base}{path}", timeout=10).text
    except httpx.HTTPError:
        return ""


def _chromium() -> str:
    found = subprocess.run([sys.executable, str(ROOT / "bin" / "find-browser")], capture_output=True, text=True, check=False)
    if found.returncode:
        raise NoPage(found.stderr.strip())
    return found.stdout.strip()


def screens(*, only: str) -> None:
    """Photograph a running demo, or one of our own, and refresh the pictures of the README."""
    now = settings.current()
    folder = now.data_path / "screens"
    with demo_at(now.base_url, click.echo):
        count = take(base=now.base_url, folder=folder, only=only, say=click.echo)
    refresh_readme(folder)
    click.echo(f"{count} pictures: {folder / 'index.html'}")
