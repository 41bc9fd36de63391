"""A whole Fanfare of its own for one story: an empty folder, free ports, real programs."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from entrypoints import supervisor
from foundation import logs, settings


@contextmanager
def own_fanfare(*, workers: bool = True, changed: Mapping[str, str] = MappingProxyType({})) -> Iterator[supervisor.Supervisor]:
    """Everything that serves, on a temporary folder that is gone at the end, away from every other Fanfare of this machine.

    `changed` are settings by their variables that shall differ; without `workers` no worker and no relay is started.
    When the story breaks, the logs of the programs are kept in the usual data folder under `story-logs`.
    """
    usual = settings.current().data_path
    compressed, kept_logs = usual / "compressed", usual / "story-logs"
    folder = Path(tempfile.mkdtemp(prefix="fanfare-story-"))
    folder.chmod(0o755)
    if compressed.exists():
        shutil.copytree(compressed, folder / "compressed")
    before = dict(os.environ)
    web, stripe, mux, rtmp = free_ports(4)
    os.environ.update(
        FANFARE_DATA_DIR=str(folder),
        FANFARE_PORT=str(web),
        FANFARE_BASE_URL=f"http://127.0.0.1:{web}",
        FANFARE_LOG_LEVEL="warning",
        STRIPE_API_BASE=f"http://127.0.0.1:{stripe}",
        STRIPE_JS_URL=f"http://127.0.0.1:{stripe}/v3/",
        MUX_API_BASE=f"http://127.0.0.1:{mux}",
        MUX_STREAM_BASE=f"http://127.0.0.1:{mux}/stream",
        MUX_IMAGE_BASE=f"http://127.0.0.1:{mux}/image",
        MUX_STATS_BASE=f"http://127.0.0.1:{mux}/stats",
        MUX_RTMP_URL=f"rtmp://127.0.0.1:{rtmp}/app",
    )
    for engine in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(engine, None)
    os.environ.update(changed)
    settings.current.cache_clear()
    logs.configure(settings.current())
    try:
        with supervisor.running(workers=workers) as programs:
            yield programs
    except BaseException:
        shutil.rmtree(kept_logs, ignore_errors=True)
        shutil.copytree(folder / "logs", kept_logs)
        raise
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.current.cache_clear()
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens right now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
