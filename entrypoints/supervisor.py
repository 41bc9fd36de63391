"""Starts the programs of Fanfare as children, keeps them running, and ends them in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from foundation import embedded, migrations, mux_gateway, settings, static_files
from foundation.settings import ROOT, SettingError, Settings

START_SECONDS = 60
STOP_SECONDS = 10
CALM_SECONDS = 10


class PortBusy(SettingError):
    """Another program listens where one of ours should."""


class ProgramEnded(SettingError):
    """A program did not start, or ends again and again."""


@dataclass
class Program:
    """One child: its command, and how often it had to be started again lately."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    quick_ends: int = 0


class Supervisor:
    """The programs of one running Fanfare, started in order and stopped in the opposite one."""

    def __init__(self, now: Settings) -> None:
        self.settings = now
        self.programs: list[Program] = []
        self.logs = now.data_path / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *arguments: str) -> Program:
        """Start `python -m …` as a child that ends with this process; its words go to `logs/<name>.log`."""
        command = [sys.executable, "-m", *arguments]
        program = Program(name, command, self._spawn(name, command))
        self.programs.append(program)
        return program

    def restart(self, program: Program) -> None:
        program.process = self._spawn(program.name, program.command)
        program.started = time.monotonic()

    def watch(self) -> None:
        """Start again what has ended. Raises `ProgramEnded` when one ends at once five times."""
        for program in self.programs:
            if program.process.poll() is None:
                continue
            lived = time.monotonic() - program.started
            program.quick_ends = program.quick_ends + 1 if lived < CALM_SECONDS else 1
            if program.quick_ends >= 5:
                raise ProgramEnded(f"{program.name} ends again and again; its last words are in {self.log_of(program.name)}.")
            time.sleep(0.2 * program.quick_ends)
            self.restart(program)

    def stop(self) -> None:
        for program in reversed(self.programs):
            if program.process.poll() is None:
                program.process.terminate()
            try:
                program.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()
        self.programs.clear()

    def log_of(self, name: str) -> str:
        return str(self.logs / f"{name}.log")

    def wait_for(self, program: Program, url: str) -> None:
        """Wait until the program answers 200 there. Raises `ProgramEnded`."""
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(timeout=2) as asking:
            while time.monotonic() < deadline:
                if program.process.poll() is not None:
                    break
                try:
                    if asking.get(url).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.05)
        raise ProgramEnded(f"{program.name} did not start; its last words are in {self.log_of(program.name)}.")

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with open(self.log_of(name), "ab") as log:  # noqa: PTH123  # appended to by several processes
            return subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: embedded.die_with_parent(signal.SIGTERM),
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
            )


@contextmanager
def running(*, workers: bool = True) -> Iterator[Supervisor]:
    """Everything that serves, up and ready: engines, stand-ins where the settings name them, web, worker and relay."""
    now = settings.current()
    refuse_busy_ports(now)
    started = embedded.engines(now, serving=True)
    os.environ.update(DATABASE_URL=started.database_url, REDIS_URL=started.redis_url)
    settings.current.cache_clear()
    supervisor = Supervisor(settings.current())
    try:
        stand_ins = start_stand_ins(supervisor)  # they get ready while the tables and the static files do
        with ThreadPoolExecutor(1) as beside:
            collecting = beside.submit(static_files.collect, static_files.folder())
            migrations.migrate(started.database_url)
            collecting.result()
        for program, url in stand_ins:
            supervisor.wait_for(program, url)
        sign_playback(supervisor)
        start_web(supervisor)
        if workers:
            supervisor.start("worker", "entrypoints.worker")
            supervisor.start("relay", "entrypoints.relay")
        yield supervisor
    finally:
        supervisor.stop()
        started.stop()


def start_stand_ins(supervisor: Supervisor) -> list[tuple[Program, str]]:
    """Start the stand-ins whose addresses the settings name on this machine; each with the address that answers once it is ready."""
    now = supervisor.settings
    started: list[tuple[Program, str]] = []
    if is_here(now.stripe_api_base):
        program = supervisor.start(
            "stripe-stand-in",
            "sandbox.stripe",
            *("--port", str(urlsplit(now.stripe_api_base).port), "--data-dir", str(now.data_path / "stripe")),
            *("--webhook-url", f"{now.base_url}/webhooks/stripe", "--webhook-secret", now.stripe_webhook_secret),
            *("--connect-webhook-url", f"{now.base_url}/webhooks/stripe/connect"),
            *("--connect-webhook-secret", now.stripe_connect_webhook_secret),
        )
        started.append((program, f"{now.stripe_api_base}/v3/"))
    if is_here(now.mux_api_base):
        program = supervisor.start(
            "mux-stand-in",
            "sandbox.mux",
            *("--port", str(urlsplit(now.mux_api_base).port), "--rtmp-port", str(urlsplit(now.mux_rtmp_url).port)),
            *("--data-dir", str(now.data_path / "mux")),
            *("--webhook-url", f"{now.base_url}/webhooks/mux", "--webhook-secret", now.mux_webhook_secret),
        )
        started.append((program, f"{now.mux_api_base}/_sandbox/health"))
    return started


def sign_playback(supervisor: Supervisor) -> None:
    """Have the stand-in of Mux make a signing key once and keep it, so that playback is signed as it is with Mux itself."""
    now = supervisor.settings
    if now.mux_signing_key_id or not is_here(now.mux_api_base):
        return
    kept = now.data_path / "mux-signing-key.json"
    if kept.exists() and not asyncio.run(mux_gateway.knows_signing_key(json.loads(kept.read_text())["MUX_SIGNING_KEY_ID"])):
        kept.unlink()  # the stand-in has begun anew: what this key signs would open nothing
    if not kept.exists():
        key = asyncio.run(mux_gateway.create_signing_key())
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"MUX_SIGNING_KEY_ID": key.id, "MUX_SIGNING_PRIVATE_KEY": key.private_key}))
    os.environ.update(json.loads(kept.read_text()))
    settings.current.cache_clear()
    supervisor.settings = settings.current()


def start_web(supervisor: Supervisor) -> None:
    now = supervisor.settings
    program = supervisor.start(
        "web",
        "granian",
        *("--interface", "asgi", "--factory", "--host", now.host, "--port", now.port, "--workers", now.web_workers),
        *("--loop", "uvloop", "--backlog", "4096", "--backpressure", "20000", "--workers-kill-timeout", "3", "--no-access-log"),
        "entrypoints.web_process:serving",
    )
    supervisor.wait_for(program, f"http://{now.host}:{now.port}/ready")


def is_here(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


def refuse_busy_ports(now: Settings) -> None:
    """Raises `PortBusy` naming the port and the setting that moves it."""
    wanted = [(now.host, int(now.port), "FANFARE_PORT")]
    if is_here(now.stripe_api_base):
        wanted.append(("127.0.0.1", urlsplit(now.stripe_api_base).port or 80, "STRIPE_API_BASE and STRIPE_JS_URL"))
    if is_here(now.mux_api_base):
        wanted.append(("127.0.0.1", urlsplit(now.mux_api_base).port or 80, "MUX_API_BASE and the other MUX_ addresses"))
        wanted.append(("127.0.0.1", urlsplit(now.mux_rtmp_url).port or 1935, "MUX_RTMP_URL"))
    for host, port, variable in wanted:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortBusy(f"Port {port} is in use by another program; end it or set {variable} to another port.") from error
