"""Payout runs: drafted and submitted by one person, approved by another, executed item by item (docs/money.md, chapter 6)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import chart, ledger, purses, simulation, watch
from payouts.chart import Purse
from payouts.events import RunApproved
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import Commission, CommissionStatus, ItemStatus, Payee, PayeeKind, PayoutItem, PayoutRun, RunStatus

OPEN_ITEMS = (ItemStatus.LOCKED, ItemStatus.SENDING, ItemStatus.UNKNOWN)


class NothingToPay(Refusal):
    """Nobody has enough available and can be paid."""

    code = "nothing_to_pay"
    status = 409
    message = _("There is nobody to pay: nothing is available, or what is available is blocked or below the minimum.")


class SamePerson(Refusal):
    """Who made a run cannot approve it."""

    code = "same_person"
    status = 403
    message = _("You made this run, so somebody else has to approve it.")


class RunChanged(WrongState):
    """The fingerprint is not the one that the checker saw."""

    code = "run_changed"
    message = _("The run is not the one that you looked at. Please look again.")


class RunOutdated(WrongState):
    """A refund has taken from an amount since the draft; data: `names`."""

    code = "run_outdated"
    message = _("Since the draft, refunds or account changes concern: %(names)s. Delete this run and draft it again.")


class NotEnoughFunds(WrongState):
    """Stripe's available balance does not cover the run; data: `short` (Money)."""

    code = "not_enough_funds"
    message = _("Stripe's available balance is %(short)s short for this run.")


async def draft(*, by: Principal, currency: str = "EUR", minimum_minor: int | None = None) -> PayoutRun:
    """Lock what every payable payee has available into a new run; blocked payees keep their money.

    Raises `NothingToPay`, `watch.BooksBroken`.

    `minimum_minor` overrides the smallest payment. Two drafts at once lock each payee once.
    """
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('payout run draft', 0))")
        await watch.demand_sound_books()
        found = await simulation.simulate(currency=currency, minimum_minor=minimum_minor)
        locked = {(line.kind, line.owner) for line in found.payable}
        await purses.lock(locked)
        found = await simulation.simulate(currency=currency, minimum_minor=minimum_minor)
        payable = [line for line in found.payable if (line.kind, line.owner) in locked]
        if not payable:
            raise NothingToPay
        run = PayoutRun(
            id=uuid4(),
            number=await _next_number(),
            status=RunStatus.DRAFT,
            currency=currency,
            cutoff=clock.now(),
            maker=by.id,
            created_at=clock.now(),
        )
        await run.save()
        await _lock_items(run, payable)
        await audit.record(
            by=by, action="run.drafted", kind="payout_run", id=run.id, number=run.number, items=len(payable), currency=currency
        )
    return run


async def submit(*, run_id: UUID, by: Principal) -> PayoutRun:
    """Fix the list for the second person. Raises `NotFound`, `watch.BooksBroken`, `WrongState` when it is not a draft."""
    async with DB.transaction():
        await watch.demand_sound_books()
        items = await _items(run_id, lock=True)
        await _move(
            run_id,
            RunStatus.DRAFT,
            {
                PayoutRun.status: RunStatus.SUBMITTED,
                PayoutRun.content_hash: fingerprint(run_id, items),
                PayoutRun.submitted_at: clock.now(),
            },
        )
        await audit.record(by=by, action="run.submitted", kind="payout_run", id=run_id, items=len(items))
    return await run_of(run_id)


