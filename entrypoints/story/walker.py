"""A person without a browser: follows links, fills in the forms that a page has, keeps cookies. Real HTTP only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import httpx

TRIES, PAUSE = 4, 0.5
"""How often somebody presses again, and after how many seconds."""


class NotOnThePage(AssertionError):
    """The page does not have what the story needs."""


@dataclass
class PageForm:
    """A form as the page has it: its address and the fields with what they hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(PageForm(given.get("action") or given.get("hx-post", ""), given.get("method", "get").lower()))
        if not self.forms:
            return
        form = self.forms[-1]
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"submit", "file", "image"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                form.fields[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._select = (name, [])
        elif tag == "option" and self._select:
            self._select[1].append((given.get("value", ""), "selected" in given))
        elif tag == "textarea" and name:
            self._area = name
            form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select and self.forms:
            name, options = self._select
            if options:
                self.forms[-1].fields[name] = next((value for value, chosen in options if chosen), options[0][0])
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1].fields[self._area] += data


class Walker:
    """One person walking through the site."""

    def __init__(self, base_url: str, name: str) -> None:
        self.name = name
        self.http = httpx.AsyncClient(base_url=base_url, timeout=30, follow_redirects=True, headers={"accept-language": "en"})
        self.url = base_url
        self.html = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.http.aclose()

    async def visit(self, path: str) -> str:
        """Open a page; it must be there."""
        return self._seen(await self._patiently("GET", path))

    async def submit(self, action: str, /, **fields: Any) -> str:
        """Fill in and send the form of this page whose address contains `action`; the rest of its fields stay as they are."""
        form = self.form(action)
        values: dict[str, Any] = {**form.fields, **fields}
        target = urljoin(self.url, form.action or self.url)
        if form.method == "post":
            return self._seen(await self._patiently("POST", target, data=values))
        return self._seen(await self._patiently("GET", target, params=values))

    async def _patiently(self, method: str, target: str, **content: Any) -> httpx.Response:
        """Ask, and press again when the page says that somebody behind it does not answer right now."""
        for _attempt in range(TRIES):
            answer = await self.http.request(method, target, **content)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(PAUSE)
        return answer

    def form(self, action: str) -> PageForm:
        for form in self._read().forms:
            if action in urljoin(self.url, form.action or self.url):
                return form
        raise NotOnThePage(f"{self.url} has no form for {action} ({self.name})")

    def link(self, part: str) -> str:
        """The address of the first link of this page that contains `part`."""
        for href in self._read().links:
            if part in href:
                return href
        raise NotOnThePage(f"{self.url} has no link with {part} ({self.name})")

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader

    def _seen(self, answer: httpx.Response) -> str:
        if answer.status_code >= 400:
            raise NotOnThePage(
                f"{answer.request.method} {answer.url.path} answered {answer.status_code} ({self.name}): {_words(answer.text)}"
            )
        self.url, self.html = str(answer.url), answer.text
        return self.html


def _words(html: str) -> str:
    """The errors of a page, for the report of a story that broke."""
    parts: list[str] = []

    class Words(HTMLParser):
        def handle_data(self, data: str) -> None:
            if data.strip():
                parts.append(data.strip())

    Words().feed(html)
    return " · ".join(parts)[-800:]
