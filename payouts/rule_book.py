"""A brand's list of commission rules, and the platform's: what stands in it, and a brand's new versions (docs/money.md, chapter 13)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from piccolo.custom_types import Combinable

from creators.tables import Collaboration, Show
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import decimals
from marketplace.tables import BrandMember, Product
from payouts.commission_rules import Clauses, Draft, Plan, Tier, in_force
from payouts.commission_tables import CommissionRule, RuleKind

MOST_RULES = 50
MOST_TIERS = 6
HIGHEST_BP = 9000


class BadRule(Refusal):
    """A rule that says nothing sensible; data: `problem`, a translated sentence."""

    code = "bad_rule"
    status = 422
    message = _("This rule cannot be: %(problem)s")


class TooManyRules(Refusal):
    """A list that nobody can read any more."""

    code = "too_many_rules"
    status = 409
    message = _("A list holds at most 50 rules. End one first.")


class RuleMoved(WrongState):
    """Somebody else has published a version meanwhile."""

    code = "rule_moved"
    message = _("Somebody has changed this rule meanwhile. Please look at it again.")


@dataclass(frozen=True)
class Version:
    """A version as the pages show it, with the names of what it speaks about."""

    plan: Plan
    product: str
    creator: str
    show: str
    made_by: str
    checked_by: str


def check(draft: Draft) -> None:
    """Refuse what cannot be meant. Raises `BadRule`."""
    decimals(draft.currency)
    if draft.kind == RuleKind.TIERS:
        _check_tiers(draft.tiers)
    elif draft.kind == RuleKind.PERCENT and not draft.rate_bp and not draft.floor_minor:
        raise BadRule(problem=_("a percentage above zero is missing."), field="rate")
    elif draft.kind == RuleKind.FLAT and not draft.flat_minor:
        raise BadRule(problem=_("the amount for each piece is missing."), field="flat")
    if draft.floor_minor is not None and draft.cap_minor is not None and draft.floor_minor > draft.cap_minor:
        raise BadRule(problem=_("the smallest amount is above the largest."), field="cap")


def _check_tiers(tiers: Sequence[Tier]) -> None:
    if not 2 <= len(tiers) <= MOST_TIERS or tiers[0].from_minor != 0:
        raise BadRule(problem=_("tiers begin at zero, and there are two to six of them."), field="tiers")
    if any(not 0 < tier.rate_bp <= HIGHEST_BP for tier in tiers):
        raise BadRule(problem=_("each tier needs a rate between 0 and 90 percent."), field="tiers")
    for lower, higher in pairwise(tiers):
        if higher.from_minor <= lower.from_minor or higher.rate_bp < lower.rate_bp:
            raise BadRule(problem=_("amounts and rates of the tiers have to rise."), field="tiers")


def plan_of(draft: Draft, *, brand_id: UUID | None, begins: datetime) -> Plan:
    """The draft as the version that it would be, of a brand or of the platform, in force from a moment on."""
    said = {name: getattr(draft, name) for name in Clauses.__dataclass_fields__}
    return Plan(id=uuid4(), rule=draft.rule or uuid4(), version=draft.version + 1, valid_from=begins, brand=brand_id, **said)


async def publish(*, brand_id: UUID, draft: Draft, by: Principal) -> Plan:
    """Add a version to the brand's list; it holds for orders placed from now on. Only members of the brand.

    Raises `NotFound` (another brand's product, creator, show or rule too), `BadRule`, `RuleMoved`, `TooManyRules`.
    """
    check(draft)
    plan = plan_of(draft, brand_id=brand_id, begins=clock.now())
    async with DB.transaction():
        await demand_member(brand_id, by)
        await _lock(brand_id)
        await _demand_own(brand_id, draft)
        demand_follows(await plans_of(brand_id), draft)
        await row_of(plan, made_by=by.id).save()
        await audit.record(
            by=by, action="commission_rule.published", kind="commission_rule", id=plan.rule, version=plan.version, name=plan.name
        )
    return plan


async def end(*, brand_id: UUID, rule: UUID, version: int, by: Principal) -> None:
    """End a rule with a last version. Raises `NotFound`, `RuleMoved`."""
    async with DB.transaction():
        await demand_member(brand_id, by)
        await _lock(brand_id)
        last = await current(brand_id=brand_id, rule=rule)
        if last.version != version:
            raise RuleMoved
        ended = replace(last, id=uuid4(), version=version + 1, kind=RuleKind.OFF, valid_from=clock.now())
        await row_of(ended, made_by=by.id).save()
        await audit.record(by=by, action="commission_rule.ended", kind="commission_rule", id=rule, version=ended.version)


async def current(*, brand_id: UUID, rule: UUID) -> Plan:
    """The version of a brand's rule that holds now. Raises `NotFound` for ended rules and those of others."""
    for plan in in_force(await plans_of(brand_id), clock.now()):
        if plan.rule == rule:
            return plan
    raise NotFound


async def plans_of(brand_id: UUID) -> list[Plan]:
    """Every version that a brand ever published."""
    rows = await CommissionRule.select().where(CommissionRule.brand == brand_id).order_by(CommissionRule.version)
    return [plan_from(row) for row in rows]


async def plans_for(brand_ids: Sequence[UUID]) -> list[Plan]:
    """Every version of these brands and of the platform."""
    theirs: Combinable = CommissionRule.brand.is_null()
    if brand_ids:
        theirs = theirs | CommissionRule.brand.is_in(list(brand_ids))
    return [plan_from(row) for row in await CommissionRule.select().where(theirs).order_by(CommissionRule.version)]


def plan_from(row: Mapping[str, Any]) -> Plan:
    """A row of the table, or of a query with its columns, as the pure rules read it."""
    values = {name: row[name] for name in Plan.__dataclass_fields__ if name not in {"kind", "tiers"}}
    return Plan(kind=RuleKind(row["kind"]), tiers=tiers_from(row["tiers"]), **values)


def tiers_from(held: Any) -> tuple[Tier, ...]:
    """Tiers as they are kept: a list of [from, rate]."""
    pairs = json.loads(held) if isinstance(held, str) else held
    return tuple(Tier(*pair) for pair in pairs)


def tiers_kept(tiers: Sequence[Tier]) -> str:
    """Tiers as they are kept."""
    return json.dumps([[tier.from_minor, tier.rate_bp] for tier in tiers])


async def versions(brand_id: UUID | None) -> list[Version]:
    """Every version of a brand, or of the platform, with its names; the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.*, coalesce(p.title, '') as product_name, coalesce(c.display_name, '') as creator_name,
                   coalesce(s.title, '') as show_name, m.display_name as maker, coalesce(k.display_name, '') as checker
            from commission_rule r join person m on m.id = r.made_by left join person k on k.id = r.checked_by left join product p on p.id = r.product
            left join creator c on c.id = r.creator left join show s on s.id = r.show
            where r.brand is not distinct from $1 order by r.valid_from desc, r.version desc
            """,
            brand_id,
        )
    return [
        Version(plan_from(row), row["product_name"], row["creator_name"], row["show_name"], row["maker"], row["checker"])
        for row in rows
    ]


