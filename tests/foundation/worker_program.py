"""A worker with the actor of the fault tests: `python -m tests.foundation.worker_program --heartbeat 500`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from entrypoints import worker
from foundation import jobs
from foundation.database import DB

FOLDER = Path(os.environ.get("FANFARE_TEST_FOLDER", "/nonexistent"))


@jobs.actor
async def build_slowly(brick: str) -> None:
    """Says that it has begun, waits until it may go on, and leaves one row however often it runs."""
    (FOLDER / f"begun-{brick}-{os.getpid()}").touch()
    for _ in range(2000):
        if (FOLDER / "go-on").exists():
            break
        await asyncio.sleep(0.01)
    async with DB.connection() as connection:
        await connection.execute(
            "insert into schedule (name, every_seconds, next_run_at, enabled) values ($1, 1, now(), false) "
            "on conflict (name) do nothing",
            brick,
        )
    (FOLDER / f"ended-{brick}-{os.getpid()}").touch()


if __name__ == "__main__":
    worker.main()
