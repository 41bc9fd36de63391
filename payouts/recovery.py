"""A debt taken back from the payee's Stripe balance by reversing a transfer: asked by one person, agreed by another (docs/money.md, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from foundation import audit, clock, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.each import each
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from foundation.stripe_gateway import StripeRefused
from foundation.vendor import OutcomeUnknown, VendorBusy
from payouts import connected, purses, transfer_records
from payouts.connected_tables import DecisionStatus, Recovery
from payouts.reconciliation import ReasonMissing
from payouts.second_person import OwnProposal
from payouts.tables import PayeeKind, PayoutItem

KEY_LIFE: Final = timedelta(hours=23)
log = structlog.get_logger()


class NothingToTake(WrongState):
    """No debt, nothing in the payee's Stripe balance, or no transfer to reverse; data: `debt`, `balance`."""

    code = "nothing_to_take"
    message = _("Nothing can be taken back: the debt is %(debt)s and %(balance)s is available at Stripe.")


class TooMuch(InvalidField):
    """More than can be taken; data: `most` (Money)."""

    code = "too_much"
    field = "amount"
    message = _("At most %(most)s can be taken back.")


@dataclass(frozen=True)
class Chance:
    """What can be taken back now: at most `most`, by reversing the transfer of `item`."""

    payee: UUID
    item: UUID
    transfer: str
    most: Money
    debt: Money
    balance: Money


@dataclass(frozen=True)
class RecoveryShown:
    """A recovery with its names."""

    id: UUID
    payee: str
    amount: Money
    reason: str
    status: DecisionStatus
    error: str
    reversal_id: str
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str


_LEFT: Final = """
    with sent as (
        select id, transfer_id, amount_minor, settled_at from payout_item where payee = $1 and currency = $2 and status = 'sent'
    ), taken as (
        select j.memo as item, sum(q.amount) as minor
        from journal j join posting q on q.journal = j.id join ledger_account s on s.id = q.account
        where j.kind = 'P4' and s.code = '1110' and j.memo in (select id::text from sent) group by 1
    )
    select sent.id, sent.transfer_id, (sent.amount_minor - coalesce(taken.minor, 0))::bigint as remaining
    from sent left join taken on taken.item = sent.id::text order by sent.settled_at desc, sent.id
"""


async def chance(*, kind: PayeeKind, owner: UUID, currency: str) -> Chance:
    """What could be taken back from a payee now, asking Stripe for the balance. Raises `NotFound`, `NothingToTake`, the gateway's errors."""
    payee = await _one(f"select id from payee where {PayeeKind(kind).value} = $1 and stripe_account_id is not null", owner)  # noqa: S608  # an enum
    if payee is None:
        raise NotFound
    debt = (await purses.contents(kind, owner, currency)).debt
    balance = (await connected.look_at(payee_id=payee["id"])).get(currency, Money.zero(currency))
    async with DB.connection() as connection:
        items = await connection.fetch(_LEFT, payee["id"], currency)
    item = next((one for one in items if one["remaining"] > 0), None)
    if item is None or min(debt.minor, balance.minor) <= 0:
        raise NothingToTake(debt=debt, balance=balance)
    most = min(debt, balance, Money(item["remaining"], currency))
    return Chance(payee["id"], item["id"], item["transfer_id"], most, debt, balance)


async def propose(*, kind: PayeeKind, owner: UUID, amount: Money, reason: str, by: Principal) -> UUID:
    """Ask a second person to take `amount` back. Raises `ReasonMissing`, `TooMuch`, `WrongState` while another one is open, as `chance`."""
    if not reason.strip():
        raise ReasonMissing(field="reason")
    found = await chance(kind=kind, owner=owner, currency=amount.currency)
    if not 0 < amount.minor <= found.most.minor:
        raise TooMuch(most=found.most)
    recovery_id = uuid4()
    async with DB.transaction():
        await purses.lock([(PayeeKind(kind), owner)])
        open_one = Recovery.status.is_in([DecisionStatus.PROPOSED, DecisionStatus.SENDING])
        if await Recovery.exists().where((Recovery.payee == found.payee) & (Recovery.currency == amount.currency) & open_one):
            raise WrongState
        await Recovery(
            id=recovery_id,
            payee=found.payee,
            item=found.item,
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason.strip()[:1000],
            status=DecisionStatus.PROPOSED,
            idempotency_key=f"recovery:{recovery_id}",
            maker=by.id,
            made_at=clock.now(),
        ).save()
        await audit.record(by=by, action="recovery.proposed", kind="recovery", id=recovery_id, amount=amount.minor)
    return recovery_id


async def agree(*, recovery_id: UUID, by: Principal) -> DecisionStatus:
    """Take it back, as the second person; where it stands then: done, failed (Stripe said no), or sending (no answer yet).

    Raises `NotFound`, `OwnProposal`, `WrongState` when it is decided or the debt has become smaller.
    """
    async with DB.transaction():
        row = await _waiting(recovery_id, by)
        owner = await _owner_of(row.payee)
        await purses.lock([owner])
        if (await purses.contents(*owner, row.currency)).debt.minor < row.amount_minor:
            raise WrongState
        await _decide(row.id, DecisionStatus.SENDING, by)
        await audit.record(by=by, action="recovery.agreed", kind="recovery", id=recovery_id)
    return await send(recovery_id=recovery_id)


