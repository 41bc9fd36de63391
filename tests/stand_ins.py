"""The stand-ins of Stripe and Mux as programs of their own, started for the tests."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from foundation import settings
from foundation.settings import ROOT


@dataclass
class StandIn:
    """A running stand-in; `admin` posts to its `/_sandbox/` addresses."""

    name: str
    url: str
    pid: int
    rtmp_port: int = 0

    @classmethod
    @contextmanager
    def start(cls, name: str) -> Iterator[StandIn]:
        with tempfile.TemporaryDirectory(prefix=f"fanfare-{name}-") as folder:
            announce = Path(folder) / "announce.json"
            command = [sys.executable, "-m", f"sandbox.{name}", "--port", "0", "--data-dir", folder, "--announce", str(announce)]
            with (Path(folder) / "log").open("wb") as log:
                process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            try:
                _wait(process, announce, Path(folder) / "log")
                said = json.loads(announce.read_text())
                yield cls(name, f"http://127.0.0.1:{said['port']}", said["pid"], said.get("rtmp_port", 0))
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    async def admin(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{self.url}/_sandbox/{path}", json=body or {})
        assert answer.status_code < 300, answer.text
        return dict(answer.json()) if answer.content else {}

    async def reset(self) -> None:
        await self.admin("reset")
        await self.admin("settings", {"auto_deliver": False})

    async def flush(self) -> int:
        """Deliver every webhook that is due; returns how many arrived."""
        return int((await self.admin("webhooks/flush"))["delivered"])

    async def send_webhooks_to(self, base: str) -> None:
        now = settings.current()
        if self.name == "mux":
            endpoints: list[dict[str, Any]] = [{"url": f"{base}/webhooks/mux", "secret": now.mux_webhook_secret}]
        else:
            endpoints = [
                {"url": f"{base}/webhooks/stripe", "secret": now.stripe_webhook_secret, "connect": False},
                {"url": f"{base}/webhooks/stripe/connect", "secret": now.stripe_connect_webhook_secret, "connect": True},
            ]
        await self.admin("webhooks/endpoints", {"endpoints": endpoints})


def _wait(process: subprocess.Popen[bytes], announce: Path, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not announce.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"a stand-in did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)
