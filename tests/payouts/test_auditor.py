"""An auditor reads everything of finance, changes nothing, and proves the books without us (docs/money.md, chapter 8)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from foundation import accounts
from foundation.money import Money
from foundation.tables import Role
from payouts import cash_history, chart, ledger, proofs
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from tests.cast import Cast

AT = datetime(2026, 10, 3, 12, tzinfo=UTC)
FEE = Account(Code.PLATFORM_FEE)


async def books() -> None:
    """Single journals and batches, over shared accounts."""
    owners = [chart.purse("creator", uuid4()).pending for _ in range(3)]

    def entry(number: int) -> Entry:
        money = Money(number + 1, "EUR")
        lines = (debit(Account(Code.STRIPE_AVAILABLE), money + money), credit(owners[number % 3], money), credit(FEE, money))
        return Entry(
            key=f"k{number}", kind="T2", event_at=AT, source=Source(kind="order", id=f"o{number}"), lines=lines, memo="=1+1"
        )

    for number in range(4):
        await ledger.post_all([entry(number)])
    await ledger.post_all([entry(number) for number in range(4, 9)])
    await ledger.post_all([entry(9)])


def proved(rows: list[dict[str, Any]], seal: str) -> bool:
    """What an auditor does with the file, with nothing but SHA-256."""
    heads: dict[int, bytes] = {}
    batches: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        batches.setdefault(row["batch"], []).append(row)
    for batch, members in batches.items():
        touched = sorted({line[0] for row in members for line in row["lines"]})
        link = hashlib.sha256(b"".join([heads.get(account, bytes(32)) for account in touched] + [digest(row) for row in members]))
        if any(row["digest"] != digest(row).hex() for row in members):
            return False
        if (members[0]["id"], members[0]["link"]) != (batch, link.hexdigest()) or any(row["link"] for row in members[1:]):
            return False
        heads.update(dict.fromkeys(touched, link.digest()))
    whole = ",".join(f"{account}:{head.hex()}" for account, head in sorted(heads.items()))
    return hashlib.sha256(whole.encode()).hexdigest() == seal


def digest(row: dict[str, Any]) -> bytes:
    """What one journal says."""
    lines = ",".join(f"{account}:{amount}" for account, amount, _version in row["lines"])
    said = [row[name] for name in ("kind", "source_kind", "rule_version", "actor", "memo")]
    own = [row[name] for name in ("booked", "period", "event", "key", "source_id")]
    return hashlib.sha256("\x1f".join([*said, str(row["reverses"] or ""), *own, lines]).encode()).digest()


async def test_the_proof_holds_without_our_programs_and_fails_when_touched(cast: Cast) -> None:
    await books()
    auditor = await accounts.create(email="audrey@fanfare.example", display_name="Audrey", roles=(Role.AUDITOR,))
    answer = await (await cast.client(auditor)).get("/finance/accounts/chain.jsonl")
    *rows, end = [json.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == 10
    assert end["seal"] == await proofs.seal()
    assert proved(rows, end["seal"])
    for touched in ("memo", "actor", "kind"):
        changed = [dict(row) for row in rows]
        changed[6][touched] = "another"
        assert not proved(changed, end["seal"])
    assert not proved(rows[:6] + rows[7:], end["seal"])
    assert not proved(rows[:-1], end["seal"])


@pytest.mark.parametrize(
    "path", ["/finance", "/finance/accounts", "/finance/bank", "/finance/reconciliation", "/finance/runs", "/finance/close"]
)
async def test_an_auditor_sees_the_pages_of_finance(cast: Cast, path: str) -> None:
    auditor = await accounts.create(email="audrey@fanfare.example", display_name="Audrey", roles=(Role.AUDITOR,))
    assert (await (await cast.client(auditor)).get(path)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/finance/reconciliation", "/finance/bank", "/finance/invariants", "/finance/close/2026-10", "/finance/adjustments"]
)
async def test_an_auditor_changes_nothing(cast: Cast, path: str) -> None:
    auditor = await accounts.create(email="audrey@fanfare.example", display_name="Audrey", roles=(Role.AUDITOR,))
    assert (await (await cast.client(auditor)).post(path, data={})).status_code == 403


async def test_the_line_of_the_cash_ends_with_what_the_ledger_says(cast: Cast) -> None:
    await books()
    line = await cash_history.evenings("EUR")
    assert len(line) == cash_history.DAYS
    assert (line[-1].cash, line[-1].owed) == (Money(110, "EUR"), Money(55, "EUR"))
    assert (line[0].cash, line[0].owed) == (Money(0, "EUR"), Money(0, "EUR"))
    shown = (await (await cast.client(await cast.fay())).get("/finance")).text
    assert "Cash and what is owed" in shown
