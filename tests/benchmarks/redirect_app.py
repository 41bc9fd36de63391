"""The application as it is, with two more addresses: one redirects and stores nothing, which the benchmark compares with; one answers
when the database has every click, and says how many bytes of them waited at most since it was asked last.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from litestar.types import HTTPScope, Send

from creators import click_storing
from creators.redirects import HEADERS, Redirects
from entrypoints.app import Site, create_app
from tests.benchmarks.redirect_load import SETTLED

EMPTY = "/empty00"
ANSWER = [(b"location", b"https://shop.cuivre.example/pans?fanfare_click=00000000-0000-7000-8000-000000000000"), *HEADERS]


class WithEmpty(Redirects):
    """Answers two addresses of the benchmark."""

    def follow(self, scope: HTTPScope, send: Send) -> Coroutine[Any, Any, bool]:
        if scope["path"] == EMPTY:
            return self._empty(send)
        return self._settled(send) if scope["path"] == SETTLED else super().follow(scope, send)

    async def _empty(self, send: Send) -> bool:
        await send({"type": "http.response.start", "status": 302, "headers": ANSWER})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True

    async def _settled(self, send: Send) -> bool:
        await self.keeper.settle()
        peak = str(self.keeper.spool.peak).encode()
        self.keeper.spool.peak = 0
        await send({"type": "http.response.start", "status": 200, "headers": [(b"peak", peak), (b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True


def serving() -> Site:
    site = create_app()
    site.redirects = WithEmpty(click_storing.folder())
    return site
