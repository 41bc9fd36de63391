"""What a program of our own does first: find the engines, and write its logs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from foundation import embedded, logs, settings
from foundation.settings import SettingError


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


def say(error: SettingError) -> int:
    """One sentence for people; the exit code of a wrong setting."""
    print(error, file=sys.stderr)  # noqa: T201  # the program's last words
    return 2
