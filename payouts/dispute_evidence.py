"""What we know of a disputed order, laid out as evidence: the show and its recording, what the buyer said there, parcels, times.

Only facts of the order itself. The seller reads and changes it before it goes to the bank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from creators.tables import ChatMessage, MessageStatus, Show
from foundation import mails
from foundation.errors import NotFound
from marketplace.postal import ShipTo
from marketplace.shipping import Parcel, parcels_of
from marketplace.tables import LineKind, Order, OrderLine

SAID = 5
"""So many lines of chat."""


@dataclass(frozen=True)
class Known:
    """The facts of an order that a bank may want to see."""

    number: str
    email: str
    ship_to: ShipTo
    placed_at: datetime
    paid_at: datetime | None
    things: Sequence[tuple[str, int]]
    parcels: Sequence[Parcel]
    show: tuple[str, str, datetime] | None
    said: Sequence[tuple[datetime, str]]


async def known_of(order_id: UUID) -> Known:
    """Gather what is known. Raises `NotFound`."""
    order = await Order.objects().where(Order.id == order_id).first()
    if order is None:
        raise NotFound
    lines = (
        await OrderLine.objects().where((OrderLine.order == order_id) & (OrderLine.kind == LineKind.GOODS)).order_by(OrderLine.id)
    )
    show = await Show.objects().where(Show.id == order.show_id).first() if order.show_id else None
    said = (
        await ChatMessage.select(ChatMessage.at, ChatMessage.body)
        .where(
            (ChatMessage.show == show.id) & (ChatMessage.person == order.buyer) & (ChatMessage.status == MessageStatus.VISIBLE)
        )
        .order_by(ChatMessage.id)
        .limit(SAID)
        if show
        else []
    )
    return Known(
        number=order.number,
        email=order.email,
        ship_to=msgspec.json.decode(order.ship_to, type=ShipTo),
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        things=[(", ".join(filter(None, (line.title, line.variant_name))), line.quantity) for line in lines],
        parcels=(await parcels_of([order_id]))[order_id],
        show=(show.title, mails.link(f"/shows/{show.slug}"), show.went_live_at or show.starts_at) if show else None,
        said=[(row["at"], row["body"]) for row in said],
    )


def suggested(known: Known) -> dict[str, str]:
    """The evidence by Stripe's field names, in English as banks read it; what is not known is left out."""
    to = known.ship_to
    sent = [parcel for parcel in known.parcels if parcel.tracking]
    found = {
        "product_description": "; ".join(f"{count} x {what}" for what, count in known.things),
        "customer_name": to.name,
        "customer_email_address": known.email,
        "shipping_address": ", ".join(filter(None, (to.name, to.line1, to.line2, f"{to.postcode} {to.city}", to.country))),
        "shipping_carrier": ", ".join(sorted({parcel.carrier for parcel in known.parcels})),
        "shipping_tracking_number": ", ".join(parcel.tracking for parcel in sent),
        "shipping_date": f"{known.parcels[0].shipped_at:%Y-%m-%d}" if known.parcels else "",
        "service_date": f"{known.placed_at:%Y-%m-%d}",
        "refund_policy_disclosure": "Shown before the order: 14 days to withdraw, two steps, no reason needed.",
        "uncategorized_text": "\n".join(_account(known)),
    }
    return {name: text for name, text in found.items() if text}


def _account(known: Known) -> list[str]:
    lines = [f'Order {known.number} was placed on {_at(known.placed_at)} with the button "Order with obligation to pay".']
    if known.paid_at:
        lines.append(f"The payment was confirmed on {_at(known.paid_at)}.")
    if known.show:
        title, address, began = known.show
        lines.append(f'It was bought during the live show "{title}" of {_at(began)}; recording: {address}')
    lines += [f'The buyer wrote in the show on {_at(at)}: "{body}"' for at, body in known.said]
    for parcel in known.parcels:
        words = f"A parcel left on {_at(parcel.shipped_at)} by {parcel.carrier}"
        words += f", number {parcel.tracking}" if parcel.tracking else ""
        words += f"; it arrived on {_at(parcel.delivered_at)}" if parcel.delivered_at else ""
        lines.append(f"{words}. {parcel.follow}".strip())
    if not known.parcels:
        lines.append("Nothing has been sent yet.")
    return lines


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
