"""The memo ledger: money that has left us, followed to the payee's bank beside the books (docs/money.md, chapter 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from foundation.money import Money
from foundation.stripe_gateway import BankPayout
from payouts import ledger
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import Payee

KIND: Final = "P3"
"""The kind of its journals; no export holds them."""

_SENT_BACK: Final = frozenset({"failed", "canceled"})


def sent(payee_id: UUID, item_id: UUID, amount: Money, transfer_id: str, at: datetime) -> Entry:
    """A transfer has reached the payee's Stripe balance."""
    return _entry(f"memo-sent:{item_id}", transfer_id, at, debit(_of(Code.MEMO_AT_STRIPE, payee_id), amount), _out(amount))


def taken_back(payee_id: UUID, amount: Money, reversal_id: str, at: datetime) -> Entry:
    """A transfer was reversed."""
    return _entry(
        f"memo-reversed:{reversal_id}", reversal_id, at, debit(_of(Code.MEMO_AT_STRIPE, payee_id), -amount), _out(-amount)
    )


async def follow(payout: BankPayout, *, account: str) -> None:
    """Book where a payout of a payee's account stands: on its way, in their bank, or back again. Any number of times, in any order."""
    payee = await Payee.select(Payee.id).where(Payee.stripe_account_id == account).first()
    if payee is None or payout.amount.minor <= 0:
        return
    out, arrived, back = (f"memo-{step}:{payout.id}" for step in ("out", "in", "back"))
    done = await ledger.booked(out, arrived, back)
    at_stripe, moving, at_bank = (
        _of(code, payee["id"]) for code in (Code.MEMO_AT_STRIPE, Code.MEMO_IN_TRANSIT, Code.MEMO_AT_BANK)
    )
    steps = [(out, moving, at_stripe)]
    if payout.status == "paid" or arrived in done:
        steps.append((arrived, at_bank, moving))
    if payout.status in _SENT_BACK:
        steps.append((back, at_stripe, at_bank if arrived in done else moving))
    await ledger.post_all(
        [
            _entry(key, payout.id, payout.created, debit(to, payout.amount), credit(since, payout.amount))
            for key, to, since in steps
            if key not in done
        ]
    )


def _of(code: Code, payee_id: UUID) -> Account:
    return Account(code, "payee", str(payee_id))


def _out(amount: Money) -> ledger.Line:
    return credit(Account(Code.MEMO_SOURCE), amount)


def _entry(key: str, source_id: str, at: datetime, *lines: ledger.Line) -> Entry:
    return Entry(key=key, kind=KIND, event_at=at, source=Source(kind="memo", id=source_id), lines=lines)
