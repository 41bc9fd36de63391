"""Attributing an order: what is read for the rules, and how their answer is kept (docs/attribution.md)."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from creators.attribution_rules import POLICY, Decision, Sale, SaleLine, TermsFact, TouchFact, decide
from creators.tables import AttributionDecision, TouchKind
from foundation import audit, clock
from foundation.database import DB
from foundation.errors import NotFound
from marketplace.tables import BrandMember, Order

LONGEST_WINDOW = timedelta(days=30)
"""No terms look back further (the brief's own limit); older touches are not read."""


async def attribute_order(*, order_id: UUID) -> list[AttributionDecision]:
    """Decide each line of an order and return the latest decisions, in the order of the lines' ids.

    Joins the caller's transaction. Writes version 1 once; asked again it returns what is there, or writes the next version when
    the facts have changed. The order's row is locked meanwhile. Raises `NotFound`.
    """
    async with DB.transaction():
        sale = await _sale(order_id)
        touches = await _touches(sale)
        decisions = decide(
            sale=sale, touches=touches, terms=await terms_of({touch.collaboration_id for touch in touches}), policy=POLICY
        )
        latest = await latest_decisions(order_id)
        return [await _kept(sale, decision, latest.get(decision.line_id)) for decision in decisions]


async def latest_decisions(order_id: UUID) -> dict[UUID, AttributionDecision]:
    """The decision that holds for each line of an order, by line."""
    rows = (
        await AttributionDecision.objects()
        .where(AttributionDecision.order == order_id)
        .order_by(AttributionDecision.version)
        .output(load_json=True)
    )
    return {row.order_line: row for row in rows}


async def _sale(order_id: UUID) -> Sale:
    order = await Order.objects().where(Order.id == order_id).lock_rows("UPDATE").first()
    if order is None:
        raise NotFound
    async with DB.connection() as connection:
        lines = await connection.fetch(
            """
            select l.id, v.product as product_id, l.brand as brand_id
            from order_line l join variant v on v.id = l.variant where l."order" = $1 order by l.id
            """,
            order_id,
        )
    brands = (
        await BrandMember.select(BrandMember.brand)
        .where(BrandMember.person == order.buyer)
        .where(BrandMember.since <= order.placed_at)
    )
    return Sale(
        order_id=order.id,
        buyer_id=order.buyer,
        placed_at=order.placed_at,
        show_id=order.show_id,
        touch_id=order.touch_id,
        member_of=frozenset(row["brand"] for row in brands),
        lines=tuple(SaleLine(**dict(line)) for line in lines),
    )


async def _touches(sale: Sale) -> list[TouchFact]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select t.id, t.person as person_id, t.show as show_id, s.collaboration as collaboration_id, t.kind,
                   t.product as product_id, t.at
            from touch t join show s on s.id = t.show
            where t.person = $1 and t.at > $2 and t.at <= $3
            """,
            sale.buyer_id,
            sale.placed_at - LONGEST_WINDOW,
            sale.placed_at,
        )
    return [TouchFact(**{**dict(row), "kind": TouchKind(row["kind"])}) for row in rows]


async def terms_of(collaboration_ids: Collection[UUID]) -> list[TermsFact]:
    """All versions of the terms of these collaborations, as the rules read them."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select t.id, t.collaboration as collaboration_id, t.version, t.frozen_at, c.ended_at, c.creator as creator_id,
                   p.person as creator_person_id, c.brand as brand_id, t.products, t.window_days
            from terms t join collaboration c on c.id = t.collaboration join creator p on p.id = c.creator
            where c.id = any($1::uuid[])
            """,
            list(collaboration_ids),
        )
    return [_terms_fact(dict(row)) for row in rows]


def _terms_fact(row: dict[str, Any]) -> TermsFact:
    products = frozenset(UUID(text) for text in json.loads(row.pop("products")))
    return TermsFact(products=products, window=timedelta(days=row.pop("window_days")), **row)


async def _kept(sale: Sale, decision: Decision, latest: AttributionDecision | None) -> AttributionDecision:
    if latest is not None and _same(latest, decision):
        return latest
    row = AttributionDecision(
        id=uuid4(),
        order_line=decision.line_id,
        order=sale.order_id,
        version=latest.version + 1 if latest else 1,
        creator=decision.creator_id,
        show=decision.show_id,
        terms=decision.terms_id,
        rule=decision.rule,
        reason=decision.reason,
        evidence=json.dumps(decision.evidence),
        policy_version=decision.policy_version,
        decided_at=clock.now(),
    )
    await row.save()
    await audit.record(
        by=None,
        action="attribution.decide",
        kind="order_line",
        id=decision.line_id,
        version=row.version,
        rule=str(decision.rule),
        reason=str(decision.reason),
        creator=decision.creator_id,
    )
    row.evidence = decision.evidence
    return row


def _same(row: AttributionDecision, decision: Decision) -> bool:
    kept: tuple[object, ...] = (row.creator, row.show, row.terms, row.rule, row.reason, row.policy_version, row.evidence)
    found: tuple[object, ...] = (
        decision.creator_id,
        decision.show_id,
        decision.terms_id,
        str(decision.rule),
        str(decision.reason),
        decision.policy_version,
        decision.evidence,
    )
    return kept == found
