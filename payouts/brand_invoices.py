"""Invoices to brands for the sales of their own shops: one a month, brand and currency (docs/money.md, chapter 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from foundation import audit, clock, mails, number_series
from foundation.database import DB
from foundation.each import each
from foundation.money import Money, decimals
from foundation.tables import Person
from marketplace.tables import BrandMember
from payouts import brand_credit, chart, ledger, off_platform, purses, vat_parties
from payouts.chart import Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.off_platform import PLATFORM_FEE, VAT_PAYABLE
from payouts.off_platform_tables import BrandInvoice, InvoiceStatus, ShopCommission
from payouts.tables import CommissionStatus, PayeeKind
from payouts.vat_matrix import FRENCH_RATE_BP, Treatment, Vat, vat_on_service

ZONE = ZoneInfo("Europe/Paris")
TERM = timedelta(days=30)
REMINDED_AFTER = timedelta(days=3)


def month_before(moment: datetime) -> tuple[str, datetime]:
    """The last whole month in the books' time zone as `2026-10`, and its end: the midnight at which the next one begins."""
    ends = moment.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return f"{ends - timedelta(days=1):%Y-%m}", ends.astimezone(UTC)


def smallest(currency: str) -> int:
    """Minor units below which nothing is invoiced yet: one unit of the currency. It is carried to the next month."""
    return int(10 ** decimals(currency))


async def vat_on_fee(brand_id: UUID) -> Vat:
    """The VAT of our fee to a brand. One inside the EU whose VAT id is not checked is charged ours (CGI art. 259-2°)."""
    found = vat_on_service(supplier=vat_parties.house(), customer=await vat_parties.party(PayeeKind.BRAND, brand_id))
    if found.missing == "customer_vat_id":
        return Vat(Treatment.CHARGED, FRENCH_RATE_BP, category="S")
    return found


async def issue_due() -> int:
    """Invoice every brand for what was accepted before this month and is not invoiced yet; return how many. Safe to run twice at once."""
    period, ends = month_before(clock.now())
    async with DB.connection() as connection:
        due = await connection.fetch(
            """
            select brand, currency from shop_commission
            where invoice is null and accepted_at < $1 and status <> 'reversed' group by 1, 2 order by 1, 2
            """,
            ends,
        )
    done: list[BrandInvoice] = []

    async def issue(row: Any) -> None:
        made = await _issue(row["brand"], row["currency"], period, ends)
        done.extend([made] if made else [])

    await each(due, issue)
    return len(done)


async def missing_of(period: str, ends: datetime) -> int:
    """How many invoices of a month that is over are not written yet; what is too little for one is carried on and counts as nothing."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select k.currency, sum(k.amount_minor - k.reversed_minor + k.fee_minor - k.fee_reversed_minor)::bigint as owed
            from shop_commission k where k.invoice is null and k.accepted_at < $1 and k.status <> 'reversed'
              and not exists (select 1 from brand_invoice i where (i.brand, i.currency) = (k.brand, k.currency) and i.period >= $2)
            group by k.brand, k.currency
            """,
            ends,
            period,
        )
    return sum(row["owed"] >= smallest(row["currency"]) for row in rows)


async def remind_due() -> int:
    """Write once to the brands whose invoice is three days late; return how many invoices."""
    late = await BrandInvoice.objects().where(
        (BrandInvoice.status == InvoiceStatus.OPEN) & (BrandInvoice.due_at < clock.now() - REMINDED_AFTER)
    )
    async with DB.transaction():
        for invoice in late:
            await _tell(invoice, "brand_invoice_late.html")
    return len(late)


