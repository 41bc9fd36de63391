"""The application as it is, with two more addresses: one redirects and stores nothing, which the benchmark compares with; one answers
when the database has every click, and says how many bytes of them waited at most since it was asked last.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from litestar.types import HTTPScope, Send

from creators.redirects import HEADERS, NO_BODY
from entrypoints.app import Site, create_app
from tests.benchmarks.redirect_load import SETTLED

EMPTY = "/empty00"
ANSWER = [(b"location", b"https://shop.cuivre.example/pans?fanfare_click=00000000-0000-7000-8000-000000000000"), *HEADERS]


def serving() -> Site:
    """The application, whose links are followed behind a look at the two addresses of the benchmark."""
    site = create_app()
    keeper, follow = site.redirects.keeper, site.redirects.follow

    async def empty(send: Send) -> bool:
        await send({"type": "http.response.start", "status": 302, "headers": ANSWER})
        await send(NO_BODY)
        return True

    async def settled(send: Send) -> bool:
        await keeper.settle()
        peak, keeper.spool.peak = str(keeper.spool.peak).encode(), 0
        await send({"type": "http.response.start", "status": 200, "headers": [(b"peak", peak), (b"content-length", b"0")]})
        await send(NO_BODY)
        return True

    def follows(scope: HTTPScope, send: Send) -> Coroutine[Any, Any, bool]:
        if scope["path"] == EMPTY:
            return empty(send)
        return settled(send) if scope["path"] == SETTLED else follow(scope, send)

    site.redirects.follow = follows  # type: ignore[method-assign]  # this is what the benchmark adds
    return site
