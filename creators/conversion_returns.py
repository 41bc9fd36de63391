"""Returns to a brand's own shop: they take back what the sale brought, in proportion, once each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn
from creators.conversions import AHEAD, MomentInvalid
from creators.events import ConversionReturned
from foundation import audit, clock, outbox
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money


class ReturnTooLarge(InvalidField):
    """More went back than was sold; data: `sku`, `left` in minor units."""

    code = "return_too_large"
    message = _("More of %(sku)s comes back than was sold and is not back yet.")
    field = "lines"


class ReturnDiffers(WrongState):
    """The return was reported already, and not like this; what was reported first stands."""

    code = "return_differs"
    message = _("This return was reported before with other contents. The first report stands.")
    field = "return_id"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """Of one article came back: so many units, or so much money before VAT, or with neither all that is left."""

    sku: str
    quantity: int | None = None
    net_minor: int | None = None


async def report_return(
    *, brand_id: UUID, order: str, return_id: str, lines: Sequence[Returned], happened_at: datetime, source: str
) -> tuple[UUID, bool]:
    """Keep a return once; without lines all that is left comes back. Returns its id, and False for a repeated report.

    Raises `NotFound` for an order that was never reported, `ReturnTooLarge`, `ReturnDiffers`, `MomentInvalid`.
    """
    now = clock.now()
    if happened_at > now + AHEAD:
        raise MomentInvalid
    content = [order, sorted([line.sku, line.quantity, line.net_minor] for line in lines)]
    fingerprint = hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
    async with DB.transaction():
        sale = (
            await Conversion.objects()
            .where((Conversion.brand == brand_id) & (Conversion.shop_order == order))
            .lock_rows("UPDATE")
            .first()
        )
        if sale is None:
            raise NotFound
        known = (
            await ConversionReturn.select(ConversionReturn.id, ConversionReturn.fingerprint)
            .where((ConversionReturn.brand == brand_id) & (ConversionReturn.shop_return == return_id))
            .first()
        )
        if known:
            if known["fingerprint"] != fingerprint:
                raise ReturnDiffers
            return known["id"], False
        sold = await ConversionLine.objects().where(ConversionLine.conversion == sale.id).order_by(ConversionLine.sku)
        back = _amounts(sold, lines, sale.currency)
        for line in sold:
            if line.id in back:
                await ConversionLine.update({ConversionLine.returned_minor: line.returned_minor + back[line.id]}).where(
                    ConversionLine.id == line.id
                )
        row = ConversionReturn(
            id=uuid4(),
            conversion=sale.id,
            brand=brand_id,
            shop_return=return_id,
            fingerprint=fingerprint,
            lines=json.dumps({str(line): minor for line, minor in back.items()}),
            net_minor=sum(back.values()),
            happened_at=min(happened_at, now),
            received_at=now,
        )
        await row.save()
        await audit.record(
            by=None, action="conversion.return", kind="conversion", id=sale.id, source=source, net_minor=row.net_minor
        )
        await outbox.publish(ConversionReturned(conversion_id=sale.id, return_id=row.id))
    return row.id, True


def _amounts(sold: Sequence[ConversionLine], lines: Sequence[Returned], currency: str) -> dict[UUID, int]:
    """Minor units that each line gives back; units count in proportion, rounded half to even."""
    if not lines:
        return {line.id: line.net_minor - line.returned_minor for line in sold if line.net_minor > line.returned_minor}
    by_sku = {line.sku: line for line in sold}
    back: dict[UUID, int] = {}
    for returned in lines:
        line = by_sku.get(returned.sku)
        if line is None:
            raise ReturnTooLarge(sku=returned.sku, left=0)
        left = line.net_minor - line.returned_minor - back.get(line.id, 0)
        amount = left
        if returned.net_minor is not None:
            amount = returned.net_minor
        elif returned.quantity is not None:
            if returned.quantity > line.quantity:
                raise ReturnTooLarge(sku=returned.sku, left=left)
            amount = Money(line.net_minor, currency).split([returned.quantity, line.quantity - returned.quantity])[0].minor
        if amount > left:
            raise ReturnTooLarge(sku=returned.sku, left=left)
        back[line.id] = back.get(line.id, 0) + amount
    return back
