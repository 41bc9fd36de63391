"""Clicks that came into the database after their sale, for their process was killed or the database was away: what they would have meant, they mean now."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from creators import conversions
from creators.attribution_replay import RECENT
from creators.consent import CLICK_KEPT
from creators.conversion_tables import Conversion, ConversionLine, ConversionStatus
from creators.conversions import Sale, SoldLine
from foundation import audit, clock
from foundation.database import DB


async def join_late_clicks(*, click_ids: Sequence[UUID]) -> None:
    """Give them to the orders that carried them, which are decided again with the late facts, and credit sales in shops that named them and
    wait for their brand. Sales on Fanfare of the last two days: so long late facts are looked for. Safe to call again.
    """
    if not click_ids:
        return
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute(
            """
            insert into touch (id, show, creator, person, visitor, kind, product, at, source)
            select distinct on (k.id) k.id, k.show, k.creator, o.buyer, 'p' || replace(o.buyer::text, '-', ''), 'link_click', k.product, k.at, 'link'
            from click k join shop_order o on o.touch_id = k.id
            where k.id = any($1::uuid[]) and o.placed_at > $3 and k.kind = 'person' and k.consented and k.at <= o.placed_at and k.at > o.placed_at - $2::interval
            order by k.id, o.placed_at on conflict (id) do nothing
            """,
            click_ids,
            CLICK_KEPT,
            clock.now() - RECENT,
        )
    waiting = await Conversion.select(Conversion.id).where(
        Conversion.click.is_in(list(click_ids)) & (Conversion.status == ConversionStatus.WAITING) & Conversion.creator.is_null()
    )
    for row in waiting:
        await _credit(row["id"])


async def _credit(conversion_id: UUID) -> None:
    """Credit a sale that was nobody's by the rules, as if its click had been there when it was reported."""
    async with DB.transaction():
        row = await Conversion.objects().where(Conversion.id == conversion_id).lock_rows("UPDATE").first()
        if row is None or row.status != ConversionStatus.WAITING or row.creator is not None:
            return
        kept = await ConversionLine.objects().where((ConversionLine.conversion == row.id) & (ConversionLine.number == 0))
        sale = Sale(
            order=row.shop_order,
            currency=row.currency,
            happened_at=row.happened_at,
            lines=[SoldLine(sku=line.sku, quantity=line.quantity, net_minor=line.net_minor) for line in kept],
            code=row.code,
            click=str(row.click),
            consented=row.consented,
        )
        [made], lines = await conversions.credited(row.brand, [sale], row.source, clock.now())
        if made.creator is None:
            return
        row.creator, row.rule, row.reason, row.evidence = made.creator, made.rule, made.reason, made.evidence
        await row.save(columns=[Conversion.creator, Conversion.rule, Conversion.reason, Conversion.evidence])
        for line in lines[made.id]:
            await ConversionLine.update(
                {
                    ConversionLine.product: line.product,
                    ConversionLine.terms: line.terms,
                    ConversionLine.show: line.show,
                    ConversionLine.reason: line.reason,
                }
            ).where((ConversionLine.conversion == row.id) & (ConversionLine.sku == line.sku))
        await audit.record(by=None, action="conversion.credit_late_click", kind="conversion", id=row.id, reason=made.reason)
