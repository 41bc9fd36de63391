"""The commands of finance."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from foundation import accounts
from foundation.settings import ROOT
from foundation.tables import Role

pytestmark = pytest.mark.usefixtures("db")


def fanfare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a schedule starts it, on the engines of this test."""
    return subprocess.run(
        [ROOT / "bin" / "fanfare", *arguments], env=dict(os.environ), capture_output=True, text=True, check=False
    )


def answer(*arguments: str) -> dict[str, Any]:
    done = fanfare(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


async def test_an_empty_ledger_is_proved() -> None:
    report = answer("ledger", "verify")
    assert report["holds"]
    assert {"I1", "I2", "I9"} <= set(report["invariants"])


async def test_nobody_drafts_a_run_without_the_role_or_without_money() -> None:
    await accounts.create(email="sam@fanfare.example", display_name="Sam")
    refused = fanfare("payouts", "draft", "--as", "sam@fanfare.example")
    assert (refused.returncode, refused.stderr.strip()) == (1, "Error: You do not have the right to do this.")
    await accounts.create(email="fay@fanfare.example", display_name="Fay", roles=[Role.FINANCE_MAKER])
    empty = fanfare("payouts", "draft", "--as", "fay@fanfare.example")
    assert empty.returncode == 1
    assert "Error:" in empty.stderr
    assert "Traceback" not in empty.stderr
    told = fanfare("payouts", "draft", "--as", "fay@fanfare.example", "--json")
    assert (told.returncode, json.loads(told.stdout)["error"], told.stderr) == (1, "nothing_to_pay", "")
    await accounts.create(email="finn@fanfare.example", display_name="Finn", roles=[Role.FINANCE_CHECKER])
    for arguments, error in (
        (("close", "2026-13", "--as", "finn@fanfare.example"), "not_found"),
        (("close", "2026-10", "--as", "nobody@fanfare.example"), "unknown_person"),
    ):
        told = fanfare(*arguments, "--json")
        assert (told.returncode, json.loads(told.stdout)["error"]) == (1, error)
