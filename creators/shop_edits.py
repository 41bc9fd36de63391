"""Orders that their shop changes after the sale: what the sale brought follows what the buyer has kept (docs/attribution.md).

Less is a return of the difference. More is a further line, credited on what the order was first credited on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from creators import conversion_returns, conversion_storing, conversions, shop_facts
from creators.conversion_storing import Made, MadeLine
from creators.conversion_tables import Conversion, ConversionLine
from creators.conversions import ReportDiffers, Sale, SoldLine
from creators.events import ConversionEdited
from creators.shop_facts import Facts, Goods
from creators.shop_standing_tables import ShopStanding
from creators.young_clicks import wait_for_clicks
from foundation import audit, clock, outbox
from foundation.database import DB
from foundation.errors import NotFound
from marketplace.discounts import fold


async def follow_order(*, brand_id: UUID, sale: Sale, facts: Facts, source: str, told_at: datetime, new: bool = True) -> bool:
    """Keep an order that a shop tells whole, or bring a known one to where it stands; False when nothing was new.

    With `new` False an unknown order is no sale and stays unknown. Raises `NotFound`, `MomentInvalid`, `CurrencyUnknown`; `ReportDiffers` when it names
    another currency, code or click than before: the first stands, and what was changed of its goods is followed all the same.
    """
    core, made, differs = _core(sale), False, None
    await wait_for_clicks([conversions.click_of(sale)])
    async with DB.transaction():
        if new:
            try:
                made = (await conversions.report_sale(brand_id=brand_id, sale=sale, source=source)).new
            except ReportDiffers as refusal:
                differs = refusal
        conversion = await _locked(brand_id, sale.order)
        standing = await _standing(conversion)
        if made:
            standing.core, standing.facts = core, json.dumps(shop_facts.stored(facts))
        standing.told_at = max(standing.told_at, told_at)
        known, told = shop_facts.read(json.loads(standing.facts)), facts
        if not standing.core and differs is None:
            standing.core, known = core, replace(known, goods={})
        elif not standing.core:
            told = Facts(refunds=facts.refunds, names=facts.names)
        changed = await _follow(conversion, standing, shop_facts.merge(known, told), told_at, source)
    if differs is not None and standing.core != core:
        raise differs
    return made or changed


async def follow_refund(*, brand_id: UUID, order: str, facts: Facts, source: str, told_at: datetime) -> bool:
    """Take back what a refund of a known order gave back; False when it is known. Raises `NotFound`."""
    async with DB.transaction():
        conversion = await _locked(brand_id, order)
        standing = await _standing(conversion)
        known = shop_facts.read(json.loads(standing.facts))
        return await _follow(conversion, standing, shop_facts.merge(known, facts), told_at, source)


async def currency_of(*, brand_id: UUID, order: str) -> str:
    """The currency that an order was reported in. Raises `NotFound`."""
    found = (
        await Conversion.select(Conversion.currency)
        .where((Conversion.brand == brand_id) & (Conversion.shop_order == order))
        .first()
    )
    if found is None:
        raise NotFound
    return str(found["currency"])


async def told_since(*, brand_id: UUID, order: str, moment: datetime) -> bool:
    """Whether the shop has told the whole order at `moment` or later. Raises `NotFound`."""
    async with DB.connection() as connection:
        told = await connection.fetchrow(
            "select s.told_at from conversion v left join shop_standing s on s.conversion = v.id where v.brand = $1 and v.shop_order = $2",
            brand_id,
            order,
        )
    if told is None:
        raise NotFound
    return told["told_at"] is not None and told["told_at"] >= moment


def _core(sale: Sale) -> str:
    """What the credit is decided on, without the goods."""
    content = [
        sale.currency,
        fold(sale.code),
        sale.click.lower(),
        sale.consented,
        sorted(filter(None, map(fold, sale.more_codes))),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


async def _locked(brand_id: UUID, order: str) -> Conversion:
    row = (
        await Conversion.objects()
        .where((Conversion.brand == brand_id) & (Conversion.shop_order == order))
        .lock_rows("UPDATE")
        .first()
    )
    if row is None:
        raise NotFound
    return row


async def _standing(conversion: Conversion) -> ShopStanding:
    """What is known of the order; at first, what was reported."""
    row = await ShopStanding.objects().where(ShopStanding.conversion == conversion.id).first()
    if row is not None:
        return row
    goods, kept = dict[str, Goods](), dict[str, int]()
    for line in await conversion_returns.lines_of(conversion.id):
        goods[line.sku] = Goods(sku=line.sku, units=line.quantity, net=line.net_minor, gross=line.net_minor, title=line.title)
        kept[line.sku] = kept.get(line.sku, 0) + line.net_minor
    row = ShopStanding(
        conversion=conversion.id,
        facts=json.dumps(shop_facts.stored(Facts(goods=goods))),
        kept=json.dumps(kept),
        told_at=conversion.happened_at,
    )
    await row.save()
    return row


async def _follow(conversion: Conversion, standing: ShopStanding, facts: Facts, told_at: datetime, source: str) -> bool:
    """Book the difference to what was followed so far; False when there is none."""
    before: dict[str, int] = json.loads(standing.kept)
    after = shop_facts.kept(facts)
    changes = {sku: after.get(sku, 0) - before.get(sku, 0) for sku in sorted({*before, *after})}
    less = {sku: -change for sku, change in changes.items() if change < 0}
    more = {sku: change for sku, change in changes.items() if change > 0}
    number = standing.changes + bool(less or more)
    if less:
        name = f"{conversion.shop_order}/{number}"
        await conversion_returns.take_back(sale=conversion, less=less, name=name, happened_at=told_at, source=source)
    if more:
        await _add(conversion, more, facts, source)
    content = json.dumps(shop_facts.stored(facts))
    await ShopStanding.update(
        {
            ShopStanding.core: standing.core,
            ShopStanding.called: facts.called,
            ShopStanding.facts: content,
            ShopStanding.kept: json.dumps(after),
            ShopStanding.changes: number,
            ShopStanding.told_at: standing.told_at,
        }
    ).where(ShopStanding.conversion == conversion.id)
    return bool(less or more)


async def _add(conversion: Conversion, more: Mapping[str, int], facts: Facts, source: str) -> None:
    """Further lines of an order, credited as if they had been there from the start; who is credited already stays so."""
    lines = await conversion_returns.lines_of(conversion.id)
    added = [_added(sku, minor, lines, facts) for sku, minor in more.items()]
    decided, found = await _decided(conversion, lines, added)
    credited = conversion.creator is None or decided.creator == conversion.creator
    number = 1 + max((line.number for line in lines), default=0)
    await conversion_storing.store_lines(
        [_line(conversion.id, number, line, found[line.sku], credited=credited) for line in added]
    )
    await Conversion.update({Conversion.net_minor: conversion.net_minor + sum(more.values())}).where(
        Conversion.id == conversion.id
    )
    if conversion.creator is None and decided.creator is not None:
        await Conversion.update(
            {
                Conversion.creator: decided.creator,
                Conversion.rule: decided.rule,
                Conversion.reason: decided.reason,
                Conversion.evidence: decided.evidence,
                Conversion.received_at: clock.now(),  # so that it is looked at like a sale that has just come
            }
        ).where(Conversion.id == conversion.id)
    await audit.record(
        by=None,
        action="conversion.edit",
        kind="conversion",
        id=conversion.id,
        source=source,
        net_minor=sum(more.values()),
        rule=decided.rule,
        reason=decided.reason,
    )
    await outbox.publish(ConversionEdited(conversion_id=conversion.id))


def _added(sku: str, minor: int, lines: Sequence[ConversionLine], facts: Facts) -> SoldLine:
    told = [goods for goods in facts.goods.values() if goods.sku == sku]
    units = sum(goods.units for goods in told) - sum(line.quantity for line in lines if line.sku == sku)
    return SoldLine(sku=sku, title=told[-1].title, quantity=max(1, units), net_minor=minor)


async def _decided(
    conversion: Conversion, lines: Sequence[ConversionLine], added: Sequence[SoldLine]
) -> tuple[Made, dict[str, MadeLine]]:
    """The decision about the whole order with what was added, by the facts that it was first decided on."""
    whole = Sale(
        order=conversion.shop_order,
        currency=conversion.currency,
        happened_at=conversion.happened_at,
        lines=[*(SoldLine(sku=line.sku, quantity=line.quantity, net_minor=line.net_minor) for line in lines), *added],
        code=conversion.code,
        click=str(conversion.click or ""),
        consented=conversion.consented,
    )
    [row], found = await conversions.credited(conversion.brand, [whole], conversion.source, clock.now())
    return row, {line.sku: line for line in found[row.id]}


def _line(conversion_id: UUID, number: int, line: SoldLine, found: MadeLine, *, credited: bool) -> MadeLine:
    return MadeLine(
        id=uuid4(),
        conversion=conversion_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        net_minor=line.net_minor,
        product=found.product,
        terms=found.terms if credited else None,
        show=found.show if credited else None,
        reason=found.reason,
        number=number,
    )
