"""What a program of our own does first: find the engines, and write its logs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from foundation import embedded, logs, settings, stripe_gateway, valkey
from foundation.database import DB
from foundation.settings import SettingError

Result = TypeVar("Result")


@contextmanager
def connected() -> Iterator[None]:
    """The engines that the settings name, or those of the Fanfare that runs on the same data folder.

    Call it from the main thread. Raises `SettingError`.
    """
    found = embedded.engines(settings.current(), serving=False)
    os.environ.update(DATABASE_URL=found.database_url, REDIS_URL=found.redis_url)
    settings.current.cache_clear()
    logs.configure(settings.current())
    try:
        yield
    finally:
        found.stop()


def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a verb from the command line to its end, and close what it opened."""

    async def whole() -> Result:
        try:
            return await work
        finally:
            await stripe_gateway.close()
            await valkey.close()
            await DB.close()

    with connected():
        return asyncio.run(whole())


def say(error: SettingError) -> int:
    """One sentence for people; the exit code of a wrong setting."""
    print(error, file=sys.stderr)  # noqa: T201  # the program's last words
    return 2
