"""One whole Fanfare for the tests of this folder that kill its programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from entrypoints.story import stage
from entrypoints.supervisor import Supervisor
from tests.faults.programs.whole import Whole, leave, market


@pytest.fixture(scope="package")
async def _aside(_loop: asyncio.AbstractEventLoop) -> AsyncIterator[None]:
    """The connections of this process to the engines of the other tests are closed, before and after."""
    await leave()
    yield
    await leave()


@pytest.fixture(scope="package")
def programs(_aside: None) -> Iterator[Supervisor]:
    """Everything that serves, on a folder and ports of its own; the settings of this process name it."""
    with stage.own_fanfare(workers=False) as running:
        yield running


@pytest.fixture(scope="package")
async def whole(programs: Supervisor) -> AsyncIterator[Whole]:
    """The programs at work, with a market on air. The verbs in this process work on the same database."""
    yield await market(programs)
    await leave()
