"""Sales in brands' own shops in the books: accepted, returned, and released once the brand has paid (docs/money.md, chapter 12)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn, ConversionStatus
from creators.tables import Terms
from foundation import clock
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import brand_credit, chart, holds, ledger, purses
from payouts.chart import Account, Code
from payouts.ledger import Entry, Line, Source, credit, debit
from payouts.off_platform_tables import InvoiceStatus, ShopCommission
from payouts.tables import CommissionStatus, PayeeKind

BATCH = 200
RULE_VERSION = "2026-11-offsite"
PLATFORM_FEE = Account(Code.PLATFORM_FEE)
VAT_PAYABLE = Account(Code.VAT_PAYABLE)


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What the brand owes for a line: the creator's commission, our fee, and the VAT of the fee."""

    commission: Money
    fee: Money
    vat: Money

    @property
    def total(self) -> Money:
        return self.commission + self.fee + self.vat

    def __sub__(self, other: Owed) -> Owed:
        return Owed(commission=self.commission - other.commission, fee=self.fee - other.fee, vat=self.vat - other.vat)


def owed(net: Money, *, commission_bp: int, fee_bp: int, vat_bp: int = 0) -> Owed:
    """The parts of what remains of a line; `net` is without VAT and delivery. Each is rounded half to even once."""
    fee = net.share(fee_bp)
    return Owed(commission=net.share(commission_bp), fee=fee, vat=fee.share(vat_bp))


def left(row: ShopCommission) -> Owed:
    """What is left of a line's parts after returns."""
    net = Money(row.net_minor - row.returned_minor, row.currency)
    return owed(net, commission_bp=row.rate_bp, fee_bp=row.fee_bp, vat_bp=row.vat_bp)


async def fold(*, conversion_id: UUID) -> None:
    """Bring the books to where a reported sale stands: S1 once it is accepted, S7 for what came back.

    Any number of times, in any order of the news. A sale that waits, was declined or is credited to nobody books nothing.
    Raises `NotFound`.
    """
    async with DB.transaction():
        sale = await Conversion.objects().where(Conversion.id == conversion_id).lock_rows("UPDATE").first()
        if sale is None:
            raise NotFound
        if sale.status != ConversionStatus.ACCEPTED or sale.creator is None:
            return
        await purses.lock({(PayeeKind.CREATOR, sale.creator), (PayeeKind.BRAND, sale.brand)})
        rows, entries = await _rows(sale)
        back, drawer = await _returned(sale.id), purses.Drawer()
        for row in rows:
            if back[row.conversion_line] > row.returned_minor:
                entries += await _take_back(row, back[row.conversion_line], sale.shop_order, drawer)
                await _store(row)
        await ledger.post_all(entries)
        await brand_credit.apply(brand_id=sale.brand, currency=sale.currency)


async def release_paid() -> int:
    """Make available what brands have paid for (S4), and pay debts from it; return the number of lines.

    A creator's part goes to held while something holds it, and follows when nothing does (S4u). Safe to run twice at once.
    """
    released = 0
    while due := await _ids(_PAID, CommissionStatus.PENDING.value, InvoiceStatus.PAID.value, BATCH):
        released += await _release(due)
    return released + await _unhold()


_PAID = """
    select k.id, k.creator from shop_commission k join brand_invoice i on i.id = k.invoice
    where k.status = $1 and i.status = $2 order by k.id limit $3
"""
_HELD = "select k.id, k.creator from shop_commission k where k.status = $1 order by k.id"


async def _release(due: dict[UUID, UUID]) -> int:
    async with DB.transaction():
        await purses.lock({(PayeeKind.CREATOR, creator) for creator in due.values()})
        rows = await _still(due, CommissionStatus.PENDING)
        held = await _kept(rows)
        drawer, entries = purses.Drawer(), list[Entry]()
        for row in rows:
            purse, amount = chart.purse("creator", row.creator), left(row).commission
            kept = row.id in held
            lines = [debit(purse.pending, amount)]
            lines += [credit(purse.held, amount)] if kept else await drawer.give(purse, amount)
            if amount.minor:
                entry = _entry(f"off-release:{row.id}", "S4h" if kept else "S4", row, lines)
                entries += [entry, *await drawer.net(purse, row.currency, after=entry)]
            await _settle(row, CommissionStatus.HELD if kept else CommissionStatus.AVAILABLE)
        await ledger.post_all(entries)
    return len(rows)


