"""The people of the tests, each with one role in the story."""

from __future__ import annotations

import re
from typing import Any

import httpx

from foundation import accounts, sessions
from foundation.accounts import Principal
from foundation.tables import Role

PASSWORD = "a long and quiet password"

PEOPLE: dict[str, tuple[str, tuple[Role, ...]]] = {
    "ada": ("Ada Cuivre", (Role.BRAND_MEMBER,)),
    "bruno": ("Bruno Velours", (Role.BRAND_MEMBER,)),
    "nour": ("Nour Benali", (Role.CREATOR,)),
    "chloe": ("Chloé Martin", (Role.CREATOR,)),
    "sam": ("Sam Petit", ()),
    "fay": ("Fay Durand", (Role.FINANCE_MAKER,)),
    "finn": ("Finn Roche", (Role.FINANCE_CHECKER,)),
    "max": ("Max Leroy", (Role.MODERATOR,)),
    "root": ("Rose Admin", (Role.ADMINISTRATOR,)),
}


class Browser(httpx.AsyncClient):
    """A browser without JavaScript: keeps cookies and sends the form token with every POST."""

    async def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Response:
        if method in {"POST", "PUT", "PATCH", "DELETE"}:
            headers = httpx.Headers(options.pop("headers", None))
            headers.setdefault("x-csrftoken", await self.token())
            options["headers"] = headers
        return await super().request(method, url, **options)

    async def token(self) -> str:
        if "csrftoken" not in self.cookies:
            await super().request("GET", "/sign-in")
        return self.cookies["csrftoken"]


def browser(server: str) -> Browser:
    return Browser(base_url=server, timeout=30, headers={"accept-language": "en"})


class Cast:
    """Makes each person once a test and opens their browsers."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.known: dict[str, Principal] = {}
        self.browsers: list[Browser] = []

    async def person(self, name: str) -> Principal:
        if name not in self.known:
            display_name, roles = PEOPLE[name]
            self.known[name] = await accounts.create(email=f"{name}@fanfare.example", display_name=display_name, roles=roles)
        return self.known[name]

    async def ada(self) -> Principal:
        """Owner of the brand Cuivre & Sel."""
        return await self.person("ada")

    async def bruno(self) -> Principal:
        """Owner of another brand."""
        return await self.person("bruno")

    async def nour(self) -> Principal:
        """A creator."""
        return await self.person("nour")

    async def chloe(self) -> Principal:
        """Another creator."""
        return await self.person("chloe")

    async def sam(self) -> Principal:
        """A viewer who buys."""
        return await self.person("sam")

    async def fay(self) -> Principal:
        """Finance, maker."""
        return await self.person("fay")

    async def finn(self) -> Principal:
        """Finance, checker."""
        return await self.person("finn")

    async def max(self) -> Principal:
        """A moderator."""
        return await self.person("max")

    async def root(self) -> Principal:
        """An administrator."""
        return await self.person("root")

    async def client(self, principal: Principal) -> Browser:
        """A browser in which this person is signed in."""
        opened = browser(self.server)
        opened.cookies.set(sessions.cookie_name(), await sessions.open_session(principal.id))
        self.browsers.append(opened)
        return opened

    async def leave(self) -> None:
        for opened in self.browsers:
            await opened.aclose()


def form_token(html: str) -> str:
    """The form token in a page."""
    found = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert found, "the page has no form token"
    return found[1]