async def list_of(brand_id: UUID) -> list[Version]:
    """The rules in force now, in their order."""
    shown = {version.plan.id: version for version in await versions(brand_id)}
    return [shown[plan.id] for plan in in_force([version.plan for version in shown.values()], clock.now())]


async def version_of(rule_version: UUID) -> Plan | None:
    """One version by its id."""
    row = await CommissionRule.select().where(CommissionRule.id == rule_version).first()
    return plan_from(row) if row else None


async def demand_member(brand_id: UUID, by: Principal) -> None:
    """Raises `NotFound` for people who are not of the brand."""
    if not await BrandMember.exists().where((BrandMember.brand == brand_id) & (BrandMember.person == by.id)):
        raise NotFound


async def _demand_own(brand_id: UUID, draft: Draft) -> None:
    """A rule speaks of the brand's own products, shows and creators only."""
    if draft.product and not await Product.exists().where((Product.id == draft.product) & (Product.brand == brand_id)):
        raise NotFound
    if draft.show and not await Show.exists().where((Show.id == draft.show) & (Show.brand == brand_id)):
        raise NotFound
    together = (Collaboration.creator == draft.creator) & (Collaboration.brand == brand_id)
    if draft.creator and not await Collaboration.exists().where(together):
        raise NotFound


def demand_follows(plans: Iterable[Plan], draft: Draft) -> None:
    """The draft was written on the latest version of its rule, among all versions of its list. Raises `NotFound`, `RuleMoved`, `TooManyRules`."""
    latest = {plan.rule: plan for plan in in_force(plans, datetime.max.replace(tzinfo=UTC))}
    if draft.rule is None:
        if len(latest) >= MOST_RULES:
            raise TooManyRules
        return
    if draft.rule not in latest:
        raise NotFound
    if latest[draft.rule].version != draft.version:
        raise RuleMoved


async def _lock(brand_id: UUID) -> None:
    async with DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('commission rules ' || $1, 0))", str(brand_id))


def row_of(plan: Plan, *, made_by: UUID, checked_by: UUID | None = None) -> CommissionRule:
    """A version as a row that is not kept yet; the platform's have a second person."""
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__ if name != "tiers"}
    return CommissionRule(tiers=tiers_kept(plan.tiers), made_by=made_by, checked_by=checked_by, **values)