async def _unhold() -> int:
    waiting = await _ids(_HELD, CommissionStatus.HELD.value)
    async with DB.transaction():
        await purses.lock({(PayeeKind.CREATOR, creator) for creator in waiting.values()})
        rows = await _still(waiting, CommissionStatus.HELD)
        held = await _kept(rows)
        drawer, entries = purses.Drawer(), list[Entry]()
        free = [row for row in rows if row.id not in held]
        for row in free:
            purse, amount = chart.purse("creator", row.creator), left(row).commission
            if amount.minor:
                entry = _entry(f"off-unhold:{row.id}", "S4u", row, [debit(purse.held, amount), *await drawer.give(purse, amount)])
                entries += [entry, *await drawer.net(purse, row.currency, after=entry)]
            await _settle(row, CommissionStatus.AVAILABLE)
        await ledger.post_all(entries)
    return len(free)


async def _kept(rows: Sequence[ShopCommission]) -> set[UUID]:
    """The lines whose creator is banned, or whose sale a case holds."""
    banned = await holds.banned({row.creator for row in rows})
    suspected = await holds.suspected_conversions({row.conversion for row in rows})
    return {row.id for row in rows if row.creator in banned or row.conversion in suspected}


async def _rows(sale: Conversion) -> tuple[list[ShopCommission], list[Entry]]:
    """The commissions of a sale's credited lines, with S1 of those that are made now: all at first, later what an edit added."""
    known = (
        await ShopCommission.objects().where(ShopCommission.conversion == sale.id).order_by(ShopCommission.id).lock_rows("UPDATE")
    )
    have = {row.conversion_line for row in known}
    lines = [
        line
        for line in await ConversionLine.objects()
        .where((ConversionLine.conversion == sale.id) & ConversionLine.terms.is_not_null())
        .order_by(ConversionLine.number)
        .order_by(ConversionLine.id)
        if line.id not in have
    ]
    terms = {row.id: row for row in await Terms.objects().where(Terms.id.is_in([line.terms for line in lines]))} if lines else {}
    accepted_at = clock.now() if known or sale.decided_at is None else sale.decided_at
    made = [_commission(sale, line, terms[line.terms], accepted_at) for line in lines]
    if made:
        await ShopCommission.insert(*made)
    return [*known, *made], [entry for row in made if (entry := _accepted(row, sale.shop_order)).lines]


def _commission(sale: Conversion, line: ConversionLine, terms: Terms, accepted_at: datetime) -> ShopCommission:
    parts = owed(Money(line.net_minor, sale.currency), commission_bp=terms.commission_bp, fee_bp=terms.platform_fee_bp)
    return ShopCommission(
        id=uuid4(),
        conversion_line=line.id,
        conversion=sale.id,
        brand=sale.brand,
        creator=sale.creator,
        terms=terms.id,
        currency=sale.currency,
        net_minor=line.net_minor,
        rate_bp=terms.commission_bp,
        amount_minor=parts.commission.minor,
        fee_bp=terms.platform_fee_bp,
        fee_minor=parts.fee.minor,
        status=CommissionStatus.PENDING,
        accepted_at=accepted_at,
    )


def _accepted(row: ShopCommission, order: str) -> Entry:
    """S1: the brand owes commission and fee; the creator's waits for its payment, our fee for its invoice."""
    parts = left(row)
    lines = (
        debit(chart.of_brand(Code.BRAND_UNBILLED, row.brand), parts.commission + parts.fee),
        credit(chart.purse("creator", row.creator).pending, parts.commission),
        credit(chart.of_brand(Code.DEFERRED_FEE, row.brand), parts.fee),
    )
    return _entry(f"off:{row.id}", "S1", row, lines, memo=order)


