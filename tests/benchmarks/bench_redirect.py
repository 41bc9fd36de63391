"""How many tracking links one web process can follow a second, each with its click kept before the answer and stored behind it.

    .venv/bin/python -m tests.benchmarks.bench_redirect [rounds]

Turn by turn on one granian worker: the empty redirect, 1,000 links, one hot link. Each measure ends when the database has all of its clicks. Then
the process is ended, cleanly and by kill -9, while visitors are being answered, and every click id that a visitor holds is looked for in the
database; after the kill what the process left behind is stored first, as it is when any other one starts. Server, PostgreSQL and visitors share the
machine.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from creators import click_storing, links
from creators.conversion_tables import ShopConnection, ShopKind
from creators.link_tables import Click, TrackingLink
from foundation import clock, embedded, migrations, settings, static_files
from foundation.database import DB
from foundation.settings import ROOT
from tests import factories
from tests.benchmarks import processor
from tests.benchmarks.bench_room_fanout import free_port
from tests.benchmarks.redirect_app import EMPTY

LINKS = 1_000
SECONDS = 3.0
GOAL = 0.6
PROCESSOR = ("web", "postgres", "visitors")
HOST = "shop.cuivre.example"


async def main(rounds: int) -> int:
    """Print the figures; 0 when the goal is met and no click was lost."""
    codes = await _links()
    server, port = await _start()
    spread, hot = [f"/{code}" for code in codes], [f"/{codes[0]}"]
    figures: dict[str, list[dict[str, Any]]] = {"empty": [], "spread": [], "hot": []}
    try:
        await _load(port, 1.0, spread)
        for _ in range(rounds):
            for name, paths in (("empty", [EMPTY]), ("spread", spread), ("hot", hot)):
                before = _used(server)
                found = await _load(port, SECONDS, paths)
                figures[name].append(
                    {**found, **{key: (now - before[key]) / found["answers"] for key, now in _used(server).items()}}
                )
        answered = 1 + sum(each["answers"] for name in ("spread", "hot") for each in figures[name])
    finally:
        await asyncio.to_thread(_end, server, signal.SIGTERM)
    print(  # noqa: T201
        f"{rounds} rounds of {SECONDS:.0f} s, 32 connections, one web process; median of each, ratio to the empty redirect of its round"
    )
    ratios = {name: _report(name, figures) for name in figures}
    stored = await Click.count()
    lost = [await _lost(spread, number) for number in (signal.SIGTERM, signal.SIGKILL)]
    print(f"answered {answered}+, stored {stored}; lost by a clean stop: {lost[0]}, by kill -9: {lost[1]}")  # noqa: T201
    return 0 if min(ratios["spread"], ratios["hot"]) >= GOAL and stored >= answered and lost == [0, 0] else 1


def _report(name: str, figures: dict[str, list[dict[str, Any]]]) -> float:
    """Print one kind of redirect; its ratio to the empty one by the clock. By processor time it is what the machine would reach if it did nothing else
    and never stood still.
    """
    mine, rounds = figures[name], list(zip(figures[name], figures["empty"], strict=True))
    ratio = statistics.median(each["rate"] / empty["rate"] for each, empty in rounds)
    by_processor = statistics.median(_processor(empty) / _processor(each) for each, empty in rounds)
    middle = {key: statistics.median(each[key] for each in mine) for key in ("rate", "p50", "p99", "drain", *PROCESSOR)}
    print(  # noqa: T201
        f"{name:7s} {middle['rate']:7.0f}/s  p50 {middle['p50']:5.2f} ms  p99 {middle['p99']:6.2f} ms  ratio {ratio:4.2f}"
        f"  processor of one: web {middle['web'] * 1e6:.1f} us, database {middle['postgres'] * 1e6:.1f} us, visitors {middle['visitors'] * 1e6:.1f} us,"
        f" ratio {by_processor:4.2f}  drained in {middle['drain']:.0f} ms, waiting at most {max(each['peak'] for each in mine) / 1024:.0f} KB"
        f"  wrong answers {sum(each['wrong'] for each in mine)}"
    )
    return float(ratio)


def _processor(found: dict[str, Any]) -> float:
    return sum(float(found[each]) for each in PROCESSOR)


def _used(server: subprocess.Popen[bytes]) -> dict[str, float]:
    return {"web": processor.seconds(server.pid), "postgres": processor.engines()["postgres"]}


async def _links() -> list[str]:
    """A brand, a creator and a thousand links into the brand's shop."""
    stage = await factories.stage()
    await ShopConnection(
        brand=stage.brand_id, kind=ShopKind.API, name="Shop", host=HOST, sealed_secret="-", created_at=clock.now()
    ).save()
    code = await links.make_link(
        collaboration_id=stage.collaboration_id, product_id=stage.pan.id, target=f"https://{HOST}/pans", by=stage.nour
    )
    [row] = await TrackingLink.select().where(TrackingLink.code == code)
    rows = [TrackingLink(**{**row, "id": None, "code": links.new_code()}) for _ in range(LINKS)]
    for each in rows:
        each.id = uuid4()
    await TrackingLink.insert(*rows)
    return [each.code for each in rows]


async def _start() -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--loop", "uvloop", "--backlog", "4096", "--backpressure", "20000", "--workers-kill-timeout", "3"),
        *("--no-access-log", "--log-level", "error", "tests.benchmarks.redirect_app:serving"),
    ]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)  # noqa: ASYNC220
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}{EMPTY}")
                return server, port
            except httpx.TransportError:
                await asyncio.sleep(0.05)


def _end(server: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Cleanly granian's main process ends its worker; by kill -9 all of them end at once."""
    if number == signal.SIGKILL:
        os.killpg(server.pid, number)
    else:
        server.send_signal(number)
    server.wait()


async def _load(port: int, seconds: float, paths: list[str], *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.redirect_load", *more, str(port), str(seconds), *paths]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found


async def _lost(paths: list[str], number: signal.Signals) -> int:
    """End the server in the middle of its work; how many answered clicks are not in the database."""
    server, port = await _start()
    asking = asyncio.create_task(_load(port, 4.0, paths, "--keep"))
    await asyncio.sleep(2.0)
    await asyncio.to_thread(_end, server, number)
    held = set((await asking)["clicks"])
    if number == signal.SIGKILL:
        print(f"left behind by kill -9: {await click_storing.store_left_behind(clicks=click_storing.folder())} of {len(held)}")  # noqa: T201
    async with DB.connection() as connection:
        return len(held) - int(await connection.fetchval("select count(*) from click where id = any($1::uuid[])", list(held)))


def own_engines() -> embedded.Engines:
    folder = tempfile.mkdtemp(prefix="ff-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder).chmod(0o755)
    os.environ.update(FANFARE_ENV="test", FANFARE_DATA_DIR=folder, FANFARE_LOG_LEVEL="error")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    settings.current.cache_clear()
    engines = embedded.engines(settings.current(), serving=True)
    os.environ.update(DATABASE_URL=engines.database_url, REDIS_URL=engines.redis_url)
    settings.current.cache_clear()
    static_files.collect(settings.current().data_path / "static")
    migrations.migrate(engines.database_url)
    return engines


if __name__ == "__main__":
    running = own_engines()
    try:
        code = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
    finally:
        running.stop()
    sys.exit(code)
