"""What happens to the demo's orders after their payment: parcels, a return that waits, somebody in line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from foundation.accounts import Principal
from foundation.database import DB
from marketplace import returns, waitlist
from marketplace.refunds import Reason
from marketplace.tables import LineKind, OrderLine, OrderStatus, Variant

SENT_AFTER, ARRIVED_AFTER = timedelta(days=1), timedelta(days=4)

_PARCELS = """
    with parcel as (
        insert into shipment (id, "order", brand, carrier, tracking, shipped_at, shipped_by, delivered_at)
        select gen_random_uuid(), o.id, l.brand, (array['colissimo', 'chronopost', 'mondial_relay', 'dhl'])[1 + length(o.email) % 4],
               '6A' || lpad((row_number() over (order by o.paid_at, l.brand))::text, 11, '0'), o.paid_at + $2::interval, m.person,
               case when o.paid_at + $3::interval < $1 then o.paid_at + $3::interval end
        from shop_order o join (select distinct "order", brand from order_line where kind = 'goods' and refunded_minor < gross_minor) l
        on l."order" = o.id join brand_member m on m.brand = l.brand and m.owner
        where o.status = 'paid' and o.paid_at + $2::interval < $1 returning id, "order", brand
    )
    insert into shipment_line (id, shipment, order_line, quantity)
    select gen_random_uuid(), p.id, l.id, l.quantity from parcel p join order_line l on l."order" = p."order" and l.brand = p.brand
    where l.kind = 'goods' and l.refunded_minor < l.gross_minor
"""


async def happen(shoppers: Sequence[Principal], now: datetime) -> None:
    """Send what was paid more than a day ago, as the verb leaves it; let one buyer ask for a return and one wait for something."""
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute(_PARCELS, now, SENT_AFTER, ARRIVED_AFTER)
    arrived = (
        await OrderLine.select(OrderLine.id, OrderLine.order, OrderLine.order.buyer.as_alias("buyer"))
        .where(
            (OrderLine.order.status == OrderStatus.PAID)
            & (OrderLine.order.paid_at < now - ARRIVED_AFTER)
            & (OrderLine.refunded_minor == 0)
            & (OrderLine.kind == LineKind.GOODS)
        )
        .order_by(OrderLine.order.paid_at, ascending=False)
        .first()
    )
    known = {one.id: one for one in shoppers}
    if arrived and arrived["buyer"] in known:
        note = "The lid does not close."
        await returns.ask_return(
            order_id=arrived["order"], lines={arrived["id"]: 1}, reason=Reason.DAMAGED, note=note, by=known[arrived["buyer"]]
        )
    gone = await Variant.select(Variant.id).where(Variant.stock == 0).order_by(Variant.id).first()
    if gone:
        for who in shoppers[:3]:
            await waitlist.join(variant_id=gone["id"], by=who)
