"""Orders as people see them: the buyer the whole, a brand its own lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable

from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.i18n import _
from foundation.money import Money
from marketplace.brands import brand_of
from marketplace.listing import place_in_list
from marketplace.order_terms import CodeShown, DeliveryShown, chosen_ways, codes_of, deliveries_of
from marketplace.postal import ShipTo
from marketplace.tables import LineKind, Order, OrderLine, OrderStatus, PaymentStatus, Refund, RefundLine, RefundStatus


@dataclass(frozen=True)
class Line:
    """One line as it was sold; a delivery has no variant. `left` is what can still be refunded."""

    id: UUID
    kind: LineKind
    brand_id: UUID
    brand_name: str
    brand_slug: str
    variant_id: UUID | None
    title: str
    variant_name: str
    picture: str
    quantity: int
    unit: Money
    discount: Money
    gross: Money
    vat_bp: int
    vat: Money
    refunded: Money

    @property
    def left(self) -> Money:
        return self.gross - self.refunded


@dataclass(frozen=True)
class RefundShown:
    """A refund, or the part of it that belongs to one brand."""

    id: UUID
    status: RefundStatus
    amount: Money
    reason: str
    note: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class Happening:
    """One entry of an order's time line; `tone` is done, waits or wrong, `seller` says whose doing it is where several sell."""

    at: datetime
    words: str
    tone: str
    amount: Money | None = None
    seller: str = ""


@dataclass(frozen=True)
class OrderShown:
    """An order with what the person may see of it: all lines for the buyer, its own for a brand."""

    id: UUID
    number: str
    status: OrderStatus
    buyer_id: UUID
    email: str
    show_id: UUID | None
    touch_id: UUID | None
    ship_to: ShipTo
    lines: tuple[Line, ...]
    refunds: tuple[RefundShown, ...]
    placed_at: datetime
    paid_at: datetime | None
    closed_at: datetime | None
    payment_status: PaymentStatus
    payment_error: str
    held_until: datetime | None
    currency: str
    guest: bool
    deliveries: tuple[DeliveryShown, ...]
    codes: tuple[CodeShown, ...]

    @property
    def goods(self) -> tuple[Line, ...]:
        """The lines that are things, without deliveries."""
        return tuple(line for line in self.lines if line.kind == LineKind.GOODS)

    @property
    def delivery(self) -> Money:
        """What delivery costs; zero where it is free."""
        return sum((line.gross for line in self.lines if line.kind == LineKind.DELIVERY), Money.zero(self.currency))

    @property
    def discount(self) -> Money:
        return sum((line.discount for line in self.lines), Money.zero(self.currency))

    @property
    def ways(self) -> dict[UUID, UUID | None]:
        """How each brand delivers: brand id -> option id."""
        return chosen_ways(self.deliveries)

    @property
    def total(self) -> Money:
        return sum((line.gross for line in self.lines), Money.zero(self.currency))

    @property
    def vat(self) -> Money:
        return sum((line.vat for line in self.lines), Money.zero(self.currency))

    @property
    def refunded(self) -> Money:
        return sum((line.refunded for line in self.lines), Money.zero(self.currency))

    @property
    def left(self) -> Money:
        return self.total - self.refunded

    @property
    def sold_out(self) -> bool:
        """Paid after its reservation had ended and nothing was left: the money goes back."""
        return any(refund.reason == "sold_out" for refund in self.refunds)

    @property
    def happened(self) -> list[Happening]:
        """Everything that happened, in its order."""
        found = [Happening(self.placed_at, _("Order placed"), "done", self.total)]
        if self.paid_at:
            found.append(Happening(self.paid_at, _("Paid"), "done", self.total))
        if self.status == OrderStatus.CANCELLED and self.closed_at:
            found.append(Happening(self.closed_at, _("Ended without payment; nothing was charged"), "wrong"))
        for refund in self.refunds:
            found.append(Happening(refund.created_at, _("Refund decided"), "waits", refund.amount))
            if refund.status == RefundStatus.SUCCEEDED and refund.settled_at:
                found.append(Happening(refund.settled_at, _("Refund sent to the card"), "done", refund.amount))
            if refund.status == RefundStatus.FAILED and refund.settled_at:
                found.append(Happening(refund.settled_at, _("Refund failed; we look into it"), "wrong", refund.amount))
        return sorted(found, key=lambda happening: happening.at)


