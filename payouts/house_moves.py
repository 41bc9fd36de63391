"""Moves between accounts of the house, so that what waits in suspense finds its place: one person proposes, another one books (A3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import ledger
from payouts.chart import Account, Code
from payouts.house_move_tables import HouseMove, MoveStatus
from payouts.ledger import Source, credit, debit
from payouts.second_person import OwnProposal

PAGE: Final = 50
MOVABLE: Final = (
    Code.UNAPPLIED,
    Code.SUSPENSE,
    Code.INPUT_VAT,
    Code.RECHARGED,
    Code.STRIPE_FEES,
    Code.DISPUTE_FEES,
    Code.BAD_DEBT,
    Code.ROUNDING,
    Code.GOODWILL,
)
"""What may be moved by hand. Not what Stripe, the bank, payees or the state can prove: those have verbs of their own."""


class NotMovable(InvalidField):
    """These accounts are not moved by hand, or are one and the same."""

    code = "not_movable"
    field = "credited"
    message = _("Choose two different accounts.")


@dataclass(frozen=True)
class MoveShown:
    """A move with its names; `journal_id` once it is booked."""

    id: UUID
    debited: Code
    credited: Code
    amount: Money
    reason: str
    status: MoveStatus
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str
    decision: str
    journal_id: int | None


async def propose(*, debited: Code, credited: Code, amount: Money, reason: str, client_key: UUID, by: Principal) -> None:
    """Ask a second person to debit one account and credit the other; the same `client_key` again is the same move. Raises `NotMovable`."""
    if debited == credited or not {debited, credited} <= set(MOVABLE):
        raise NotMovable
    async with DB.transaction():
        row = HouseMove(
            id=uuid4(),
            debited=debited.value,
            credited=credited.value,
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason,
            status=MoveStatus.WAITING,
            client_key=client_key,
            maker=by.id,
            made_at=clock.now(),
        )
        if await HouseMove.insert(row).on_conflict(target=HouseMove.client_key, action="DO NOTHING").returning(HouseMove.id):
            what = f"{debited.value}/{credited.value} {amount.minor} {amount.currency}"
            await audit.record(by=by, action="house_move.proposed", kind="house_move", id=row.id, what=what, reason=reason)


async def book(*, move_id: UUID, by: Principal) -> None:
    """A3, as the second person. Raises `NotFound`, `OwnProposal`, `WrongState`."""
    async with DB.transaction():
        row = await _waiting(move_id, by)
        amount = Money(row.amount_minor, row.currency)
        await ledger.post(
            key=f"move:{row.id}",
            kind="A3",
            event_at=clock.now(),
            source=Source(kind="house_move", id=str(row.id)),
            lines=(debit(Account(Code(row.debited)), amount), credit(Account(Code(row.credited)), amount)),
            actor=f"person:{by.id}",
            memo=row.reason[:80],
        )
        await _decide(row.id, MoveStatus.BOOKED, "", by)


async def refuse(*, move_id: UUID, reason: str, by: Principal) -> None:
    """Say no to it, with a reason. Raises `NotFound`, `OwnProposal`, `WrongState`."""
    async with DB.transaction():
        row = await _waiting(move_id, by)
        await _decide(row.id, MoveStatus.REFUSED, reason, by)


async def latest(*, after: int = 0) -> list[MoveShown]:
    """Moves, the newest first: one page and one more."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select m.*, p.display_name as maker_name, coalesce(c.display_name, '') as checker_name, j.id as journal
            from house_move m join person p on p.id = m.maker left join person c on c.id = m.checker
            left join journal j on j.idempotency_key = 'move:' || m.id order by m.made_at desc, m.id limit $1 offset $2
            """,
            PAGE + 1,
            after,
        )
    return [_shown(row) for row in rows]


async def standing(currency: str) -> list[tuple[Code, Money]]:
    """What the accounts stand at now, debits above zero."""
    found = {line.code: line.debit - line.credit for line in await ledger.trial_balance(currency)}
    return [(code, found.get(code, Money.zero(currency))) for code in MOVABLE]


def _shown(row: Any) -> MoveShown:
    return MoveShown(
        row["id"],
        Code(row["debited"]),
        Code(row["credited"]),
        Money(row["amount_minor"], row["currency"]),
        row["reason"],
        MoveStatus(row["status"]),
        row["maker"],
        row["maker_name"],
        row["made_at"],
        row["checker_name"],
        row["decision"],
        row["journal"],
    )


async def _waiting(move_id: UUID, by: Principal) -> HouseMove:
    row = await HouseMove.objects().where(HouseMove.id == move_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.maker == by.id:
        raise OwnProposal
    if row.status != MoveStatus.WAITING:
        raise WrongState
    return row


async def _decide(move_id: UUID, status: MoveStatus, decision: str, by: Principal) -> None:
    await HouseMove.update(
        {HouseMove.status: status, HouseMove.checker: by.id, HouseMove.decided_at: clock.now(), HouseMove.decision: decision}
    ).where(HouseMove.id == move_id)
    await audit.record(by=by, action=f"house_move.{status.value}", kind="house_move", id=move_id, reason=decision)
