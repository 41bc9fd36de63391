"""How clicks come out of a spool into their table: thousands at once, and again after any failure without being there twice."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from creators.click_ids import age_of
from creators.click_spool import Spool, left_behind
from creators.late_clicks import join_late_clicks
from foundation import settings
from foundation.database import DB

log = structlog.get_logger(__name__)

COLUMNS = ("id", "at", "link", "creator", "show", "product", "kind", "consented", "referrer")
AGAIN = """
    insert into click (id, at, link, creator, show, product, kind, consented, referrer)
    select * from unnest($1::text[]::uuid[], $2::text[]::timestamptz[], $3::text[]::uuid[], $4::text[]::uuid[], $5::text[]::uuid[],
                         $6::text[]::uuid[], $7::text[], $8::text[]::boolean[], $9::text[])
    on conflict (id) do nothing returning id
"""
APART = 0.02
"""Seconds from one batch to the next under load: a commit costs as much as dozens of its rows, and nobody waits for it."""
LARGEST_BATCH = 2**19
"""Bytes of one batch, about three thousand clicks."""
LONGEST_PAUSE = 1.0
"""Seconds between two tries while the database is away."""
LAST_TRIES = 5.0
"""Seconds that a clean stop waits for a database that is away; what it does not take stays in its file."""
LATE = 2.0
"""Seconds after which a click is stored like one that was left behind."""
REFUSED = "refused"
ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\t")
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""What the database will not take whenever it is asked."""


class Keeper:
    """Keeps the clicks of a web process: each in the spool before its answer, in the database right behind it."""

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder, self._wake)
        self._writer: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection[Any] | None = None
        self._next_batch = 0.0
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Store what processes before this one left behind, beside the work."""
        self._looking = asyncio.create_task(_look_until_stored(self.spool.folder))
        return self._looking

    def _wake(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    async def settle(self) -> None:
        """Wait until the database has everything."""
        if self._writer is not None:
            await asyncio.wait({self._writer})

    async def close(self) -> None:
        """Put what waits into the database, and what it does not take into the care of the next process; give the connection back."""
        last = {task for task in (self._looking, self._writer) if task is not None}
        if self._looking is not None:
            self._looking.cancel()
        if last:
            _done, late = await asyncio.wait(last, timeout=LAST_TRIES)
            for task in late:
                task.cancel()
                await asyncio.wait({task})
        self._writer = None
        await self._let_go()
        self.spool.close()

    async def _write(self) -> None:
        """Store batches until nothing waits."""
        failed = 0
        try:
            while self.spool.waiting():
                await asyncio.sleep(max(0.0, self._next_batch - time.monotonic()))
                file = self.spool.oldest()
                lines = file.read(LARGEST_BATCH)
                try:
                    await self._store(lines, again=failed > 0)
                except AWAY as error:
                    failed += 1
                    log.warning("clicks_wait", bytes=self.spool.waiting(), error=type(error).__name__)
                    await self._let_go()
                    await asyncio.to_thread(self.spool.make_sure)
                    self._next_batch = time.monotonic() + min(LONGEST_PAUSE, APART * 2 ** min(failed, 10))
                else:
                    failed = 0
                    self.spool.stored(file, len(lines))
                    self._next_batch = time.monotonic() + APART
        finally:
            self._writer, self.spool.idle = None, True

    async def _store(self, lines: bytes, *, again: bool) -> None:
        if self._connection is None:
            self._connection = await DB.acquire()
        if again or _is_late(lines):
            await _store_again(self._connection, lines.splitlines(), self.spool.folder)
            await join_late_clicks(click_ids=_ids(lines))
        else:
            await self._connection.copy_to_table("click", columns=COLUMNS, source=memoryview(lines))

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await DB.release(connection)


def folder() -> Path:
    """Where the web processes of this machine keep what they answered and have not stored yet."""
    return settings.current().data_path / "clicks"


async def store_left_behind(*, clicks: Path) -> int:
    """Put into the database what processes that are gone had answered and left in the folder `clicks`; how many were new there. Safe to call at any
    time, by anybody.

    Sales that came before them are credited by them all the same.
    """
    count = 0
    for file in left_behind(clicks):
        try:
            while lines := file.read(LARGEST_BATCH):
                async with DB.connection() as connection:
                    count += await _store_again(connection, lines.splitlines(), file.path.parent)
                await join_late_clicks(click_ids=_ids(lines))
                file.stored += len(lines)
        except BaseException:
            file.let_go()
            raise
        file.discard()
    if count:
        log.info("clicks_left_behind_stored", clicks=count)
    return count


async def _look_until_stored(clicks: Path) -> None:
    while True:
        try:
            await store_left_behind(clicks=clicks)
            return
        except AWAY as error:
            log.warning("clicks_left_behind_wait", error=type(error).__name__)
            await asyncio.sleep(LONGEST_PAUSE)


async def _store_again(connection: asyncpg.Connection[Any], lines: list[bytes], folder: Path) -> int:
    """Store lines of which some may be stored already; how many were not. A line that will never fit is put aside."""
    rows = [line.decode("ascii", "replace").split("\t") for line in lines]
    if any(len(row) != len(COLUMNS) for row in rows):
        fit = [line for line, row in zip(lines, rows, strict=True) if len(row) == len(COLUMNS)]
        _put_aside([line for line, row in zip(lines, rows, strict=True) if len(row) != len(COLUMNS)], folder)
        return await _store_again(connection, fit, folder)
    columns = [[None if value == "\\N" else value for value in column] for column in zip(*rows, strict=True)]
    try:
        return len(await connection.fetch(AGAIN, *columns)) if rows else 0
    except UNFIT:
        if len(lines) == 1:
            _put_aside(lines, folder)
            return 0
        half = len(lines) // 2
        return sum([await _store_again(connection, part, folder) for part in (lines[:half], lines[half:])])


def _is_late(lines: bytes) -> bool:
    """Whether sales may have come before these clicks: the database was away for a while, or far behind."""
    first = _ids(lines[: lines.find(b"\n")])
    return not first or age_of(first[0]) > LATE


def _ids(lines: bytes) -> list[UUID]:
    return [UUID(line[:36].decode()) for line in lines.splitlines() if ID.match(line)]


def _put_aside(lines: list[bytes], folder: Path) -> None:
    """Keep lines that the database refuses where a person finds them; they hold up no others."""
    log.error("clicks_refused", clicks=len(lines), kept_in=str(folder / REFUSED))
    descriptor = os.open(folder / REFUSED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, b"\n".join([*lines, b""]))
    finally:
        os.close(descriptor)