@dataclass(frozen=True)
class OrderRow:
    """An order in a list; amounts are those of the lines that the person may see."""

    id: UUID
    number: str
    status: OrderStatus
    placed_at: datetime
    total: Money
    refunded: Money
    units: int
    titles: tuple[str, ...]
    picture: str
    email: str


async def order_of_buyer(*, by: Principal, number: str | None = None, order_id: UUID | None = None) -> OrderShown:
    """The buyer's own order, by number or by id. Raises `NotFound`."""
    key = Order.number == number if number is not None else Order.id == order_id
    order = await Order.objects().where(key & (Order.buyer == by.id)).first()
    if order is None:
        raise NotFound
    return await _shown(order, None)


async def order_of_brand(*, number: str, by: Principal, brand_id: UUID | None = None) -> OrderShown:
    """An order with the lines of the brand that the person acts for; unpaid orders are not its business. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    order = (
        await Order.objects()
        .where((Order.number == number) & Order.status.is_in([OrderStatus.PAID, OrderStatus.REFUNDED]))
        .first()
    )
    if order is None:
        raise NotFound
    shown = await _shown(order, brand.id)
    if not shown.lines:
        raise NotFound
    return shown


async def orders_of_buyer(*, by: Principal, limit: int = 50, before: datetime | None = None) -> list[OrderRow]:
    """The buyer's orders, newest first."""
    where: Combinable = Order.buyer == by.id
    if before is not None:
        where = where & (Order.placed_at < before)
    orders = await Order.objects().where(where).order_by(Order.placed_at, ascending=False).limit(limit)
    return await _rows(orders, None)


async def orders_of_brand(
    *, by: Principal, brand_id: UUID | None = None, limit: int = 50, before: datetime | None = None
) -> list[OrderRow]:
    """The paid orders with lines of the brand that the person acts for, newest first. Raises `NotFound`, `NoBrandYet`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    where = Order.status.is_in([OrderStatus.PAID, OrderStatus.REFUNDED]) & Order.id.is_in(
        OrderLine.select(OrderLine.order).where(OrderLine.brand == brand.id)
    )
    if before is not None:
        where = where & (Order.placed_at < before)
    orders = await Order.objects().where(where).order_by(Order.placed_at, ascending=False).limit(limit)
    return await _rows(orders, brand.id)


async def last_address(*, by: Principal) -> ShipTo | None:
    """Where the buyer's last order went, for the next one."""
    own = (Order.buyer == by.id) & (Order.guest.eq(False))  # what somebody typed as a guest proves nothing about this person
    found = await Order.select(Order.ship_to).where(own).order_by(Order.placed_at, ascending=False).first()
    return msgspec.json.decode(found["ship_to"], type=ShipTo) if found else None


async def _rows(orders: Sequence[Order], brand_id: UUID | None) -> list[OrderRow]:
    lines = await _lines([order.id for order in orders], brand_id)
    return [_row(order, lines[order.id]) for order in orders]


def _row(order: Order, lines: Sequence[Line]) -> OrderRow:
    zero = Money.zero(order.currency)
    goods = [line for line in lines if line.kind == LineKind.GOODS]
    return OrderRow(
        id=order.id,
        number=order.number,
        status=OrderStatus(order.status),
        placed_at=order.placed_at,
        total=sum((line.gross for line in lines), zero),
        refunded=sum((line.refunded for line in lines), zero),
        units=sum(line.quantity for line in goods),
        titles=tuple(line.title for line in goods),
        picture=goods[0].picture if goods else "",
        email=order.email,
    )