async def refuse(*, recovery_id: UUID, by: Principal) -> None:
    """Say no to it, or take one's own wish back. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        row = await Recovery.objects().where(Recovery.id == recovery_id).lock_rows("UPDATE").first()
        if row is None:
            raise NotFound
        if row.status != DecisionStatus.PROPOSED:
            raise WrongState
        await _decide(row.id, DecisionStatus.REFUSED, None if row.maker == by.id else by)
        await audit.record(by=by, action="recovery.refused", kind="recovery", id=recovery_id)


async def send(*, recovery_id: UUID) -> DecisionStatus:
    """Look what became of an agreed recovery at Stripe, else ask for the reversal with its key; any number of times, it is taken once."""
    row = await Recovery.objects().where(Recovery.id == recovery_id).first()
    if row is None:
        raise NotFound
    if row.status != DecisionStatus.SENDING:
        return DecisionStatus(row.status)
    item = await PayoutItem.objects().where(PayoutItem.id == row.item).first()
    assert item is not None  # noqa: S101  # a foreign key
    try:
        known = await stripe_gateway.find_reversals(transfer=item.transfer_id)
        made = next((one for one in known if one.metadata.get("recovery_id") == str(row.id)), None)
        if made is None and clock.now() - row.decided_at > KEY_LIFE:
            return await _fail(row.id, "key_expired")
        made = made or await stripe_gateway.reverse_transfer(
            transfer=item.transfer_id,
            amount=Money(row.amount_minor, row.currency),
            key=row.idempotency_key,
            metadata={"recovery_id": str(row.id)},
        )
    except StripeRefused as no:
        return await _fail(row.id, no.code)
    except (OutcomeUnknown, VendorBusy) as silent:
        log.warning("recovery.unknown", recovery=str(row.id), reason=str(silent))
        return DecisionStatus.SENDING
    await transfer_records.record_reversal(item, made, [*known, made])
    await Recovery.update(
        {Recovery.status: DecisionStatus.DONE, Recovery.reversal_id: made.id, Recovery.settled_at: clock.now()}
    ).where((Recovery.id == row.id) & (Recovery.status == DecisionStatus.SENDING))
    return DecisionStatus.DONE


async def resume() -> None:
    """Go on with recoveries that got no answer. For the scheduler."""
    rows = await Recovery.select(Recovery.id).where(Recovery.status == DecisionStatus.SENDING)
    await each(rows, lambda row: send(recovery_id=row["id"]))


async def latest(*, currency: str, limit: int = 20) -> list[RecoveryShown]:
    """Recoveries, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.*, p.name, m.display_name as maker_name, coalesce(k.display_name, '') as checker_name
            from recovery r join payee p on p.id = r.payee join person m on m.id = r.maker left join person k on k.id = r.checker
            where r.currency = $1 order by r.status = 'proposed' desc, r.made_at desc, r.id limit $2
            """,
            currency,
            limit,
        )
    return [_shown(row) for row in rows]


def _shown(row: Any) -> RecoveryShown:
    return RecoveryShown(
        row["id"],
        row["name"],
        Money(row["amount_minor"], row["currency"]),
        row["reason"],
        DecisionStatus(row["status"]),
        row["error_code"],
        row["reversal_id"] or "",
        row["maker"],
        row["maker_name"],
        row["made_at"],
        row["checker_name"],
    )


async def _waiting(recovery_id: UUID, by: Principal) -> Recovery:
    row = await Recovery.objects().where(Recovery.id == recovery_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.status != DecisionStatus.PROPOSED:
        raise WrongState
    if row.maker == by.id:
        raise OwnProposal
    return row


async def _decide(recovery_id: UUID, status: DecisionStatus, by: Principal | None) -> None:
    await Recovery.update(
        {Recovery.status: status, Recovery.checker: by.id if by else None, Recovery.decided_at: clock.now()}
    ).where(Recovery.id == recovery_id)


async def _fail(recovery_id: UUID, code: str) -> DecisionStatus:
    """Stripe said no: the debt stays as it is."""
    await Recovery.update(
        {Recovery.status: DecisionStatus.FAILED, Recovery.error_code: code[:80], Recovery.settled_at: clock.now()}
    ).where((Recovery.id == recovery_id) & (Recovery.status == DecisionStatus.SENDING))
    return DecisionStatus.FAILED


async def _owner_of(payee_id: UUID) -> tuple[PayeeKind, UUID]:
    row = await _one("select kind, coalesce(creator, brand) as owner from payee where id = $1", payee_id)
    return PayeeKind(row["kind"]), row["owner"]


async def _one(query: str, *values: object) -> Any:
    async with DB.connection() as connection:
        return await connection.fetchrow(query, *values)


async def name_of(kind: PayeeKind, owner: UUID) -> str:
    """The payee's name. Raises `NotFound`."""
    row = await _one(f"select name from payee where {PayeeKind(kind).value} = $1", owner)  # noqa: S608  # an enum
    if row is None:
        raise NotFound
    return str(row["name"])
