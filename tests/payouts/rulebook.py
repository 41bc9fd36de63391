"""Drafts of rules for tests."""

from __future__ import annotations

from uuid import UUID

from payouts import rule_book
from payouts.commission_rules import Draft, Plan, Tier
from payouts.commission_tables import RuleKind
from tests.payouts.facts import Market


def draft(
    kind: RuleKind = RuleKind.PERCENT,
    *,
    rule: UUID | None = None,
    version: int = 0,
    place: int = 1,
    currency: str = "EUR",
    product: UUID | None = None,
    category: str = "",
    creator: UUID | None = None,
    show: UUID | None = None,
    first_sale: bool = False,
    rate_bp: int = 0,
    flat_minor: int = 0,
    floor_minor: int | None = None,
    cap_minor: int | None = None,
    tiers: tuple[tuple[int, int], ...] = (),
) -> Draft:
    return Draft(
        rule=rule,
        version=version,
        name="A rule",
        place=place,
        kind=kind,
        currency=currency,
        product=product,
        category=category,
        creator=creator,
        show=show,
        first_sale=first_sale,
        rate_bp=rate_bp,
        flat_minor=flat_minor,
        floor_minor=floor_minor,
        cap_minor=cap_minor,
        tiers=tuple(Tier(*tier) for tier in tiers),
    )


async def published(market: Market, wanted: Draft) -> Plan:
    """Ada publishes a rule."""
    return await rule_book.publish(brand_id=market.brand.id, draft=wanted, by=market.ada)
