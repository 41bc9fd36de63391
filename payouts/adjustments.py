"""Corrections by hand: one person proposes with a reason, another one books or refuses (A1; docs/money.md, chapter 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from creators.tables import Creator
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.tables import Brand
from payouts import chart, ledger, purses
from payouts.adjustment_tables import Adjustment, AdjustmentKind, AdjustmentStatus
from payouts.chart import Account, Code
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.tables import PayeeKind

PAGE = 50
GOODWILL = Account(Code.GOODWILL)
BAD_DEBT = Account(Code.BAD_DEBT)


class AdjustedAlready(WrongState):
    """It is booked or refused already."""

    code = "adjusted_already"
    message = _("Somebody has decided this correction already.")


class OwnAdjustment(Refusal):
    """Who proposed a correction does not decide it."""

    code = "own_adjustment"
    status = 403
    message = _("You proposed this correction, so somebody else has to decide it.")


class NoSuchDebt(WrongState):
    """A debt can be forgiven as far as it exists; data: `debt` (Money)."""

    code = "no_such_debt"
    message = _("The debt is %(debt)s. No more can be written off.")
    field = "amount"


@dataclass(frozen=True)
class AdjustmentShown:
    """A correction with its names; `journal_id` once it is booked."""

    id: UUID
    kind: AdjustmentKind
    payee_kind: PayeeKind
    owner: UUID
    name: str
    amount: Money
    reason: str
    status: AdjustmentStatus
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str
    decided_at: datetime | None
    decision: str
    journal_id: int | None


async def propose(
    *,
    kind: AdjustmentKind,
    payee_kind: PayeeKind,
    owner: UUID,
    amount: Money,
    reason: str,
    client_key: UUID,
    by: Principal,
) -> None:
    """Ask a second person to correct what a payee has; the same `client_key` again is the same correction. Raises `NotFound`, `NoSuchDebt`."""
    async with DB.transaction():
        if not await _exists(payee_kind, owner):
            raise NotFound
        if kind == AdjustmentKind.WRITE_OFF:
            await _demand_debt(payee_kind, owner, amount)
        row = Adjustment(
            id=uuid4(),
            kind=kind,
            payee_kind=payee_kind.value,
            owner=owner,
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason,
            status=AdjustmentStatus.WAITING,
            client_key=client_key,
            maker=by.id,
            made_at=clock.now(),
        )
        if await Adjustment.insert(row).on_conflict(target=Adjustment.client_key, action="DO NOTHING").returning(Adjustment.id):
            await audit.record(
                by=by, action="adjustment.proposed", kind="adjustment", id=row.id, amount=amount.minor, what=kind.value
            )


async def book(*, adjustment_id: UUID, by: Principal) -> None:
    """Book a correction as the second person. Raises `NotFound`, `OwnAdjustment`, `AdjustedAlready`, `NoSuchDebt`."""
    async with DB.transaction():
        row = await _waiting(adjustment_id, by)
        kind = PayeeKind(row.payee_kind)
        await purses.lock([(kind, row.owner)])
        amount = Money(row.amount_minor, row.currency)
        if row.kind == AdjustmentKind.WRITE_OFF:
            await _demand_debt(kind, row.owner, amount)
        drawer, purse = purses.Drawer(), chart.purse(kind, row.owner)
        entry = Entry(
            key=f"adjustment:{row.id}",
            kind="A1",
            event_at=clock.now(),
            source=Source(kind="adjustment", id=str(row.id)),
            lines=ledger.folded(await _lines(AdjustmentKind(row.kind), purse, amount, drawer)),
            actor=f"person:{by.id}",
            memo=row.reason[:80],
        )
        await ledger.post_all([entry, *await drawer.net(purse, row.currency, after=entry)])
        await _decide(row.id, AdjustmentStatus.BOOKED, "", by)


async def refuse(*, adjustment_id: UUID, reason: str, by: Principal) -> None:
    """Say no to a correction, with a reason. Raises `NotFound`, `OwnAdjustment`, `AdjustedAlready`."""
    async with DB.transaction():
        row = await _waiting(adjustment_id, by)
        await _decide(row.id, AdjustmentStatus.REFUSED, reason, by)


async def latest(*, status: AdjustmentStatus | None = None, after: int = 0) -> list[AdjustmentShown]:
    """Corrections, the newest first: one page and one more."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select a.*, coalesce(c.display_name, b.name) as name, m.display_name as maker_name,
                   coalesce(k.display_name, '') as checker_name, j.id as journal
            from adjustment a join person m on m.id = a.maker left join person k on k.id = a.checker
            left join creator c on a.payee_kind = 'creator' and c.id = a.owner left join brand b on a.payee_kind = 'brand' and b.id = a.owner
            left join journal j on j.idempotency_key = 'adjustment:' || a.id
            where $1 = '' or a.status = $1 order by a.made_at desc, a.id limit $2 offset $3
            """,
            status.value if status else "",
            PAGE + 1,
            after,
        )
    return [_shown(row) for row in rows]


def _shown(row: Any) -> AdjustmentShown:
    return AdjustmentShown(
        id=row["id"],
        kind=AdjustmentKind(row["kind"]),
        payee_kind=PayeeKind(row["payee_kind"]),
        owner=row["owner"],
        name=row["name"],
        amount=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        status=AdjustmentStatus(row["status"]),
        maker_id=row["maker"],
        maker=row["maker_name"],
        made_at=row["made_at"],
        checker=row["checker_name"],
        decided_at=row["decided_at"],
        decision=row["decision"],
        journal_id=row["journal"],
    )


async def _lines(kind: AdjustmentKind, purse: chart.Purse, amount: Money, drawer: purses.Drawer) -> list[Line]:
    """Goodwill gives from 5160, a write-off forgives the debt into 5130, a charge takes what is there and leaves a debt for the rest."""
    if kind == AdjustmentKind.GOODWILL:
        return [debit(GOODWILL, amount), *await drawer.give(purse, amount)]
    if kind == AdjustmentKind.WRITE_OFF:
        return [debit(BAD_DEBT, amount), credit(purse.debt, amount)]
    return [credit(GOODWILL, amount), *await drawer.take(purse, amount)]


async def _waiting(adjustment_id: UUID, by: Principal) -> Adjustment:
    row = await Adjustment.objects().where(Adjustment.id == adjustment_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.maker == by.id:
        raise OwnAdjustment
    if row.status != AdjustmentStatus.WAITING:
        raise AdjustedAlready
    return row


async def _decide(adjustment_id: UUID, status: AdjustmentStatus, decision: str, by: Principal) -> None:
    await Adjustment.update(
        {
            Adjustment.status: status,
            Adjustment.checker: by.id,
            Adjustment.decided_at: clock.now(),
            Adjustment.decision: decision,
        }
    ).where(Adjustment.id == adjustment_id)
    await audit.record(by=by, action=f"adjustment.{status.value}", kind="adjustment", id=adjustment_id, reason=decision)


async def _demand_debt(kind: PayeeKind, owner: UUID, amount: Money) -> None:
    debt = (await purses.contents(kind, owner, amount.currency)).debt
    if debt < amount:
        raise NoSuchDebt(debt=debt)


async def _exists(kind: PayeeKind, owner: UUID) -> bool:
    if kind == PayeeKind.CREATOR:
        return await Creator.exists().where(Creator.id == owner)
    return await Brand.exists().where(Brand.id == owner)
