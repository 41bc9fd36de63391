"""The embedded engines: one owner, no orphans, nothing lost by a kill."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from foundation.settings import ROOT

OWNER = """
import sys, time
from foundation import embedded, settings
engines = embedded.engines(settings.current(), serving="serving" in sys.argv)
print(engines.database_url, engines.redis_url, flush=True)
if "wait" in sys.argv:
    sys.stdin.readline()
engines.stop()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fanfare-embedded-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def start(data: Path, *arguments: str) -> subprocess.Popen[str]:
    hidden = {"DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, *arguments],
        cwd=ROOT,
        env={**environment, "FANFARE_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def addresses(owner: subprocess.Popen[str]) -> list[str]:
    assert owner.stdout is not None
    line = owner.stdout.readline().split()
    assert line, owner.stderr.read() if owner.stderr else ""
    return line


def finish(owner: subprocess.Popen[str]) -> None:
    owner.communicate("\n", timeout=30)


def run_sql(url: str, sql: str) -> object:
    async def once() -> object:
        connection = await asyncpg.connect(dsn=url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(once())


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if status == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_second_server_on_the_same_folder_is_refused_by_name_and_a_short_command_joins(data: Path) -> None:
    owner = start(data, "serving", "wait")
    try:
        database, valkey = addresses(owner)
        second = start(data, "serving")
        _, words = second.communicate(timeout=30)
        assert second.returncode != 0
        assert f"process {owner.pid}" in words
        assert "FANFARE_DATA_DIR" in words
        guest = start(data)
        assert addresses(guest) == [database, valkey]
        finish(guest)
        assert run_sql(database, "select 1") == 1, "the guest must not stop its host's servers"
    finally:
        finish(owner)


def test_a_kill_leaves_no_server_behind_and_loses_nothing(data: Path) -> None:
    owner = start(data, "serving", "wait")
    database, _ = addresses(owner)
    run_sql(database, "create table kept (a int)")
    run_sql(database, "insert into kept values (42)")
    folder = run_sql(database, "show data_directory")
    postmaster = int((Path(str(folder)) / "postmaster.pid").read_text().split()[0])
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert is_gone(postmaster)
    again = start(data, "serving", "wait")
    try:
        assert run_sql(addresses(again)[0], "select a from kept") == 42
    finally:
        finish(again)


def test_two_short_commands_at_once_take_turns(data: Path) -> None:
    first, second = start(data), start(data)
    assert addresses(first)
    assert addresses(second)
    finish(first)
    finish(second)
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a second user to run PostgreSQL as")
def test_a_private_folder_of_root_works_although_the_servers_user_cannot_enter_it(data: Path) -> None:
    data.chmod(0o700)
    owner = start(data, "serving", "wait")
    try:
        folder = Path(str(run_sql(addresses(owner)[0], "show data_directory")))
        assert not folder.is_relative_to(data)
    finally:
        finish(owner)
    shutil.rmtree(folder.parent)
