"""The whole story behind lines that lose, repeat and reorder what the application and its vendors tell each other."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from foundation.settings import ROOT


@pytest.mark.slow
@pytest.mark.video
async def test_the_story_ends_with_every_total_right_behind_bad_lines() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.story_on_bad_lines"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _nothing = await program.communicate()
    assert program.returncode == 0, said.decode()[-3000:]
    found = json.loads(said.decode().strip().splitlines()[-1])
    story, lines = found["story"], found["lines"]
    assert story["ledger_balanced"]
    assert story["reconciliation_differences"] == 0
    assert (story["orders"], story["gross_minor"], story["refunded_minor"]) == (5, 90_000, 36_000)
    assert lines["stripe calls"]["lost_after"] > 0, "the line was too good to prove anything"
    assert lines["stripe news"]["repeated"] > 0, "the line was too good to prove anything"
