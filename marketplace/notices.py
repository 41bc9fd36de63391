"""Mails to buyers about money that goes back to them."""

from __future__ import annotations

from uuid import UUID

from foundation import mails
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Person
from marketplace.tables import Order, Refund, RefundLine, RefundStatus


async def refunded(*, refund_id: UUID) -> None:
    """Tell the buyer that a refund has left for their bank; safe to call twice."""
    refund = await Refund.objects().get(Refund.id == refund_id)
    if refund is None or refund.status != RefundStatus.SUCCEEDED:
        return
    order = await Order.select(Order.number, Order.email, Order.buyer).where(Order.id == refund.order).first()
    if order is None:
        return
    person = await Person.select(Person.locale).where(Person.id == order["buyer"]).first()
    async with DB.transaction():
        await mails.write(
            to=order["email"],
            locale=person["locale"] if person else "en",
            template="refunded.html",
            once=f"refund {refund.id}",
            number=order["number"],
            amount=Money(refund.amount_minor, refund.currency),
            lines=await _lines(refund),
        )


async def _lines(refund: Refund) -> list[tuple[str, Money]]:
    """What was given back for which product."""
    rows = await RefundLine.select(RefundLine.amount_minor, RefundLine.order_line.title.as_alias("title")).where(
        RefundLine.refund == refund.id
    )
    return [(row["title"], Money(row["amount_minor"], refund.currency)) for row in rows]