async def _issue(brand_id: UUID, currency: str, period: str, ends: datetime) -> BrandInvoice | None:
    async with DB.transaction():
        await purses.lock({(PayeeKind.BRAND, brand_id)})
        mine = (BrandInvoice.brand == brand_id) & (BrandInvoice.currency == currency) & (BrandInvoice.period == period)
        if await BrandInvoice.exists().where(mine):
            return None
        rows = await _open_lines(brand_id, currency, ends)
        vat = await vat_on_fee(brand_id)
        invoice = _made(rows, vat, brand_id, currency, period)
        if invoice.total_minor < smallest(currency):
            return None
        invoice.number = await _number(invoice.issued_at)
        await invoice.save()
        await ShopCommission.update({ShopCommission.invoice: invoice.id, ShopCommission.vat_bp: vat.rate_bp}).where(
            ShopCommission.id.is_in([row.id for row in rows])
        )
        await ledger.post_all([_entry(invoice)])
        await brand_credit.apply(brand_id=brand_id, currency=currency)
        await audit.record(by=None, action="invoice.issue", kind="brand_invoice", id=invoice.id, number=invoice.number)
        await _tell(invoice, "brand_invoice.html")
    return invoice


async def _open_lines(brand_id: UUID, currency: str, ends: datetime) -> list[ShopCommission]:
    return (
        await ShopCommission.objects()
        .where((ShopCommission.brand == brand_id) & (ShopCommission.currency == currency) & ShopCommission.invoice.is_null())
        .where((ShopCommission.accepted_at < ends) & (ShopCommission.status != CommissionStatus.REVERSED))
        .order_by(ShopCommission.id)
        .lock_rows("UPDATE")
    )


def _made(rows: Sequence[ShopCommission], vat: Vat, brand_id: UUID, currency: str, period: str) -> BrandInvoice:
    now = clock.now()
    commission = fee = tax = Money.zero(currency)
    for row in rows:
        row.vat_bp = vat.rate_bp
        parts = off_platform.left(row)
        commission, fee, tax = commission + parts.commission, fee + parts.fee, tax + parts.vat
    return BrandInvoice(
        id=uuid4(),
        number="",
        brand=brand_id,
        currency=currency,
        period=period,
        commission_minor=commission.minor,
        fee_minor=fee.minor,
        vat_bp=vat.rate_bp,
        vat_minor=tax.minor,
        vat_wording=vat.wording,
        total_minor=(commission + fee + tax).minor,
        status=InvoiceStatus.OPEN,
        issued_at=now,
        due_at=now + TERM,
    )


def _entry(invoice: BrandInvoice) -> Entry:
    """S2: what was owed without an invoice is owed by this one; our fee is earned, its VAT is owed to the state."""

    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    lines = (
        debit(chart.of_brand(Code.BRAND_INVOICED, invoice.brand), money(invoice.total_minor)),
        debit(chart.of_brand(Code.DEFERRED_FEE, invoice.brand), money(invoice.fee_minor)),
        credit(chart.of_brand(Code.BRAND_UNBILLED, invoice.brand), money(invoice.commission_minor + invoice.fee_minor)),
        credit(PLATFORM_FEE, money(invoice.fee_minor)),
        credit(VAT_PAYABLE, money(invoice.vat_minor)),
    )
    return Entry(
        key=f"invoice:{invoice.id}",
        kind="S2",
        event_at=invoice.issued_at,
        source=Source(kind="brand_invoice", id=str(invoice.id)),
        lines=ledger.folded(lines),
        memo=invoice.number,
    )


async def _number(issued_at: datetime) -> str:
    """The next number of the year."""
    year = issued_at.astimezone(ZONE).year
    return f"FI-{year}-{await number_series.next_number(f'FI-{year}'):06}"


async def _tell(invoice: BrandInvoice, template: str) -> None:
    """Write to everybody of the brand, once a template."""
    people = [row["person"] for row in await BrandMember.select(BrandMember.person).where(BrandMember.brand == invoice.brand)]
    readers = await Person.select(Person.email, Person.locale).where(Person.id.is_in(people)) if people else []
    for reader in readers:
        await mails.write(
            to=reader["email"],
            locale=reader["locale"],
            template=template,
            once=f"{template} {invoice.id}",
            number=invoice.number,
            total=Money(invoice.total_minor, invoice.currency),
            open=brand_credit.unpaid(invoice),
            due=invoice.due_at,
        )
