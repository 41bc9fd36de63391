"""The form of a commission rule: what was typed to a draft, and a version back to what would have been typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.money import Money
from foundation.web import Form
from payouts.commission_rules import Draft, Plan, Tier
from payouts.commission_tables import RuleKind
from payouts.exports import plain
from payouts.rule_book import HIGHEST_BP, MOST_TIERS

KINDS = (RuleKind.PERCENT, RuleKind.FLAT, RuleKind.TIERS)


def read(form: Form, *, rule: UUID | None, currency: str) -> Draft:
    """The draft that was typed. Raises `InvalidForm`."""
    kind = RuleKind(form.choice("kind", KINDS))
    draft = Draft(
        rule=rule,
        version=form.integer("version", low=0, high=30_000),
        name=form.text("name", min=2, max=80),
        place=form.integer("place", low=1, high=999),
        kind=kind,
        currency=currency,
        product=_chosen(form, "product"),
        category=form.text("category", max=40, required=False),
        creator=_chosen(form, "creator"),
        show=_chosen(form, "show"),
        first_sale=form.flag("first_sale"),
        rate_bp=_rate(form, "rate") if kind == RuleKind.PERCENT else 0,
        flat_minor=_amount(form, "flat", currency) or 0 if kind == RuleKind.FLAT else 0,
        floor_minor=_amount(form, "floor", currency) if kind != RuleKind.TIERS else None,
        cap_minor=_amount(form, "cap", currency) if kind != RuleKind.TIERS else None,
        tiers=_tiers(form, currency) if kind == RuleKind.TIERS else (),
    )
    form.check()
    return draft


def typed(plan: Plan) -> dict[str, Any]:
    """A version as the fields of the form."""
    values: dict[str, Any] = {
        "version": plan.version,
        "name": plan.name,
        "place": plan.place,
        "kind": plan.kind.value,
        "product": plan.product or "",
        "category": plan.category,
        "creator": plan.creator or "",
        "show": plan.show or "",
        "first_sale": "1" if plan.first_sale else "",
        "rate": _percent(plan.rate_bp) if plan.rate_bp else "",
        "flat": plain(Money(plan.flat_minor, plan.currency)) if plan.flat_minor else "",
        "floor": _plain(plan.floor_minor, plan.currency),
        "cap": _plain(plan.cap_minor, plan.currency),
    }
    for number, tier in enumerate(plan.tiers, start=1):
        values[f"tier_from_{number}"] = plain(Money(tier.from_minor, plan.currency))
        values[f"tier_rate_{number}"] = _percent(tier.rate_bp)
    return values


def _chosen(form: Form, name: str) -> UUID | None:
    return form.uuid(name) if form.values.get(name) else None


def _rate(form: Form, name: str) -> int:
    return form.percent_bp(name, low=0, high=HIGHEST_BP)


def _amount(form: Form, name: str, currency: str) -> int | None:
    return form.money(name, currency).minor if str(form.values.get(name) or "").strip() else None


def _tiers(form: Form, currency: str) -> tuple[Tier, ...]:
    """The rows that have a rate; the first begins at zero."""
    rows = [number for number in range(1, MOST_TIERS + 1) if str(form.values.get(f"tier_rate_{number}") or "").strip()]
    return tuple(
        Tier(0 if number == 1 else form.money(f"tier_from_{number}", currency).minor, _rate(form, f"tier_rate_{number}"))
        for number in rows
    )


def _plain(minor: int | None, currency: str) -> str:
    return "" if minor is None else plain(Money(minor, currency))


def _percent(basis_points: int) -> str:
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)
