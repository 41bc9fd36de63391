"""Work on many things of which one may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


async def each(things: Iterable[Thing], work: Callable[[Thing], Awaitable[object]]) -> None:
    """Work on each in turn: one that fails does not keep the others from theirs.

    Raises `ExceptionGroup` at the end with all that went wrong, so that whoever called is told and tries again.
    """
    failed: list[Exception] = []
    for thing in things:
        try:
            await work(thing)
        except Exception as error:  # noqa: BLE001  # raised below, with the others
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} could not be worked on", failed)
