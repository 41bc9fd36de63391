"""Who hears what: every event, webhook and schedule with its actors, on one page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


def connect() -> None:
    """Tell the ground who listens."""


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """What lives as long as the web process."""
    yield
