"""How long the pages of each console take, with the demo's month of data on the embedded engines.

    .venv/bin/python -m tests.benchmarks.bench_pages [requests]

One web process (granian), one request after the other, as the person whose page it is. `processor` is what the web process
itself computed for a request: it stays the same on a busy machine, where the time that passes does not.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.progress import Progress

from entrypoints.demo import command, evening, month
from entrypoints.story import stage
from entrypoints.supervisor import Supervisor
from foundation import accounts, jobs, sessions, settings, stripe_gateway, valkey
from foundation.database import DB
from marketplace.tables import Brief, Order
from payouts.tables import PayoutRun
from tests import factories

os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")

CONSOLE_MILLISECONDS, ROOM_MILLISECONDS = 50, 100
"""The goals at the median: a page of a console, the live room."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """What one page took, in milliseconds, and its size in bytes."""

    role: str
    path: str
    median: float
    p95: float
    processor: float
    size: int
    goal: int

    def line(self) -> str:
        verdict = "" if self.median < self.goal else f"   over {self.goal} ms"
        return (
            f"{self.role:9} {self.path:44.44} {self.median:6.1f} ms  p95 {self.p95:6.1f} ms"
            f"  processor {self.processor:5.1f} ms  {self.size / 1024:6.1f} KiB{verdict}"
        )


def main(requests: int) -> int:
    """Print a line for each page; 0 when every goal is met."""
    with stage.own_fanfare(workers=False) as programs:
        taken = asyncio.run(_measure(programs, requests))
    slow = [page for page in taken if page.median >= page.goal]
    print(f"{len(taken) - len(slow)} of {len(taken)} pages are within their goal")  # noqa: T201
    return 1 if slow else 0


async def _measure(programs: Supervisor, requests: int) -> list[Taken]:
    try:
        slug = await _live_through_a_month()
        worker = _worker_of(next(program for program in programs.programs if program.name == "web").process.pid)
        taken = []
        for role, paths in (await _pages(slug)).items():
            async with await _browser(role) as client:
                for path in paths:
                    taken.append(await _page(client, role, path, worker, requests))
                    print(taken[-1].line(), flush=True)  # noqa: T201
        return taken
    finally:
        await asyncio.to_thread(jobs.stop_working)
        await stripe_gateway.close()
        await valkey.close()
        await DB.close()


async def _live_through_a_month() -> str:
    """The demo's market, and one of its shows on air; returns the show's address name."""
    await month.live(command.Told(Progress(console=Console(quiet=True), disable=True)))
    show = await evening.schedule()
    await factories.go_live(show.id)
    return show.slug


async def _pages(slug: str) -> dict[str, list[str]]:
    brief = await Brief.select(Brief.id).order_by(Brief.created_at).first()
    order = await Order.select(Order.number).order_by(Order.placed_at).first()
    run = await PayoutRun.select(PayoutRun.number).order_by(PayoutRun.created_at).first()
    assert brief is not None
    assert order is not None
    assert run is not None
    return {
        "": ["/", "/schedule", "/replays", "/creators", "/briefs", f"/briefs/{brief['id']}", f"/shows/{slug}"],
        "ada": ["/brand", "/brand/products", "/brand/briefs", "/brand/applications", "/brand/orders", "/brand/money"],
        "nour": ["/studio", "/studio/shows", "/studio/applications", "/studio/sales", "/studio/earnings", f"/shows/{slug}"],
        "fay": [
            *("/finance", "/finance/runs", f"/finance/runs/{run['number']}", "/finance/accounts", "/finance/reconciliation"),
            f"/finance/trace?q={order['number']}",
        ],
        "max": ["/moderation", "/moderation/reports", "/moderation/rooms", "/moderation/sanctions", "/moderation/words"],
        "rose": ["/admin/people", "/admin/operations"],
    }


async def _browser(name: str) -> httpx.AsyncClient:
    """Somebody's browser; signed out without a name."""
    client = httpx.AsyncClient(base_url=settings.current().base_url, headers={"accept-encoding": "gzip, br"}, timeout=60)
    if name:
        person = await accounts.by_email(f"{name}@fanfare.example")
        assert person is not None, f"the demo has no {name}"
        client.cookies.set(sessions.cookie_name(), await sessions.open_session(person.id))
    return client


async def _page(client: httpx.AsyncClient, role: str, path: str, worker: int, requests: int) -> Taken:
    for _ in range(3):
        answer = await client.get(path)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    times, began = [], _processor(worker)
    for _ in range(requests):
        before = time.perf_counter()
        await client.get(path)
        times.append((time.perf_counter() - before) * 1000)
    goal = ROOM_MILLISECONDS if path.startswith("/shows/") else CONSOLE_MILLISECONDS
    worked = (_processor(worker) - began) * 1000 / requests
    p95 = sorted(times)[int(len(times) * 0.95)]
    return Taken(role or "everybody", path, statistics.median(times), p95, worked, len(answer.content), goal)


def _worker_of(main_process: int) -> int:
    """The process of granian that answers."""
    found = subprocess.run(["pgrep", "-P", str(main_process)], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", found.stdout)[0])


def _processor(process: int) -> float:
    """Seconds of processor that a process has used."""
    with open(f"/proc/{process}/stat") as stat:  # noqa: PTH123  # not a file of ours
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
