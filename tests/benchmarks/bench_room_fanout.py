"""How long a chat message takes to the viewers of one show on one web process (granian, Valkey between).

    .venv/bin/python -m tests.benchmarks.bench_room_fanout [viewers]

Each message is posted over HTTP, published through Valkey, batched into a frame and read by every viewer from a socket of
its own; the time runs from before the POST until the bytes are there. Server, Valkey and all viewers share the machine.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from foundation import embedded, settings
from foundation.settings import ROOT

GOAL_MILLISECONDS = 250
MESSAGES = 60
SENT = re.compile(rb'"sent":([\d.]+)')
LINE = "Does the copper pan work on induction? I have been looking for one for ages and never dared."


async def main(viewers: int) -> int:
    """Print the figures of three rates; 0 when the goal is met at the rates that a room of that size has."""
    engines = own_valkey()
    port = free_port()
    server = subprocess.Popen(server_command(port), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})  # noqa: ASYNC220  # before the clock runs
    try:
        base = f"http://127.0.0.1:{port}"
        await ready(base)
        room = Room(port)
        await room.fill(viewers)
        print(f"{viewers} viewers of one show, one web process, {memory(server.pid):.0f} MiB with its parent")  # noqa: T201
        met = True
        for rate in (1, 4, 20):
            await room.talk(base, rate)
            met &= room.report(rate) or rate > 4
        return 0 if met else 1
    finally:
        server.terminate()
        server.wait()
        engines.stop()


def own_valkey() -> embedded.Engines:
    """A Valkey of this run alone, and no database."""
    folder = tempfile.mkdtemp(prefix="ff-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder).chmod(0o755)
    os.environ.update(FANFARE_ENV="test", FANFARE_DATA_DIR=folder, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    settings.current.cache_clear()
    engines = embedded.engines(settings.current(), serving=True, throw_away=True)
    os.environ["REDIS_URL"] = engines.redis_url
    return engines


class Room:
    """The viewers, each with a socket, and when each message reached each of them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.tasks: list[asyncio.Task[None]] = []
        self.open = 0
        self.delays: list[float] = []
        self.viewers = 0

    async def fill(self, viewers: int) -> None:
        self.viewers = viewers
        self.tasks = [asyncio.create_task(self.watch()) for _ in range(viewers)]
        async with asyncio.timeout(60):
            while self.open < viewers:  # noqa: ASYNC110  # counted by all viewers
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)

    async def watch(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /stream HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n")
        await reader.readuntil(b"retry: 2000\n\n")
        self.open += 1
        while chunk := await reader.read(65536):
            now = time.time()
            self.delays.extend(now - float(sent) for sent in SENT.findall(chunk))

    async def talk(self, base: str, rate: int) -> None:
        """Messages at random moments, so many a second on average."""
        self.delays.clear()
        async with httpx.AsyncClient(base_url=base) as client:
            saying = []
            for _ in range(MESSAGES):
                saying.append(asyncio.create_task(client.post("/say", json={"sent": time.time(), "html": LINE})))
                await asyncio.sleep(random.expovariate(rate))
            await asyncio.gather(*saying)
        async with asyncio.timeout(20):
            while len(self.delays) < MESSAGES * self.viewers:  # noqa: ASYNC110  # counted by all viewers
                await asyncio.sleep(0.05)

    def report(self, rate: int) -> bool:
        """One line; whether the goal is met."""
        ordered = sorted(delay * 1000 for delay in self.delays)
        p95 = ordered[int(len(ordered) * 0.95)]
        print(  # noqa: T201
            f"{rate:3d} messages/s: median {statistics.median(ordered):5.0f} ms, p95 {p95:5.0f} ms, worst {ordered[-1]:5.0f} ms "
            f"({len(ordered)} deliveries, none lost; goal: p95 < {GOAL_MILLISECONDS} ms)"
        )
        return p95 < GOAL_MILLISECONDS


def server_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--loop", "uvloop", "--backlog", "4096", "--backpressure", "20000", "--workers-kill-timeout", "1"),
        *("--no-access-log", "--log-level", "warning", "tests.benchmarks.room_app:create_app"),
    ]


async def ready(base: str) -> None:
    async with httpx.AsyncClient(base_url=base) as client, asyncio.timeout(30):
        while True:
            try:
                await client.post("/say", json={})
                return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(pid: int) -> float:
    """Resident MiB of a process and its children."""
    pids = [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)))
