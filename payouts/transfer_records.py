"""What is recorded of a transfer once its fate is known: the journals, the item, its commissions and the news, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from piccolo.columns.combination import Or, Where

from foundation import audit, clock, outbox
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from foundation.stripe_gateway import Reversal, Transfer
from payouts import chart, ledger, memo, purses, withholding
from payouts.chart import STRIPE, Account, Code, Purse
from payouts.events import PayoutItemSettled
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.tables import Commission, CommissionStatus, ItemStatus, Payee, PayeeKind, PayoutItem

STRIPE_AVAILABLE = Account(STRIPE[1])
TAX_WITHHELD = Account(Code.TAX_WITHHELD)
log = structlog.get_logger()


async def record_sent(item_id: UUID, made: Transfer) -> None:
    """P2, in one transaction with the item, its commissions and the news."""
    async with DB.transaction():
        item, purse = await _locked(item_id)
        if item.status == ItemStatus.SENT:
            return
        await ledger.post_all(await _leaving(item, purse, made))
        await PayoutItem.update(
            {
                PayoutItem.status: ItemStatus.SENT,
                PayoutItem.transfer_id: made.id,
                PayoutItem.payment_id: made.payment,
                PayoutItem.settled_at: clock.now(),
                PayoutItem.error_code: "",
            }
        ).where(PayoutItem.id == item_id)
        await Commission.update({Commission.status: CommissionStatus.PAID}).where(
            (Commission.creator_item == item_id) & (Commission.status == CommissionStatus.IN_PAYOUT)
        )
        await outbox.publish(PayoutItemSettled(item_id=item_id))


async def _leaving(item: PayoutItem, purse: Purse, made: Transfer) -> list[Entry]:
    """P2, and W1 for the tax that stays here; of an item that was given up before, both take from what is available."""
    parts = [
        (f"sent:{item.id}", "P2", STRIPE_AVAILABLE, Money(item.amount_minor, item.currency)),
        (f"withheld:{item.id}", "W1", TAX_WITHHELD, Money(item.withheld_minor, item.currency)),
    ]
    on_its_way, drawer = item.status in {ItemStatus.SENDING, ItemStatus.UNKNOWN}, purses.Drawer()
    if not on_its_way:
        log.error("transfer.made_after_all", item=str(item.id), transfer=made.id)
    source, entries = Source(kind="transfer", id=made.id), []
    for key, kind, account, amount in parts:
        if amount.minor:
            taken = [debit(purse.in_payout, amount)] if on_its_way else await drawer.take(purse, amount)
            entries.append(_entry(key, kind, source, made.created, [credit(account, amount), *taken]))
    return [*entries, memo.sent(item.payee, item.id, Money(item.amount_minor, item.currency), made.id, made.created)]


async def record_failed(item_id: UUID, code: str, *, not_asked: bool = False) -> None:
    """P2x: Stripe said no for good, or was `not_asked`; the money is available again, for debts first."""
    async with DB.transaction():
        item, purse = await _locked(item_id)
        if item.status not in ({ItemStatus.LOCKED} if not_asked else {ItemStatus.SENDING, ItemStatus.UNKNOWN}):
            return
        drawer, amount = purses.Drawer(), Money(item.amount_minor + item.withheld_minor, item.currency)
        lines = [debit(purse.in_payout, amount), *await drawer.give(purse, amount)]
        entry = _entry(f"unlock:{item.id}", "P2x", Source(kind="payout_item", id=str(item.id)), clock.now(), lines)
        await ledger.post_all([entry, *await drawer.net(purse, item.currency, after=entry)])
        await PayoutItem.update(
            {PayoutItem.status: ItemStatus.FAILED, PayoutItem.error_code: code[:80], PayoutItem.settled_at: clock.now()}
        ).where(PayoutItem.id == item_id)
        await _free(await Commission.objects().where(_bound_to(item_id)), item_id)
        await audit.record(by=None, action="item.failed", kind="payout_item", id=item_id, code=code)


async def record_reversal(item: PayoutItem, reversal: Reversal, among: Sequence[Reversal]) -> None:
    """P4: what Stripe took back from the payee is available to them again, for debts first."""
    key = f"reversed:{reversal.id}"
    async with DB.transaction():
        purse = await _purse(item)
        await purses.lock([(purse.kind, purse.owner)])
        if await ledger.booked(key):
            return
        drawer = purses.Drawer()
        lines = [debit(STRIPE_AVAILABLE, reversal.amount), *await drawer.give(purse, reversal.amount)]
        source = Source(kind="reversal", id=reversal.id)
        entries = [_entry(key, "P4", source, reversal.created, lines, memo=str(item.id))]
        tax = await _tax_of(item, reversal, among)
        if tax.minor:
            given = [debit(TAX_WITHHELD, tax), *await drawer.give(purse, tax)]
            entries.append(_entry(f"unwithheld:{reversal.id}", "W1x", source, reversal.created, given, memo=str(item.id)))
        told = memo.taken_back(item.payee, reversal.amount, reversal.id, reversal.created)
        await ledger.post_all([*entries, *await drawer.net(purse, item.currency, after=entries[-1]), told])
        await audit.record(by=None, action="transfer.reversed", kind="payout_item", id=item.id, reversal=reversal.id)


async def _tax_of(item: PayoutItem, reversal: Reversal, among: Sequence[Reversal]) -> Money:
    """The part of the withheld tax that goes back with a reversal, after those of the same transfer that are booked."""
    known = await ledger.booked(*(f"reversed:{one.id}" for one in among))
    before = sum(one.amount.minor for one in among if f"reversed:{one.id}" in known and one.id != reversal.id)
    return withholding.given_back(
        amount=Money(item.amount_minor, item.currency),
        withheld=Money(item.withheld_minor, item.currency),
        reversed_before=Money(before, item.currency),
        reversed_now=reversal.amount,
    )


async def _free(rows: Sequence[Commission], item_id: UUID) -> None:
    for row in rows:
        if row.creator_item == item_id:
            back = CommissionStatus.AVAILABLE if row.status == CommissionStatus.IN_PAYOUT else row.status
            await Commission.update({Commission.creator_item: None, Commission.status: back}).where(Commission.id == row.id)
        if row.brand_item == item_id:
            await Commission.update({Commission.brand_item: None}).where(Commission.id == row.id)


async def complete(run_id: UUID) -> None:
    """The run is completed once no item is on its way; whoever may have settled the last one says so."""
    async with DB.connection() as connection:
        await connection.execute(
            """
            update payout_run set status = 'completed', completed_at = $2 where id = $1 and status = 'executing'
            and not exists (select 1 from payout_item where run = $1 and status in ('locked', 'sending', 'unknown'))
            """,
            run_id,
            clock.now(),
        )


async def _locked(item_id: UUID) -> tuple[PayoutItem, Purse]:
    """The item and its payee's accounts, held with its commissions. Raises `NotFound`."""
    async with DB.connection() as connection:
        payee = await connection.fetchrow(
            "select p.kind, p.creator, p.brand from payout_item i join payee p on p.id = i.payee where i.id = $1", item_id
        )
        if payee is None:
            raise NotFound
        purse = chart.purse(payee["kind"], payee["creator"] if payee["kind"] == PayeeKind.CREATOR else payee["brand"])
        await purses.lock([(purse.kind, purse.owner)])
        await connection.execute(
            "select 1 from commission where creator_item = $1 or brand_item = $1 order by id for update", item_id
        )
    item = await PayoutItem.objects().where(PayoutItem.id == item_id).lock_rows("UPDATE").first()
    if item is None:
        raise NotFound
    return item, purse


def _bound_to(item_id: UUID) -> Where | Or:
    return (Commission.creator_item == item_id) | (Commission.brand_item == item_id)


async def item_of(item_id: UUID) -> PayoutItem:
    """The item. Raises `NotFound`."""
    item = await PayoutItem.objects().where(PayoutItem.id == item_id).first()
    if item is None:
        raise NotFound
    return item


async def _purse(item: PayoutItem) -> Purse:
    payee = await Payee.objects().where(Payee.id == item.payee).first()
    if payee is None:
        raise NotFound
    return chart.purse(payee.kind, payee.creator if payee.kind == PayeeKind.CREATOR else payee.brand)


def _entry(key: str, kind: str, source: Source, event_at: datetime, lines: list[Line], memo: str = "") -> Entry:
    return Entry(key=key, kind=kind, event_at=event_at, source=source, lines=ledger.folded(lines), memo=memo)
