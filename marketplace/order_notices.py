"""Mails about what happens to an order after its payment: to its buyer, and to the brand that must do something."""

from __future__ import annotations

from uuid import UUID

from foundation import mails
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Person
from marketplace.dispute_rules import CLOSED
from marketplace.dispute_tables import Dispute
from marketplace.order_links import link_to
from marketplace.returns_tables import ReturnKind, ReturnLine, ReturnRequest, ReturnStatus
from marketplace.shipping import parcels_of
from marketplace.shipping_tables import Shipment
from marketplace.tables import Brand, BrandMember, Order, OrderLine


async def shipped(*, shipment_id: UUID) -> None:
    """Tell the buyer that a parcel has left; safe to call twice."""
    shipment = await Shipment.objects().get(Shipment.id == shipment_id)
    if shipment is None:
        return
    order = await _order(shipment.order)
    [parcel] = [one for one in (await parcels_of([order.id]))[order.id] if one.id == shipment_id]
    titles = await _titles(list(parcel.lines))
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="shipped.html",
            once=f"shipment {shipment_id}",
            number=order.number,
            parcel=parcel,
            things=[(titles[line], count) for line, count in parcel.lines.items()],
            path=path_of(order),
        )


async def asked(*, request_id: UUID) -> None:
    """Acknowledge a withdrawal or return to the buyer, with its time, and tell the brand; safe to call twice."""
    request, order, things = await _request(request_id)
    brand = await _brand(request.brand)
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="return_asked.html",
            once=f"asked {request_id}",
            number=order.number,
            request=request,
            things=things,
            brand=brand.name,
            path=path_of(order),
        )
        if request.kind != ReturnKind.REFUSAL:
            await mails.write(
                to=brand.email,
                locale=await _brand_locale(brand.id),
                template="return_to_do.html",
                once=f"to do {request_id}",
                number=order.number,
                request=request,
                things=things,
                path=f"/brand/orders/{order.number}",
            )


async def answered(*, request_id: UUID) -> None:
    """Tell the buyer what the seller said; what leads to a refund is told when its money leaves. Safe to call twice."""
    request, order, things = await _request(request_id)
    if request.status == ReturnStatus.REFUNDED or request.answered_at is None:
        return
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="return_answered.html",
            once=f"answered {request_id}",
            number=order.number,
            request=request,
            things=things,
            brand=(await _brand(request.brand)).name,
            path=path_of(order),
        )


async def withdrawal_refused(*, order_id: UUID) -> None:
    """Answer somebody whose withdrawal came too late; once an order."""
    order = await _order(order_id)
    async with DB.transaction():
        await mails.write(
            to=order.email,
            locale=order.locale,
            template="withdrawal_refused.html",
            once=f"withdrawal refused {order_id}",
            number=order.number,
            path=path_of(order),
        )


async def disputed(*, dispute_id: UUID) -> None:
    """Tell the brands of an order that its buyer's bank disputes it, and how it ended; safe to call twice."""
    dispute = await Dispute.objects().get(Dispute.id == dispute_id)
    if dispute is None:
        return
    order = await _order(dispute.order)
    step = dispute.status if dispute.status in CLOSED else "opened"
    sellers = await OrderLine.select(OrderLine.brand).where(OrderLine.order == order.id)
    async with DB.transaction():
        for brand_id in sorted({row["brand"] for row in sellers}):
            brand = await _brand(brand_id)
            await mails.write(
                to=brand.email,
                locale=await _brand_locale(brand_id),
                template="disputed.html",
                once=f"dispute {dispute_id} {step}",
                number=order.number,
                amount=Money(dispute.amount_minor, dispute.currency),
                step=step,
                due=dispute.evidence_due,
                path=f"/brand/disputes/{dispute_id}",
            )


def path_of(order: Order) -> str:
    """Where the buyer sees the order: a guest by the signed link."""
    return link_to(order.id) if order.guest else f"/orders/{order.number}"


async def _order(order_id: UUID) -> Order:
    order = await Order.objects().get(Order.id == order_id)
    assert order is not None  # noqa: S101  # a foreign key
    return order


async def _brand(brand_id: UUID) -> Brand:
    brand = await Brand.objects().get(Brand.id == brand_id)
    assert brand is not None  # noqa: S101  # a foreign key
    return brand


async def _brand_locale(brand_id: UUID) -> str:
    member = await BrandMember.select(BrandMember.person).where(BrandMember.brand == brand_id).order_by(BrandMember.since).first()
    person = await Person.select(Person.locale).where(Person.id == member["person"]).first() if member else None
    return str(person["locale"]) if person else "en"


async def _request(request_id: UUID) -> tuple[ReturnRequest, Order, list[tuple[str, int]]]:
    request = await ReturnRequest.objects().get(ReturnRequest.id == request_id)
    assert request is not None  # noqa: S101  # written in the transaction of its event
    lines = await ReturnLine.objects().where(ReturnLine.request == request_id)
    titles = await _titles([line.order_line for line in lines])
    return request, await _order(request.order), [(titles[line.order_line], line.quantity) for line in lines]


async def _titles(lines: list[UUID]) -> dict[UUID, str]:
    rows = await OrderLine.select(OrderLine.id, OrderLine.title, OrderLine.variant_name).where(OrderLine.id.is_in(lines))
    return {row["id"]: ", ".join(filter(None, (row["title"], row["variant_name"]))) for row in rows}
