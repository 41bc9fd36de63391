"""Returns to a brand's own shop: they take back what the sale brought, in proportion, once each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn
from creators.conversions import AHEAD, MomentInvalid
from creators.events import ConversionReturned
from creators.order_names import one_name
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
    now, order, return_id = clock.now(), one_name(order), one_name(return_id)
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
        back = _amounts(await lines_of(sale.id), lines, sale.currency)
        made = await _keep(sale, back, return_id, fingerprint, happened_at, source)
    return made, True


async def take_back(*, sale: Conversion, less: Mapping[str, int], name: str, happened_at: datetime, source: str) -> UUID | None:
    """Take back minor units by article, as far as they are there, from the latest line of each first; None when nothing is left.

    The caller holds the row of the sale.
    """
    back: dict[UUID, int] = {}
    wanted = dict(less)
    for line in reversed(await lines_of(sale.id)):
        taken = min(wanted.get(line.sku, 0), line.net_minor - line.returned_minor)
        if taken > 0:
            back[line.id] = taken
            wanted[line.sku] -= taken
    fingerprint = hashlib.sha256(json.dumps(sorted(less.items())).encode()).hexdigest()
    return await _keep(sale, back, name, fingerprint, happened_at, source) if back else None


async def lines_of(conversion_id: UUID) -> list[ConversionLine]:
    """The lines of a sale: of one article, what was there first comes first."""
    return (
        await ConversionLine.objects()
        .where(ConversionLine.conversion == conversion_id)
        .order_by(ConversionLine.sku)
        .order_by(ConversionLine.number)
    )


async def _keep(
    sale: Conversion, back: Mapping[UUID, int], name: str, fingerprint: str, happened_at: datetime, source: str
) -> UUID:
    now = clock.now()
    for line, minor in back.items():
        await ConversionLine.update({ConversionLine.returned_minor: ConversionLine.returned_minor + minor}).where(
            ConversionLine.id == line
        )
    row = ConversionReturn(
        id=uuid4(),
        conversion=sale.id,
        brand=sale.brand,
        shop_return=name,
        fingerprint=fingerprint,
        lines=json.dumps({str(line): minor for line, minor in back.items()}),
        net_minor=sum(back.values()),
        happened_at=min(happened_at, now),
        received_at=now,
    )
    await row.save()
    await audit.record(by=None, action="conversion.return", kind="conversion", id=sale.id, source=source, net_minor=row.net_minor)
    await outbox.publish(ConversionReturned(conversion_id=sale.id, return_id=row.id))
    return row.id


def _amounts(sold: Sequence[ConversionLine], lines: Sequence[Returned], currency: str) -> dict[UUID, int]:
    """Minor units that each line gives back; units count in proportion, rounded half to even.

    An article that an edit added to has several lines: they are taken as one, and the latest gives first.
    """
    left = {line.id: line.net_minor - line.returned_minor for line in sold}
    if not lines:
        return {line: minor for line, minor in left.items() if minor}
    back: dict[UUID, int] = {}
    for returned in lines:
        mine = [line for line in reversed(sold) if line.sku == returned.sku]
        there = sum(left[line.id] for line in mine)
        amount = _amount(mine, returned, there, currency)
        if amount is None or amount > there:
            raise ReturnTooLarge(sku=returned.sku, left=there)
        for line in mine:
            taken = min(amount, left[line.id])
            left[line.id] -= taken
            amount -= taken
            back[line.id] = back.get(line.id, 0) + taken
    return back


def _amount(mine: Sequence[ConversionLine], returned: Returned, there: int, currency: str) -> int | None:
    """What comes back of an article of which `there` is left; None when it, or as many of it, was never sold."""
    units, net = sum(line.quantity for line in mine), sum(line.net_minor for line in mine)
    if not mine or (returned.quantity or 0) > units:
        return None
    if returned.net_minor is not None:
        return returned.net_minor
    if returned.quantity is not None:
        return Money(net, currency).split([returned.quantity, units - returned.quantity])[0].minor
    return there
