"""A brand's list of commission rules: what stands in it, and its new versions (docs/money.md, chapter 13)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from creators.tables import Collaboration, Show
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import decimals
from marketplace.tables import BrandMember, Product
from payouts.commission_rules import Plan, Tier, in_force
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


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A version that is being written. `rule` None is a new rule; `version` is the one that it follows, 0 for a new rule."""

    rule: UUID | None
    version: int
    name: str
    place: int
    kind: RuleKind
    currency: str
    product: UUID | None = None
    category: str = ""
    creator: UUID | None = None
    show: UUID | None = None
    first_sale: bool = False
    rate_bp: int = 0
    flat_minor: int = 0
    floor_minor: int | None = None
    cap_minor: int | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True)
class Version:
    """A version as the pages show it, with the names of what it speaks about."""

    plan: Plan
    product: str
    creator: str
    show: str
    made_by: str


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


def plan_of(draft: Draft) -> Plan:
    """The draft as the version that it would be, in force from now on."""
    values = {name: getattr(draft, name) for name in draft.__dataclass_fields__ if name not in {"rule", "version"}}
    return Plan(id=uuid4(), rule=draft.rule or uuid4(), version=draft.version + 1, valid_from=clock.now(), **values)


async def publish(*, brand_id: UUID, draft: Draft, by: Principal) -> Plan:
    """Add a version to the brand's list; it holds for orders placed from now on. Only members of the brand.

    Raises `NotFound` (another brand's product, creator, show or rule too), `BadRule`, `RuleMoved`, `TooManyRules`.
    """
    check(draft)
    plan = plan_of(draft)
    async with DB.transaction():
        await demand_member(brand_id, by)
        await _lock(brand_id)
        await _demand_own(brand_id, draft)
        await _demand_follows(brand_id, draft)
        await _row(brand_id, plan, by).save()
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
        await _row(brand_id, ended, by).save()
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


async def versions(brand_id: UUID) -> list[Version]:
    """Every version with its names, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.*, coalesce(p.title, '') as product_name, coalesce(c.display_name, '') as creator_name,
                   coalesce(s.title, '') as show_name, m.display_name as maker
            from commission_rule r join person m on m.id = r.made_by left join product p on p.id = r.product
            left join creator c on c.id = r.creator left join show s on s.id = r.show
            where r.brand = $1 order by r.valid_from desc, r.version desc
            """,
            brand_id,
        )
    return [Version(plan_from(row), row["product_name"], row["creator_name"], row["show_name"], row["maker"]) for row in rows]


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


async def _demand_follows(brand_id: UUID, draft: Draft) -> None:
    """The draft was written on the latest version of its rule."""
    current = {plan.rule: plan for plan in in_force(await plans_of(brand_id), clock.now())}
    if draft.rule is None:
        if len(current) >= MOST_RULES:
            raise TooManyRules
        return
    if draft.rule not in current:
        raise NotFound
    if current[draft.rule].version != draft.version:
        raise RuleMoved


async def _lock(brand_id: UUID) -> None:
    async with DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('commission rules ' || $1, 0))", str(brand_id))


def _row(brand_id: UUID, plan: Plan, by: Principal) -> CommissionRule:
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__ if name != "tiers"}
    return CommissionRule(brand=brand_id, tiers=tiers_kept(plan.tiers), made_by=by.id, **values)
