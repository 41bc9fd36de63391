"""Real workers, killed in the middle of their work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from foundation import clock, jobs, outbox, relay, valkey
from foundation.database import DB
from foundation.settings import ROOT
from foundation.tables import OutboxDelivery, Schedule
from tests.foundation.worker_program import build_slowly

pytestmark = pytest.mark.usefixtures("db")


class BrickOrdered(msgspec.Struct, frozen=True):
    """Work for the slow actor."""

    brick: str


class Workers:
    """Worker processes of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        return self.run("tests.foundation.worker_program", "--heartbeat", "1000", "--threads", "2")

    def run(self, *program: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *program]
        environment = {**os.environ, "FANFARE_TEST_FOLDER": str(self.folder), "PYTHONPATH": str(ROOT)}
        self.processes.append(subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL))
        return self.processes[-1]

    def marks(self, beginning: str) -> list[Path]:
        return sorted(self.folder.glob(f"{beginning}-*"))

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Workers]:
    before = relay.wiring()
    relay.connect(relay.Wiring(events={BrickOrdered: (build_slowly,)}))
    jobs.use(jobs.broker_on_valkey(heartbeat=1000))
    started = Workers(tmp_path)
    yield started
    started.end()
    jobs.use(jobs.broker_in_process())
    relay.connect(before)


async def until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    for _ in range(int(seconds * 50)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def order(brick: str) -> None:
    async with DB.transaction():
        await outbox.publish(BrickOrdered(brick=brick))
    await relay.push()


async def all_done() -> None:
    for _ in range(1000):
        if await OutboxDelivery.count() == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("a delivery is still open")


async def test_a_worker_killed_in_the_middle_is_made_up_for_by_the_next_one(workers: Workers) -> None:
    first = workers.start()
    await order("brick")
    await until(lambda: bool(workers.marks("begun")))

    first.kill()
    first.wait()
    (workers.folder / "go-on").touch()
    workers.start()
    await until(lambda: bool(workers.marks("ended")))
    await all_done()

    assert len(workers.marks("begun")) == 2
    assert await Schedule.count() == 1


async def test_a_queue_that_forgot_everything_is_filled_again(workers: Workers) -> None:
    await order("brick")
    await valkey.client(valkey.JOBS).flushdb()
    (workers.folder / "go-on").touch()
    workers.start()

    with clock.shifted(timedelta(seconds=121)):
        assert await relay.sweep() == 1
    await until(lambda: bool(workers.marks("ended")))
    await all_done()

    assert await Schedule.count() == 1


async def test_a_message_that_comes_twice_has_one_effect(workers: Workers) -> None:
    await order("brick")
    with clock.shifted(timedelta(seconds=121)):
        assert await relay.sweep() == 1
    (workers.folder / "go-on").touch()
    workers.start()

    await until(lambda: bool(workers.marks("ended")))
    await all_done()

    assert await Schedule.count() == 1


async def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(workers: Workers) -> None:
    process = workers.start()
    await order("brick")
    await until(lambda: bool(workers.marks("begun")))

    process.send_signal(signal.SIGTERM)
    (workers.folder / "go-on").touch()
    code = await asyncio.to_thread(process.wait, 20)

    assert code == 0
    assert len(workers.marks("ended")) == 1
    assert await OutboxDelivery.count() == 0


async def test_a_relay_program_sends_ticks_and_stops_cleanly(workers: Workers) -> None:
    process = workers.run("entrypoints.relay")
    for _ in range(1000):
        if await Schedule.count().where(Schedule.last_run_at.is_not_null()):
            break
        await asyncio.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(process.wait, 20)

    assert code == 0
    assert await Schedule.count().where(Schedule.last_run_at.is_not_null()) > 0


async def test_a_queue_that_is_away_delays_and_loses_nothing(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "address", lambda _database: "unix:///nonexistent/valkey.sock")
    jobs.use(jobs.broker_on_valkey(heartbeat=1000))
    await order("brick")
    monkeypatch.undo()
    jobs.use(jobs.broker_on_valkey(heartbeat=1000))
    (workers.folder / "go-on").touch()
    workers.start()

    with clock.shifted(timedelta(seconds=6)):
        assert await relay.sweep() == 1
    await until(lambda: bool(workers.marks("ended")))
    await all_done()

    assert await Schedule.count() == 1