async def _take_back(row: ShopCommission, returned: int, order: str, drawer: purses.Drawer) -> list[Entry]:
    """S7: what the line owes less, now that `returned` of it came back; what was invoiced becomes the brand's credit."""
    before = left(row)
    row.returned_minor = returned
    parts = before - left(row)
    purse = chart.purse("creator", row.creator)
    lines = await _from_creator(row, purse, parts.commission, drawer)
    if row.invoice is None:
        lines.append(debit(chart.of_brand(Code.DEFERRED_FEE, row.brand), parts.fee))
        lines.append(credit(chart.of_brand(Code.BRAND_UNBILLED, row.brand), parts.commission + parts.fee))
    else:
        lines += [debit(PLATFORM_FEE, parts.fee), debit(VAT_PAYABLE, parts.vat)]
        lines.append(credit(chart.of_brand(Code.BRAND_CREDIT, row.brand), parts.total))
    row.reversed_minor += parts.commission.minor
    row.fee_reversed_minor += parts.fee.minor
    if row.returned_minor == row.net_minor and row.status != CommissionStatus.HELD:
        row.status = CommissionStatus.REVERSED
    entry = _entry(f"off-return:{row.id}:{returned}", "S7", row, lines, memo=order)
    return [entry, *await drawer.net(purse, row.currency, after=entry)] if entry.lines else []


async def _from_creator(row: ShopCommission, purse: chart.Purse, amount: Money, drawer: purses.Drawer) -> list[Line]:
    if row.status == CommissionStatus.HELD:
        return [debit(purse.held, amount)]
    return [debit(purse.pending, amount)] if row.released_at is None else await drawer.take(purse, amount)


async def _returned(conversion_id: UUID) -> dict[UUID, int]:
    """Minor units that came back of each line."""
    sums: dict[UUID, int] = defaultdict(int)
    for row in await ConversionReturn.select(ConversionReturn.lines).where(ConversionReturn.conversion == conversion_id):
        for line, minor in json.loads(row["lines"]).items():
            sums[UUID(line)] += minor
    return sums


async def _store(row: ShopCommission) -> None:
    await ShopCommission.update(
        {
            ShopCommission.returned_minor: row.returned_minor,
            ShopCommission.reversed_minor: row.reversed_minor,
            ShopCommission.fee_reversed_minor: row.fee_reversed_minor,
            ShopCommission.status: row.status,
        }
    ).where(ShopCommission.id == row.id)


async def _settle(row: ShopCommission, status: CommissionStatus) -> None:
    gone = row.returned_minor == row.net_minor
    await ShopCommission.update(
        {ShopCommission.status: CommissionStatus.REVERSED if gone else status, ShopCommission.released_at: clock.now()}
    ).where(ShopCommission.id == row.id)


def _entry(key: str, kind: str, row: ShopCommission, lines: Sequence[Line], memo: str = "") -> Entry:
    return Entry(
        key=key,
        kind=kind,
        event_at=clock.now() if kind != "S1" else row.accepted_at,
        source=Source(kind="shop_commission", id=str(row.id)),
        lines=ledger.folded(lines),
        rule_version=RULE_VERSION,
        memo=memo,
    )


async def _ids(query: str, *values: object) -> dict[UUID, UUID]:
    async with DB.connection() as connection:
        return {row["id"]: row["creator"] for row in await connection.fetch(query, *values)}


async def _still(rows: dict[UUID, UUID], status: CommissionStatus) -> list[ShopCommission]:
    """Those that are still so now that their creators are locked; their rows are held."""
    return (
        await ShopCommission.objects()
        .where(ShopCommission.id.is_in(list(rows)) & (ShopCommission.status == status))
        .order_by(ShopCommission.id)
        .lock_rows("UPDATE")
        if rows
        else []
    )
