"""The application as it is, with one more address that redirects and stores nothing: what the benchmark compares with."""

from __future__ import annotations

from litestar.types import HTTPScope, Send

from creators.redirects import HEADERS, Redirects
from entrypoints.app import Site, create_app

EMPTY = "/empty00"
ANSWER = [(b"location", b"https://shop.cuivre.example/pans?fanfare_click=00000000-0000-7000-8000-000000000000"), *HEADERS]


class WithEmpty(Redirects):
    """Answers one address without any work."""

    async def follow(self, scope: HTTPScope, send: Send) -> bool:
        if scope["path"] == EMPTY:
            await send({"type": "http.response.start", "status": 302, "headers": ANSWER})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return True
        return await super().follow(scope, send)


def serving() -> Site:
    site = create_app()
    site.redirects = WithEmpty()
    return site
