"""Parcels of a brand: what leaves, with whom, under which number, and when it has arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid4

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from marketplace.brands import brand_of
from marketplace.events import OrderShipped
from marketplace.shipping_tables import Shipment, ShipmentLine
from marketplace.tables import Order, OrderStatus
from marketplace.units import Units, units_of


@dataclass(frozen=True)
class Carrier:
    """Who brings a parcel; `page` is where its number leads, empty when they have none."""

    name: str
    page: str = ""


CARRIERS: Final = {
    "colissimo": Carrier("Colissimo", "https://www.laposte.fr/outils/suivre-vos-envois?code="),
    "chronopost": Carrier("Chronopost", "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT="),
    "mondial_relay": Carrier("Mondial Relay", "https://www.mondialrelay.fr/suivi-de-colis?numeroExpedition="),
    "dhl": Carrier("DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id="),
    "dpd": Carrier("DPD", "https://www.dpdgroup.com/mydpd/my-parcels/track?parcelNumber="),
    "gls": Carrier("GLS", "https://gls-group.com/track/"),
    "ups": Carrier("UPS", "https://www.ups.com/track?tracknum="),
    "fedex": Carrier("FedEx", "https://www.fedex.com/fedextrack/?trknbr="),
    "bpost": Carrier("bpost", "https://track.bpost.cloud/btr/web/#/search?itemCode="),
    "post": Carrier("Post"),
    "other": Carrier("Other"),
}


class NothingToShip(WrongState):
    """These units have left, were given back, or were never bought; data: `left`."""

    code = "nothing_to_ship"
    message = _("These units cannot be shipped: %(left)s are still to be sent.")


class BadTracking(InvalidField):
    """A tracking number is letters and digits, not an address or a sentence."""

    code = "bad_tracking"
    message = _("A tracking number has letters, digits and dashes only, at most 60.")
    field = "tracking"


@dataclass(frozen=True)
class Parcel:
    """A parcel as people see it; `lines` maps an order line to its units in it."""

    id: UUID
    brand_id: UUID
    carrier: str
    tracking: str
    follow: str
    shipped_at: datetime
    delivered_at: datetime | None
    lines: Mapping[UUID, int]


async def ship(
    *,
    number: str,
    carrier: str,
    tracking: str,
    by: Principal,
    units: Mapping[UUID, int] | None = None,
    brand_id: UUID | None = None,
) -> UUID:
    """Say that a parcel has left: `units` maps an order line to a count, None is all that is still to be sent; returns its id.

    The same tracking number again for the same order is the same parcel, so that a double click or a file sent twice ships once. Raises
    `NotFound` for orders without the brand's lines or unpaid ones, `NothingToShip`, `BadTracking`.
    """
    brand = await brand_of(by=by, brand_id=brand_id)
    written = clean(tracking)
    async with DB.transaction():
        order = await Order.objects().where(Order.number == number).lock_rows("UPDATE").first()
        if order is None or order.status not in {OrderStatus.PAID, OrderStatus.REFUNDED}:
            raise NotFound
        known = (await units_of(order.id, brand_id=brand.id))[order.id]
        if not known:
            raise NotFound
        before = await Shipment.select(Shipment.id).where(
            (Shipment.order == order.id) & (Shipment.brand == brand.id) & (Shipment.tracking == written)
        ).first()  # fmt: skip
        if before is not None and written:
            return UUID(str(before["id"]))
        leaving = _leaving(known, units)
        shipment = Shipment(
            id=uuid4(),
            order=order.id,
            brand=brand.id,
            carrier=carrier,
            tracking=written,
            shipped_at=clock.now(),
            shipped_by=by.id,
        )
        await shipment.save()
        await ShipmentLine.insert(
            *(ShipmentLine(shipment=shipment.id, order_line=line, quantity=count) for line, count in leaving.items())
        )
        await audit.record(
            by=by,
            action="order.shipped",
            kind="order",
            id=order.id,
            shipment=shipment.id,
            carrier=carrier,
            units=sum(leaving.values()),
        )
        await outbox.publish(OrderShipped(shipment_id=shipment.id))
    return shipment.id


async def mark_delivered(*, shipment_id: UUID, by: Principal) -> None:
    """Say that a parcel has arrived: its buyer or its seller; once. Raises `NotFound`."""
    async with DB.transaction():
        shipment = await Shipment.objects().where(Shipment.id == shipment_id).lock_rows("UPDATE").first()
        if shipment is None:
            raise NotFound
        if not await Order.exists().where((Order.id == shipment.order) & (Order.buyer == by.id)):
            await brand_of(by=by, brand_id=shipment.brand)
        if shipment.delivered_at is None:
            await Shipment.update({Shipment.delivered_at: clock.now()}).where(Shipment.id == shipment_id)
            await audit.record(by=by, action="order.delivered", kind="order", id=shipment.order, shipment=shipment_id)


async def parcels_of(order_ids: Sequence[UUID], brand_id: UUID | None = None) -> dict[UUID, list[Parcel]]:
    """The parcels of orders, oldest first; of one brand or of all."""
    found: dict[UUID, list[Parcel]] = {order_id: [] for order_id in order_ids}
    if not order_ids:
        return found
    where = Shipment.order.is_in(list(order_ids))
    rows = await Shipment.objects().where(where if brand_id is None else where & (Shipment.brand == brand_id)).order_by(
        Shipment.shipped_at
    )  # fmt: skip
    inside = await ShipmentLine.objects().where(ShipmentLine.shipment.is_in([row.id for row in rows])) if rows else []
    for row in rows:
        lines = {line.order_line: line.quantity for line in inside if line.shipment == row.id}
        found[row.order].append(_parcel(row, lines))
    return found


def clean(tracking: str) -> str:
    """A tracking number as it is kept. Raises `BadTracking`."""
    written = "".join(tracking.split()).upper()
    if len(written) > 60 or not all(sign.isascii() and (sign.isalnum() or sign in "-_/.") for sign in written):
        raise BadTracking
    return written


def _leaving(known: Mapping[UUID, Units], wanted: Mapping[UUID, int] | None) -> dict[UUID, int]:
    """The units that leave now, checked against what is still to be sent."""
    if wanted is None:
        wanted = {line: one.to_send for line, one in known.items()}
    leaving = {line: count for line, count in wanted.items() if count}
    for line, count in leaving.items():
        if line not in known:
            raise NotFound
        if not 0 < count <= known[line].to_send:
            raise NothingToShip(left=known[line].to_send)
    if not leaving:
        raise NothingToShip(left=0)
    return leaving


def _parcel(row: Shipment, lines: Mapping[UUID, int]) -> Parcel:
    carrier = CARRIERS.get(row.carrier, CARRIERS["other"])
    return Parcel(
        id=row.id,
        brand_id=row.brand,
        carrier=carrier.name,
        tracking=row.tracking,
        follow=carrier.page + quote(row.tracking, safe="") if carrier.page and row.tracking else "",
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
        lines=lines,
    )
