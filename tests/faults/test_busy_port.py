"""A port that is taken is named, with the setting that moves it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints import supervisor
from entrypoints.story import stage
from foundation.settings import ROOT, Settings


@pytest.fixture
def busy() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("variable", "form"),
    [
        ("FANFARE_PORT", "{}"),
        ("STRIPE_API_BASE", "http://127.0.0.1:{}"),
        ("MUX_API_BASE", "http://127.0.0.1:{}"),
        ("MUX_RTMP_URL", "rtmp://127.0.0.1:{}/app"),
    ],
)
def test_each_busy_port_is_named_with_its_setting(variable: str, form: str, busy: int) -> None:
    web, stripe, mux, rtmp = stage.free_ports(4)
    addresses = {
        "FANFARE_PORT": str(web),
        "STRIPE_API_BASE": f"http://127.0.0.1:{stripe}",
        "MUX_API_BASE": f"http://127.0.0.1:{mux}",
        "MUX_RTMP_URL": f"rtmp://127.0.0.1:{rtmp}/app",
    }
    supervisor.refuse_busy_ports(Settings.from_env(addresses))
    with pytest.raises(supervisor.PortBusy, match=rf"Port {busy} .*{variable}"):
        supervisor.refuse_busy_ports(Settings.from_env(addresses | {variable: form.format(busy)}))


async def test_a_start_on_a_busy_port_ends_with_one_sentence_and_code_2(busy: int, tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "entrypoints.cli", "run"),
        cwd=ROOT,
        env=os.environ | {"FANFARE_DATA_DIR": str(tmp_path), "FANFARE_PORT": str(busy), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _said, complained = await program.communicate()
    assert program.returncode == 2, complained.decode()
    [sentence] = complained.decode().strip().splitlines()
    assert sentence.startswith(f"Port {busy} is in use by another program")
