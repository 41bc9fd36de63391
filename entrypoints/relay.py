"""The relay: `python -m entrypoints.relay` sends events to their actors, says what is due, and finds what was lost.

Any number may run: they share the rows of the database among them.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import structlog
import uvloop

from entrypoints import process, wiring
from foundation import jobs, relay, schedules, valkey, webhooks
from foundation.database import DB
from foundation.settings import SettingError

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.05
LONGEST_PAUSE = 2.0


@dataclass
class Round:
    """Work of the relay that comes round."""

    seconds: float
    work: Callable[[], Awaitable[int]]
    due: float = 0.0


def main() -> None:
    """Run one relay in this process. Ends with code 2 and a sentence when a setting is wrong."""
    try:
        with process.connected():
            wiring.connect()
            jobs.use(jobs.broker_on_valkey())
            uvloop.run(run())
    except SettingError as error:
        sys.exit(process.say(error))


async def run() -> None:
    """Relay until SIGTERM or SIGINT, and through every absence of the database or the queue."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    rounds = [Round(1, schedules.run_due), Round(2, relay.sweep), Round(60, webhooks.requeue_forgotten)]
    prepared = False
    pause = POLL_SECONDS
    while not stopping.is_set():
        try:
            if not prepared:
                await schedules.prepare()
                prepared = True
                log.info("relay_started")
            busy = await _once(rounds)
            pause = 0 if busy else POLL_SECONDS
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            pause = min(max(pause, POLL_SECONDS) * 2, LONGEST_PAUSE)
            log.warning("relay_waits", error=jobs.describe(error), seconds=pause)
        await _sleep(stopping, pause)
    await DB.close()
    await valkey.close()
    log.info("relay_stopped")


async def _once(rounds: list[Round]) -> bool:
    """One look at everything; True when the outbox had a full batch and probably has more."""
    full = await relay.push() == relay.BATCH
    for each in rounds:
        if time.monotonic() >= each.due:
            await each.work()
            each.due = time.monotonic() + each.seconds
    return full


async def _sleep(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass


if __name__ == "__main__":
    main()
