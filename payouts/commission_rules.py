"""Which rule of a brand or of the platform pays a line, and how much (docs/money.md, chapter 13). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.money import BASIS_POINTS, Money, round_half_even
from payouts.commission import Whole
from payouts.commission_tables import RuleKind


@dataclass(frozen=True)
class Tier:
    """From this much released net sales of the month on, this rate."""

    from_minor: int
    rate_bp: int


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """What a rule says, written or in force. `None` and "" match everything; `place` is its place in the list."""

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

    @property
    def flat(self) -> Money:
        return Money(self.flat_minor, self.currency)

    @property
    def floor(self) -> Money | None:
        return None if self.floor_minor is None else Money(self.floor_minor, self.currency)

    @property
    def cap(self) -> Money | None:
        return None if self.cap_minor is None else Money(self.cap_minor, self.currency)

    @property
    def steps(self) -> list[tuple[Money, int]]:
        """The tiers for people: from which amount on, at which rate."""
        return [(Money(tier.from_minor, self.currency), tier.rate_bp) for tier in self.tiers]

    def fits(self, sale: SaleFacts) -> bool:
        """Whether this rule speaks about the sale."""
        return (
            self.currency == sale.currency
            and self.product in {None, sale.product}
            and self.category in {"", sale.category}
            and self.creator in {None, sale.creator}
            and self.show in {None, sale.show}
            and (sale.first_sale or not self.first_sale)
        )


@dataclass(frozen=True, kw_only=True)
class Plan(Clauses):
    """One version of a rule, of a brand or (`brand` None) of the platform."""

    id: UUID
    rule: UUID
    version: int
    valid_from: datetime
    brand: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Draft(Clauses):
    """A version that is being written. `rule` None is a new rule; `version` is the one that it follows, 0 for a new rule."""

    rule: UUID | None
    version: int


@dataclass(frozen=True, kw_only=True)
class SaleFacts:
    """What the rules ask of a line. `base` is net of VAT, delivery and discounts; `first_sale`: the buyer's first at this brand."""

    currency: str
    product: UUID
    category: str
    creator: UUID
    show: UUID | None
    first_sale: bool
    quantity: int
    base: Money


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a line pays before VAT: a rate, or the commission of the whole line. `plan` is the rule that spoke.

    `promised`: the rule would have given less than the accepted terms promise, so the promise is paid.
    """

    rate_bp: int
    whole: Whole | None
    plan: Plan | None
    promised: bool
    tiers: tuple[Tier, ...] = ()


def in_force(plans: Iterable[Plan], at: datetime) -> list[Plan]:
    """The versions that hold at a moment, in the order of the list: of each rule the last that had begun; ended rules are out."""
    latest: dict[UUID, Plan] = {}
    for plan in plans:
        known = latest.get(plan.rule)
        if plan.valid_from <= at and (known is None or plan.version > known.version):
            latest[plan.rule] = plan
    live = [plan for plan in latest.values() if plan.kind != RuleKind.OFF]
    return sorted(live, key=lambda plan: (plan.place, plan.rule.bytes))


def of_brand(plans: Iterable[Plan], brand: UUID, at: datetime) -> list[Plan]:
    """The list that a brand's sales are held against: its own rules in force, and after them the platform's."""
    known = list(plans)
    own, house = [plan for plan in known if plan.brand == brand], [plan for plan in known if plan.brand is None]
    return [*in_force(own, at), *in_force(house, at)]


def coming(plans: Iterable[Plan], now: datetime) -> list[Plan]:
    """Versions that have not begun and will hold one day, the first to begin first; what a newer one overtakes never holds."""
    newest: dict[UUID, Plan] = {}
    found: list[Plan] = []
    for plan in sorted(plans, key=lambda each: -each.version):
        newer = newest.get(plan.rule)
        if newer is None or plan.valid_from < newer.valid_from:
            newest[plan.rule] = plan
            found += [plan] if plan.valid_from > now else []
    return sorted(found, key=lambda plan: (plan.valid_from, plan.place, plan.rule.bytes))


def verdict(plans: Sequence[Plan], sale: SaleFacts, promise_bp: int) -> Verdict:
    """The first rule of the list that fits, but never less than the accepted terms promise (`promise_bp` of the base)."""
    plan = next((plan for plan in plans if plan.fits(sale)), None)
    if plan is None:
        return Verdict(rate_bp=promise_bp, whole=None, plan=None, promised=False)
    if plan.kind == RuleKind.TIERS:
        tiers = kept_promise(plan.tiers, promise_bp)
        return Verdict(rate_bp=tiers[0].rate_bp, whole=None, plan=plan, promised=tiers != plan.tiers, tiers=tiers)
    pays = paid_by(plan, sale)
    if pays < sale.base.share(promise_bp):
        return Verdict(rate_bp=promise_bp, whole=None, plan=plan, promised=True)
    if plan.kind == RuleKind.PERCENT and pays == sale.base.share(plan.rate_bp):
        return Verdict(rate_bp=plan.rate_bp, whole=None, plan=plan, promised=False)
    whole = Whole(pays.minor, sale.base.minor)
    return Verdict(rate_bp=effective_bp(whole), whole=whole, plan=plan, promised=False)


def paid_by(plan: Plan, sale: SaleFacts) -> Money:
    """What a percentage or a flat amount gives for the whole line, within its floor and cap and never above the base."""
    flat = Money(plan.flat_minor * sale.quantity, sale.currency)
    pays = flat if plan.kind == RuleKind.FLAT else sale.base.share(plan.rate_bp)
    if plan.floor_minor is not None:
        pays = max(pays, Money(plan.floor_minor, sale.currency))
    if plan.cap_minor is not None:
        pays = min(pays, Money(plan.cap_minor, sale.currency))
    return min(pays, sale.base)


def effective_bp(whole: Whole) -> int:
    """The rate that an amount comes to, for people to read."""
    return round_half_even(whole.minor * BASIS_POINTS, whole.base_minor) if whole.base_minor else 0


def kept_promise(tiers: tuple[Tier, ...], promise_bp: int) -> tuple[Tier, ...]:
    """The tiers with no rate below the promise."""
    return tuple(Tier(tier.from_minor, max(tier.rate_bp, promise_bp)) for tier in tiers)


def extra_of(base_minor: int, tiers: Sequence[Tier]) -> int:
    """What the higher tiers add, for released net sales of the month, to the first tier's rate; marginal, rounded half to even once.

    Grows with the sales and never jumps: each rate counts only for what lies in its tier.
    """
    hundredths = 0
    for place, tier in enumerate(tiers[1:], start=1):
        end = tiers[place + 1].from_minor if place + 1 < len(tiers) else base_minor
        inside = max(0, min(base_minor, end) - tier.from_minor)
        hundredths += inside * (tier.rate_bp - tiers[0].rate_bp)
    return round_half_even(hundredths, BASIS_POINTS)