async def approve(*, run_id: UUID, content_hash: str, by: Principal) -> PayoutRun:
    """Approve exactly the list of that fingerprint: P1 for each item; the transfers leave afterwards.

    Raises `SamePerson`, `RunChanged`, `RunOutdated`, `NotEnoughFunds`, `WrongState`, `NotFound`,
    `watch.BooksBroken`.
    """
    async with DB.transaction():
        await watch.demand_sound_books()
        run = await PayoutRun.objects().where(PayoutRun.id == run_id).lock_rows("UPDATE").first()
        if run is None:
            raise NotFound
        if run.status != RunStatus.SUBMITTED:
            raise WrongState
        if run.maker == by.id:
            raise SamePerson
        payees = await _payees(await _items(run_id))
        await purses.lock((PayeeKind(payee.kind), _owner(payee)) for payee in payees.values())
        items = await _items(run_id, lock=True)
        if content_hash != run.content_hash or fingerprint(run_id, items) != run.content_hash:
            raise RunChanged
        await _check_items(items, payees)
        await _check_funds(items, run.currency)
        await ledger.post_all([_lock_entry(item, payees[item.payee], run, by) for item in items])
        await Commission.update({Commission.status: CommissionStatus.IN_PAYOUT}).where(
            Commission.creator_item.is_in([item.id for item in items]) & (Commission.status == CommissionStatus.AVAILABLE)
        )
        await _move(
            run_id,
            RunStatus.SUBMITTED,
            {PayoutRun.status: RunStatus.APPROVED, PayoutRun.checker: by.id, PayoutRun.approved_at: clock.now()},
        )
        await audit.record(by=by, action="run.approved", kind="payout_run", id=run_id, content_hash=content_hash)
        await outbox.publish(RunApproved(run_id=run_id))
    return await run_of(run_id)


async def refuse(*, run_id: UUID, reason: str, by: Principal) -> PayoutRun:
    """The second person says no, with a reason; everything that was locked is free again. Raises `SamePerson`, `WrongState`."""
    async with DB.transaction():
        run = await run_of(run_id)
        if run.maker == by.id:
            raise SamePerson
        await _cancel(run_id, (RunStatus.SUBMITTED,), reason, by, "run.refused")
    return await run_of(run_id)


async def cancel(*, run_id: UUID, by: Principal) -> PayoutRun:
    """Give up a run that nobody has approved; everything that was locked is free again. Raises `WrongState`."""
    async with DB.transaction():
        await _cancel(run_id, (RunStatus.DRAFT, RunStatus.SUBMITTED), "", by, "run.cancelled")
    return await run_of(run_id)


async def run_of(run_id: UUID) -> PayoutRun:
    """The run. Raises `NotFound`."""
    run = await PayoutRun.objects().where(PayoutRun.id == run_id).first()
    if run is None:
        raise NotFound
    return run


async def by_number(number: str) -> PayoutRun:
    """The run of that number, `PR-2026-11-01`. Raises `NotFound`."""
    run = await PayoutRun.objects().where(PayoutRun.number == number).first()
    if run is None:
        raise NotFound
    return run


def fingerprint(run_id: UUID, items: list[PayoutItem]) -> str:
    """SHA-256 over the run, its payees, their connected accounts, currencies and amounts."""
    lines = sorted(f"{item.payee}|{item.destination}|{item.currency}|{item.amount_minor}" for item in items)
    return sha256("\n".join([str(run_id), *lines]).encode()).hexdigest()


async def _lock_items(run: PayoutRun, payable: list[simulation.Payable]) -> None:
    items = {
        (line.kind, line.owner): PayoutItem(
            id=uuid4(),
            run=run.id,
            payee=line.payee_id,
            currency=line.amount.currency,
            destination=line.destination,
            amount_minor=line.amount.minor,
            status=ItemStatus.LOCKED,
            idempotency_key=f"payout-item:{uuid4()}",
        )
        for line in payable
    }
    await PayoutItem.insert(*items.values())
    rows = await _free_commissions(run.currency)
    creators = [(items[PayeeKind.CREATOR, row["creator"]].id, row["id"]) for row in rows if _is_in(items, "creator", row)]
    brands = [(items[PayeeKind.BRAND, row["brand"]].id, row["id"]) for row in rows if _is_in(items, "brand", row)]
    async with DB.connection() as connection:
        await connection.executemany("update commission set creator_item = $1 where id = $2", creators)
        await connection.executemany("update commission set brand_item = $1 where id = $2", brands)


def _is_in(items: dict[tuple[PayeeKind, UUID], PayoutItem], side: str, row: dict[str, Any]) -> bool:
    free = row[f"{side}_item"] is None and (side == "brand" or row["status"] == CommissionStatus.AVAILABLE)
    return free and (PayeeKind(side), row[side]) in items