async def _shown(order: Order, brand_id: UUID | None) -> OrderShown:
    lines = (await _lines([order.id], brand_id))[order.id]
    async with DB.connection() as connection:
        stands = await connection.fetchrow(_STANDS, order.id)
    if stands is None:
        raise NotFound
    return OrderShown(
        id=order.id,
        number=order.number,
        status=OrderStatus(order.status),
        buyer_id=order.buyer,
        email=order.email,
        show_id=order.show_id,
        touch_id=order.touch_id,
        ship_to=msgspec.json.decode(order.ship_to, type=ShipTo),
        lines=tuple(lines),
        refunds=tuple(await _refunds(order, [line.id for line in lines])) if stands["refunds"] else (),
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        closed_at=order.closed_at,
        payment_status=PaymentStatus(stands["status"]),
        payment_error=stands["error_code"],
        held_until=stands["held_until"],
        currency=order.currency,
        guest=order.guest,
        deliveries=tuple(one for one in await deliveries_of(order.id) if brand_id in {None, one.brand_id}),
        codes=tuple(one for one in await codes_of(order.id) if brand_id in {None, one.brand_id}) if stands["codes"] else (),
    )


# How the payment of an order stands, until when its units are held, and whether there is more to read.
_STANDS = """
    select p.status, p.error_code,
           (select min(r.expires_at) from reservation r where r."order" = p."order" and r.status = 'held') as held_until,
           exists (select 1 from refund f where f."order" = p."order") as refunds,
           exists (select 1 from order_code c where c."order" = p."order") as codes
    from payment p where p."order" = $1
"""
_LINES = """
    select l.*, o.currency, b.name as brand_name, b.slug as brand_slug
    from order_line l join shop_order o on o.id = l."order" join brand b on b.id = l.brand
    where l."order" = any($1::uuid[]) and ($2::uuid is null or l.brand = $2) order by l.kind desc, l.id
"""


async def _lines(order_ids: Sequence[UUID], brand_id: UUID | None) -> dict[UUID, list[Line]]:
    shown: dict[UUID, list[Line]] = {order_id: [] for order_id in order_ids}
    async with DB.connection() as connection:
        rows = await connection.fetch(_LINES, list(order_ids), brand_id) if order_ids else []
    for row in rows:
        shown[row["order"]].append(_line(row))
    for lines in shown.values():
        lines.sort(key=lambda line: (line.kind == LineKind.DELIVERY, place_in_list(line)))
    return shown


def _line(row: Any) -> Line:
    currency = row["currency"]
    return Line(
        id=row["id"],
        kind=LineKind(row["kind"]),
        brand_id=row["brand"],
        brand_name=row["brand_name"],
        brand_slug=row["brand_slug"],
        variant_id=row["variant"],
        title=row["title"],
        variant_name=row["variant_name"],
        picture=row["picture"],
        quantity=row["quantity"],
        unit=Money(row["unit_minor"], currency),
        discount=Money(row["discount_minor"], currency),
        gross=Money(row["gross_minor"], currency),
        vat_bp=row["vat_bp"],
        vat=Money(row["vat_minor"], currency),
        refunded=Money(row["refunded_minor"], currency),
    )


async def _refunds(order: Order, line_ids: Sequence[UUID]) -> list[RefundShown]:
    """The refunds of these lines, each with the amount of these lines only."""
    parts = await RefundLine.select(RefundLine.refund, RefundLine.amount_minor).where(
        RefundLine.order_line.is_in(list(line_ids))
    ) if line_ids else []  # fmt: skip
    amounts: dict[UUID, int] = {}
    for part in parts:
        amounts[part["refund"]] = amounts.get(part["refund"], 0) + part["amount_minor"]
    rows = await Refund.objects().where(Refund.order == order.id).order_by(Refund.created_at)
    return [
        RefundShown(
            id=row.id,
            status=RefundStatus(row.status),
            amount=Money(amounts[row.id], row.currency),
            reason=row.reason,
            note=row.note,
            created_at=row.created_at,
            settled_at=row.settled_at,
        )
        for row in rows
        if row.id in amounts
    ]
