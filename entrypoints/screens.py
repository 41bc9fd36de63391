"""`fanfare screens`: the main pages of the demo as pictures, on a phone and on a desk, light and dark, in both languages."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx
from PIL import Image

from entrypoints import screen_taking
from entrypoints.screen_pages import PHONE, README, SHEETS
from entrypoints.screen_taking import Taking, file_of
from foundation import settings
from foundation.settings import ROOT

START_SECONDS = 600
WHOLE_SECONDS = 15 * 60
"""So long all pages may take together; what is left then is left out, and said."""


def take(*, base: str, folder: Path, only: str, say: Callable[[str], None]) -> Taking:
    """Photograph the pages of the demo that runs at `base` into `folder`, with a contact sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    taking = asyncio.run(
        screen_taking.take(
            base=base, folder=folder, sheets=SHEETS, only=only, chromium=chromium(), seconds=WHOLE_SECONDS, say=say
        )
    )
    (folder / "index.html").write_text(_contact_sheet(taking.taken))
    return taking


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
    """The demo that runs there, or one of our own while the block runs. Raises `ClickException` when it does not come up."""
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
                raise click.ClickException("The demo did not come on air.")
            time.sleep(1)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _contact_sheet(taken: set[str]) -> str:
    """One page with all pictures, a row for each page of the site."""
    rows = []
    for sheet in SHEETS:
        files = [file for file in (file_of(sheet, look) for look in sheet.looks) if file in taken]
        cells = "".join(
            f'<figure><a href="{file}"><img loading="lazy" src="{file}" alt=""></a><figcaption>{file}</figcaption></figure>'
            for file in files
        )
        if files:
            rows.append(f"<h2>{sheet.name}</h2><div>{cells}</div>")
    style = "body{font:14px system-ui;margin:2rem;background:#eee}div{display:flex;gap:1rem;overflow-x:auto;align-items:start}img{height:420px}figure{margin:0}"
    return f'<!doctype html><meta charset="utf-8"><title>Fanfare, all pages</title><style>{style}</style>{"".join(rows)}'


def _on_air(base: str) -> bool:
    return "/shows/three-sauces" in _get(base, "/")


def _get(base: str, path: str) -> str:
    try:
        return httpx.get(f"{base}{path}", timeout=10).text
    except httpx.HTTPError:
        return ""


def chromium() -> str:
    """Where the browser is. Raises `ClickException`."""
    found = subprocess.run([sys.executable, str(ROOT / "bin" / "find-browser")], capture_output=True, text=True, check=False)
    if found.returncode:
        raise click.ClickException(found.stderr.strip())
    return found.stdout.strip()


def screens(*, only: str) -> None:
    """Photograph a running demo, or one of our own, and refresh the README's pictures. Raises `ClickException` for pages left out."""
    now = settings.current()
    folder = now.data_path / "screens"
    began = time.monotonic()
    with demo_at(now.base_url, click.echo):
        taking = take(base=now.base_url, folder=folder, only=only, say=click.echo)
    if not only:
        refresh_readme(folder)
    click.echo(f"{len(taking.taken)} pictures in {time.monotonic() - began:.0f} s: {folder / 'index.html'}")
    if taking.left_out:
        raise click.ClickException(f"{len(taking.left_out)} pictures were left out: {', '.join(sorted(taking.left_out))}")