async def _free_commissions(currency: str) -> list[dict[str, Any]]:
    """Released commissions that no item has yet on one of their sides; their rows are held."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select id, creator, brand, status, creator_item, brand_item from commission
            where currency = $1 and released_at is not null and (brand_item is null or (creator_item is null and status = 'available'))
            order by id for update
            """,
            currency,
        )
    return [dict(row) for row in rows]


async def _check_items(items: list[PayoutItem], payees: dict[UUID, Payee]) -> None:
    """Each amount is still there and each payee still payable at the same account."""
    concerned = []
    for item in items:
        payee = payees[item.payee]
        there = await ledger.balance(chart.purse(payee.kind, _owner(payee)).available, item.currency)
        if there.minor < item.amount_minor or not payee.payable or payee.stripe_account_id != item.destination:
            concerned.append(payee.name)
    if concerned:
        raise RunOutdated(names=", ".join(sorted(concerned)))


async def _check_funds(items: list[PayoutItem], currency: str) -> None:
    total = Money(sum(item.amount_minor for item in items), currency)
    left = await simulation.stripe_available(currency) - total
    if left.minor < 0:
        raise NotEnoughFunds(short=-left)


def _lock_entry(item: PayoutItem, payee: Payee, run: PayoutRun, by: Principal) -> Entry:
    purse: Purse = chart.purse(payee.kind, _owner(payee))
    amount = Money(item.amount_minor, item.currency)
    return Entry(
        key=f"lock:{item.id}",
        kind="P1",
        event_at=clock.now(),
        source=Source(kind="payout_item", id=str(item.id)),
        lines=(debit(purse.available, amount), credit(purse.in_payout, amount)),
        actor=f"person:{by.id}",
        memo=run.number,
    )


async def _cancel(run_id: UUID, before: tuple[RunStatus, ...], note: str, by: Principal, action: str) -> None:
    moved = (
        await PayoutRun.update({PayoutRun.status: RunStatus.CANCELLED, PayoutRun.note: note, PayoutRun.completed_at: clock.now()})
        .where((PayoutRun.id == run_id) & PayoutRun.status.is_in(list(before)))
        .returning(PayoutRun.id)
    )
    if not moved:
        raise WrongState
    ids = [item.id for item in await _items(run_id)]
    await PayoutItem.update({PayoutItem.status: ItemStatus.RELEASED, PayoutItem.settled_at: clock.now()}).where(
        PayoutItem.run == run_id
    )
    await Commission.update({Commission.creator_item: None}).where(Commission.creator_item.is_in(ids))
    await Commission.update({Commission.brand_item: None}).where(Commission.brand_item.is_in(ids))
    await audit.record(by=by, action=action, kind="payout_run", id=run_id, reason=note)


async def _move(run_id: UUID, before: RunStatus, changes: dict[Any, Any]) -> None:
    moved = await PayoutRun.update(changes).where((PayoutRun.id == run_id) & (PayoutRun.status == before)).returning(PayoutRun.id)
    if not moved:
        await run_of(run_id)
        raise WrongState


async def _items(run_id: UUID, *, lock: bool = False) -> list[PayoutItem]:
    query = PayoutItem.objects().where(PayoutItem.run == run_id).order_by(PayoutItem.id)
    return await (query.lock_rows("UPDATE") if lock else query)


async def _payees(items: list[PayoutItem]) -> dict[UUID, Payee]:
    found = await Payee.objects().where(Payee.id.is_in([item.payee for item in items]))
    return {payee.id: payee for payee in found}


def _owner(payee: Payee) -> UUID:
    owner: UUID = payee.creator if payee.kind == PayeeKind.CREATOR else payee.brand
    return owner


async def _next_number() -> str:
    month = clock.now().strftime("%Y-%m")
    count = await PayoutRun.count().where(PayoutRun.number.like(f"PR-{month}-%"))
    return f"PR-{month}-{count + 1:02}"
