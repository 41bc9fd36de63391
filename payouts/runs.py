"""Payout runs: drafted and submitted by one person, approved by another, executed item by item (docs/money.md, chapter 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from payouts import exchange, purses, run_items, simulation, watch
from payouts.adjustment_tables import RunApproval
from payouts.events import RunApproved
from payouts.exports import local_day
from payouts.payee_tables import Schedule
from payouts.run_items import Held
from payouts.tables import ItemStatus, PayoutItem, PayoutRun, RunStatus

NAMES_SHOWN = 10


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


class ApprovedAlready(Refusal):
    """One person approves once; the second approval is somebody else's."""

    code = "approved_already"
    status = 403
    message = _("You have approved this run. Its unusual amounts need a second person.")


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


async def draft(
    *, by: Principal | None, currency: str = "EUR", minimum_minor: int | None = None, only: Schedule | None = None
) -> PayoutRun:
    """Lock what every payable payee has available into a new run; blocked payees keep their money.

    Raises `NothingToPay`, `watch.BooksBroken`.

    `minimum_minor` overrides the smallest payment, `only` pays those alone who chose that schedule. Two drafts at once lock each
    payee once. `by=None` drafts by itself: whoever submits it becomes the maker.
    What payees have in currencies that Stripe does not hold is exchanged first (F2).
    """
    await exchange.convert_all(into=currency)
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('payout run draft', 0))")
        await watch.demand_sound_books()
        await purses.lock_all_with_money(currency)
        payable = (await simulation.simulate(currency=currency, minimum_minor=minimum_minor, only=only)).payable
        if not payable:
            raise NothingToPay
        run = PayoutRun(
            id=uuid4(),
            number=await _next_number(),
            status=RunStatus.DRAFT,
            currency=currency,
            cutoff=clock.now(),
            maker=by.id if by else None,
            created_at=clock.now(),
        )
        await run.save()
        await run_items.lock_into(run, payable)
        await audit.record(
            by=by, action="run.drafted", kind="payout_run", id=run.id, number=run.number, items=len(payable), currency=currency
        )
    return run


async def submit(*, run_id: UUID, by: Principal) -> PayoutRun:
    """Fix the list for the second person; a run that was drafted by itself has its maker now.

    Raises `NotFound`, `watch.BooksBroken`, `WrongState` when it is not a draft.
    """
    async with DB.transaction():
        await watch.demand_sound_books()
        run = await _locked(run_id)
        fixed = await run_items.lock_and_fix(run_id)
        await _move(
            run_id,
            RunStatus.DRAFT,
            {
                PayoutRun.maker: run.maker or by.id,
                PayoutRun.status: RunStatus.SUBMITTED,
                PayoutRun.content_hash: fixed.fingerprint,
                PayoutRun.submitted_at: clock.now(),
            },
        )
        await audit.record(by=by, action="run.submitted", kind="payout_run", id=run_id, items=fixed.count)
    return await run_of(run_id)


async def approve(*, run_id: UUID, content_hash: str, by: Principal) -> PayoutRun:
    """Approve exactly the list of that fingerprint. With the last approval that it needs: P1 for each item; the transfers leave afterwards.

    A run with amounts far above the usual needs two approvals, of two persons who are not its maker.

    Raises `SamePerson`, `ApprovedAlready`, `RunChanged`, `RunOutdated`, `NotEnoughFunds`, `WrongState`, `NotFound`,
    `watch.BooksBroken`.
    """
    async with DB.transaction():
        await watch.demand_sound_books()
        run = await _locked(run_id)
        if run.status != RunStatus.SUBMITTED:
            raise WrongState
        if run.maker == by.id:
            raise SamePerson
        await run_items.lock_payees(run_id)
        fixed = await run_items.lock_and_fix(run_id)
        if not content_hash == run.content_hash == fixed.fingerprint:
            raise RunChanged
        items = await run_items.held_by(run_id)
        _check_items(items)
        await _check_funds(items, run.currency)
        given = await _add_approval(run, by)
        if given < approvals_needed(items):
            await audit.record(by=by, action="run.approved_first", kind="payout_run", id=run_id, content_hash=content_hash)
            return run
        await run_items.book_locks(items, run, by)
        await run_items.mark_in_payout(run_id)
        await _move(
            run_id,
            RunStatus.SUBMITTED,
            {PayoutRun.status: RunStatus.APPROVED, PayoutRun.checker: by.id, PayoutRun.approved_at: clock.now()},
        )
        await audit.record(by=by, action="run.approved", kind="payout_run", id=run_id, content_hash=content_hash)
        await outbox.publish(RunApproved(run_id=run_id))
    return await run_of(run_id)


def approvals_needed(items: Sequence[Held]) -> int:
    """One, or two when an amount is far above what its payee usually gets."""
    return 2 if any(item.unusual for item in items) else 1


async def approvals_of(run_id: UUID) -> list[UUID]:
    """Who has approved a run so far."""
    rows = await RunApproval.select(RunApproval.person).where(RunApproval.run == run_id).order_by(RunApproval.approved_at)
    return [row["person"] for row in rows]


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


async def _locked(run_id: UUID) -> PayoutRun:
    run = await PayoutRun.objects().where(PayoutRun.id == run_id).lock_rows("UPDATE").first()
    if run is None:
        raise NotFound
    return run


async def _add_approval(run: PayoutRun, by: Principal) -> int:
    """Keep this person's approval; return how many there are now. Raises `ApprovedAlready`."""
    if by.id in await approvals_of(run.id):
        raise ApprovedAlready
    await RunApproval(id=uuid4(), run=run.id, person=by.id, content_hash=run.content_hash, approved_at=clock.now()).save()
    return len(await approvals_of(run.id))


def _check_items(items: Sequence[Held]) -> None:
    """Each amount is still there and each payee still payable at the same account."""
    concerned = sorted(item.name for item in items if item.outdated)
    if concerned:
        more = len(concerned) - NAMES_SHOWN
        raise RunOutdated(names=", ".join(concerned[:NAMES_SHOWN]) + (f" (+{more})" if more > 0 else ""))


async def _check_funds(items: Sequence[Held], currency: str) -> None:
    left = await simulation.stripe_available(currency) - simulation.summed((item.amount for item in items), currency)
    if left.minor < 0:
        raise NotEnoughFunds(short=-left)


async def _cancel(run_id: UUID, before: tuple[RunStatus, ...], note: str, by: Principal, action: str) -> None:
    moved = (
        await PayoutRun.update({PayoutRun.status: RunStatus.CANCELLED, PayoutRun.note: note, PayoutRun.completed_at: clock.now()})
        .where((PayoutRun.id == run_id) & PayoutRun.status.is_in(list(before)))
        .returning(PayoutRun.id)
    )
    if not moved:
        raise WrongState
    await PayoutItem.update({PayoutItem.status: ItemStatus.RELEASED, PayoutItem.settled_at: clock.now()}).where(
        PayoutItem.run == run_id
    )
    await run_items.unbind(run_id)
    await audit.record(by=by, action=action, kind="payout_run", id=run_id, reason=note)


async def _move(run_id: UUID, before: RunStatus, changes: dict[Any, Any]) -> None:
    moved = await PayoutRun.update(changes).where((PayoutRun.id == run_id) & (PayoutRun.status == before)).returning(PayoutRun.id)
    if not moved:
        await run_of(run_id)
        raise WrongState


async def _next_number() -> str:
    month = f"{local_day(clock.now()):%Y-%m}"
    count = await PayoutRun.count().where(PayoutRun.number.like(f"PR-{month}-%"))
    return f"PR-{month}-{count + 1:02}"
