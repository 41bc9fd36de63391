"""Invoices to buyers: issued when an order is paid, one for each brand, numbered without gaps, frozen as they were issued.

Fanfare makes them out in the name and on behalf of the brand that sells (CGI art. 289 I-2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock, number_series
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money, included_tax
from marketplace.brands import brand_of
from marketplace.invoice_tables import Invoice
from marketplace.postal import ShipTo
from marketplace.refunds import Reason
from marketplace.tables import Brand, LineKind, Order, OrderLine, OrderStatus, Refund
from marketplace.vat_rates import BOOKS_ZONE

PAID = frozenset({OrderStatus.PAID, OrderStatus.REFUNDED})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a paper as it is printed; amounts in minor units. `net` and `vat` are inside `gross`, the price with VAT."""

    title: str
    variant: str
    kind: str
    gross: int
    net: int
    vat_bp: int
    vat: int


class InvoiceLine(Line, frozen=True, kw_only=True):
    """A line of an invoice; `gross` is what was paid."""

    quantity: int
    unit: int
    discount: int


class Party(msgspec.Struct, frozen=True):
    """A seller or a buyer as they stood on that day."""

    name: str
    address: str
    country: str
    vat_id: str = ""
    registration: str = ""
    email: str = ""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on an invoice and on a credit note alike."""

    number: str
    order_number: str
    currency: str
    placed_at: datetime
    issued_at: datetime
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]

    @property
    def total(self) -> Money:
        return Money(sum(line.gross for line in self.lines), self.currency)

    @property
    def vat(self) -> Money:
        return Money(sum(line.vat for line in self.lines), self.currency)

    def by_rate(self) -> list[tuple[int, Money, Money]]:
        """The rates with net and VAT, the highest first."""
        rates = sorted({line.vat_bp for line in self.lines}, reverse=True)
        return [(rate, self._sum("net", rate), self._sum("vat", rate)) for rate in rates]

    def _sum(self, part: str, rate: int) -> Money:
        return Money(sum(getattr(line, part) for line in self.lines if line.vat_bp == rate), self.currency)


class Content(Paper, frozen=True, kw_only=True):
    """Everything on an invoice."""

    paid_at: datetime
    lines: tuple[InvoiceLine, ...]


@dataclass(frozen=True)
class InvoiceShown:
    """An invoice that was issued."""

    id: UUID
    brand_id: UUID
    brand_name: str
    locale: str
    content: Content


async def are_due(*, order_id: UUID) -> bool:
    """Whether an order is invoiced: when it was paid, and was not sold out while it was."""
    order = await Order.select(Order.status).where(Order.id == order_id).first()
    if order is None or order["status"] not in PAID:
        return False
    return not await Refund.exists().where((Refund.order == order_id) & (Refund.reason == Reason.SOLD_OUT))


async def issue(*, order_id: UUID) -> list[InvoiceShown]:
    """Issue the invoices of a paid order, once however often this is called; returns all of them.

    A brand's number is taken in the transaction that keeps its invoice, the brands always in the same order: what fails leaves no
    gap. Raises `NotFound` for an order that is not paid.
    """
    async with DB.transaction():
        order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
        if order is None or order.status not in PAID:
            raise NotFound
        known = {row["brand"] for row in await Invoice.select(Invoice.brand).where(Invoice.order == order_id)}
        lines = await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.kind).order_by(OrderLine.title)
        for brand_id in sorted({line.brand for line in lines} - known):
            await _issue(order, brand_id, [line for line in lines if line.brand == brand_id])
    return await of_order(order_id=order_id)


async def of_order(*, order_id: UUID, brand_id: UUID | None = None) -> list[InvoiceShown]:
    """The invoices of an order, all or a brand's. The caller has passed the order's door."""
    rows = await Invoice.objects(Invoice.brand).where(Invoice.order == order_id).order_by(Invoice.issued_at)
    return [_shown(row) for row in rows if brand_id in {None, row.brand.id}]


async def of_brand(*, brand_id: UUID, by: Principal, limit: int = 50, before: datetime | None = None) -> list[InvoiceShown]:
    """A brand's invoices, newest first. Raises `NotFound`."""
    await brand_of(by=by, brand_id=brand_id)
    where = (Invoice.brand == brand_id) & (Invoice.issued_at < (before or clock.now().replace(year=9999)))
    rows = await Invoice.objects(Invoice.brand).where(where).order_by(Invoice.issued_at, ascending=False).limit(limit)
    return [_shown(row) for row in rows]


def seller_of(brand: Brand) -> Party:
    """The brand as it stands today."""
    return Party(brand.legal_name, brand.legal_address, brand.country, brand.vat_id, brand.registration, brand.email)


async def _issue(order: Order, brand_id: UUID, lines: list[OrderLine]) -> None:
    """Inside the transaction that has locked the order."""
    brand = await Brand.objects().get(Brand.id == brand_id)
    if brand is None:
        raise NotFound
    now = clock.now()
    year = now.astimezone(BOOKS_ZONE).year
    number = f"{year}-{await number_series.next_number(f'buyer-invoice:{brand_id}:{year}'):05d}"
    made = Invoice(
        id=uuid4(),
        order=order.id,
        brand=brand_id,
        number=number,
        locale=order.locale,
        content=msgspec.json.encode(_content(number, order, brand, lines, now)).decode(),
        issued_at=now,
    )
    await made.save()
    await audit.record(by=None, action="invoice.issued", kind="order", id=order.id, invoice=made.id, number=number)


def _content(number: str, order: Order, brand: Brand, lines: list[OrderLine], now: datetime) -> Content:
    goes_to = msgspec.json.decode(order.ship_to, type=ShipTo)
    return Content(
        number=number,
        order_number=order.number,
        currency=order.currency,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        issued_at=now,
        seller=seller_of(brand),
        buyer=Party(
            goes_to.name,
            "\n".join(part for part in (goes_to.line1, goes_to.line2, goes_to.town) if part),
            goes_to.country,
            email=order.email,
        ),
        lines=tuple(_line(line, order.currency) for line in sorted(lines, key=lambda line: line.kind != LineKind.GOODS)),
    )


def _line(line: OrderLine, currency: str) -> InvoiceLine:
    vat = included_tax(Money(line.gross_minor, currency), line.vat_bp).minor
    return InvoiceLine(
        title=line.title,
        variant=line.variant_name,
        kind=line.kind,
        quantity=line.quantity,
        unit=line.unit_minor,
        discount=line.discount_minor,
        gross=line.gross_minor,
        net=line.gross_minor - vat,
        vat_bp=line.vat_bp,
        vat=vat,
    )


def _shown(row: Invoice) -> InvoiceShown:
    return InvoiceShown(row.id, row.brand.id, row.brand.name, row.locale, msgspec.json.decode(row.content, type=Content))
