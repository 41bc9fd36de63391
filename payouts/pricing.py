"""What a credited line will pay: the accepted terms, the brand's and the platform's rules and the VAT of both services, frozen for ever (chapter 13)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from creators import platform_fees
from creators.tables import AttributionDecision, Terms
from foundation import clock
from foundation.database import DB
from foundation.money import Money, included_tax, round_half_even
from marketplace.tables import LineKind, Order, OrderLine
from payouts import commission, rule_book, vat_parties
from payouts.commission import Rule, Whole
from payouts.commission_rules import Plan, SaleFacts, Verdict, of_brand, verdict
from payouts.tables import Commission, CommissionStatus
from payouts.vat_parties import Services

ROUNDING = "half_even"


@dataclass(frozen=True)
class Price:
    """The frozen rule of a line, the version of the rule that spoke, and all of it as it can be read later."""

    rule: Rule
    version: UUID | None
    snapshot: dict[str, Any]


async def commission_of(
    *,
    order: Order,
    line: OrderLine,
    decision: AttributionDecision,
    position: int,
    share_bp: int,
    gross: Money,
    creator_id: UUID | None,
    terms: Terms | None,
    hold_until: datetime,
) -> Commission:
    """The commission of a line, or of a creator's part of it (`gross`); the row is made, not kept. Without terms nobody is credited."""
    creator_id = creator_id if terms else None
    price = await price_of(order=order, line=line, gross=gross, terms=terms, creator_id=creator_id, show_id=decision.show)
    parts = commission.shares(gross, price.rule)
    return Commission(
        id=uuid4(),
        order_line=line.id,
        order=order.id,
        decision=decision.id,
        position=position,
        share_bp=share_bp,
        creator=creator_id,
        brand=line.brand,
        terms=terms.id if terms else None,
        currency=order.currency,
        base_minor=parts.base.minor,
        rate_bp=price.rule.commission_bp,
        amount_minor=parts.commission.minor,
        commission_vat_bp=price.rule.commission_vat_bp,
        commission_vat_minor=parts.commission_vat.minor,
        fee_bp=price.rule.fee_bp,
        fee_minor=parts.fee.minor,
        fee_vat_bp=price.rule.fee_vat_bp,
        fee_vat_minor=parts.fee_vat.minor,
        brand_minor=parts.brand.minor,
        vat_bp=price.rule.vat_bp,
        vat_minor=parts.vat.minor,
        status=CommissionStatus.PENDING,
        hold_until=hold_until,
        rule_version=commission.RULE_VERSION,
        plan=price.version,
        whole_minor=price.rule.whole.minor if price.rule.whole else None,
        snapshot=json.dumps(price.snapshot),
        created_at=clock.now(),
    )


async def price_of(
    *, order: Order, line: OrderLine, gross: Money, terms: Terms | None, creator_id: UUID | None, show_id: UUID | None
) -> Price:
    """What `gross` of a line pays by what holds at the moment of the order. The rules look at the whole line; a part takes its part."""
    vat = await vat_parties.services(creator_id=creator_id, brand_id=line.brand)
    if terms is None or creator_id is None:
        fee_bp = (
            0 if line.kind == LineKind.DELIVERY else await platform_fees.fee_at(order.placed_at)
        )  # postage earns nobody a share
        return Price(_rule(line, fee_bp, vat), None, snapshot_of(None, 0, vat))
    sold = Money(line.gross_minor, order.currency)
    facts = SaleFacts(
        currency=order.currency,
        creator=creator_id,
        show=show_id,
        quantity=line.quantity,
        base=sold - included_tax(sold, line.vat_bp),
        **await _of_line(order, line),
    )
    plans = of_brand(await rule_book.plans_for([line.brand]), line.brand, order.placed_at)
    found = verdict(plans, facts, terms.commission_bp)
    base = gross - included_tax(gross, line.vat_bp)
    rule = _rule(line, terms.platform_fee_bp, vat, found, base)
    return Price(rule, found.plan.id if found.plan else None, snapshot_of(found, terms.commission_bp, vat))


def snapshot_of(found: Verdict | None, promise_bp: int, vat: Services) -> dict[str, Any]:
    """Everything that decided, in plain values: what the page shows when the rule has long been another."""
    plan = found.plan if found else None
    return {
        "promise_bp": promise_bp,
        "promised": bool(found and found.promised),
        "rule": _plain(plan) if plan else None,
        "tiers": [[tier.from_minor, tier.rate_bp] for tier in found.tiers] if found else [],
        "rounding": ROUNDING,
        "arithmetic": commission.RULE_VERSION,
        "commission_vat": str(vat.commission.treatment) if vat.commission else "",
        "fee_vat": str(vat.fee.treatment),
    }


def _plain(plan: Plan) -> dict[str, Any]:
    return {
        "rule": str(plan.rule),
        "version": plan.version,
        "of": "brand" if plan.brand else "platform",
        "name": plan.name,
        "kind": str(plan.kind),
        "rate_bp": plan.rate_bp,
        "flat_minor": plan.flat_minor,
        "floor_minor": plan.floor_minor,
        "cap_minor": plan.cap_minor,
        "first_sale": plan.first_sale,
    }


def _rule(line: OrderLine, fee_bp: int, vat: Services, found: Verdict | None = None, base: Money | None = None) -> Rule:
    return Rule(
        commission_bp=found.rate_bp if found else 0,
        fee_bp=fee_bp,
        vat_bp=line.vat_bp,
        commission_vat_bp=vat.commission.rate_bp if vat.commission else 0,
        fee_vat_bp=vat.fee.rate_bp,
        whole=_part(found.whole, base.minor) if found and found.whole and base else None,
    )


def _part(whole: Whole, base_minor: int) -> Whole:
    minor = round_half_even(whole.minor * base_minor, whole.base_minor) if whole.base_minor else 0
    return Whole(minor, base_minor)


async def _of_line(order: Order, line: OrderLine) -> dict[str, Any]:
    """The product and its category, and whether the buyer has never bought from this brand before."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select p.id as product, coalesce(g.category, '') as category, not exists (
                select 1 from shop_order o join order_line l on l."order" = o.id
                where o.buyer = $2 and l.brand = p.brand and o.paid_at is not null and (o.paid_at, o.id) < ($3, $4)
            ) as first_sale
            from variant v join product p on p.id = v.product left join product_category g on g.product = p.id where v.id = $1
            """,
            line.variant,
            order.buyer,
            _paid_at(order),
            order.id,
        )
    return dict(row)


def _paid_at(order: Order) -> datetime:
    paid_at: datetime = order.paid_at or order.placed_at
    return paid_at


def frozen(snapshot: Any) -> dict[str, Any]:
    """A snapshot as it was kept."""
    held: dict[str, Any] = json.loads(snapshot) if isinstance(snapshot, str) else dict(snapshot)
    return held
