"""Who is credited with a sale: the rules of docs/attribution.md as one pure function.

No database, no clock: the same facts give the same decisions, in whatever order they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from creators.tables import TouchKind


class Rule(StrEnum):
    """The rule that decided, in order of precedence."""

    IN_STREAM = "in_stream"
    LAST_TOUCH = "last_touch"
    NONE = "none"


class Reason(StrEnum):
    """Why a line is credited, or why a touch cannot win it."""

    BOUGHT_IN_STREAM = "bought_in_stream"
    LAST_TOUCH_IN_WINDOW = "last_touch_in_window"
    NO_TOUCH = "no_touch"
    TOUCH_AFTER_SALE = "touch_after_sale"
    NO_TERMS = "no_terms"
    SELF_REFERRAL = "self_referral"
    BRAND_MEMBER = "brand_member"
    OUTSIDE_BRIEF = "outside_brief"
    COLLABORATION_ENDED = "collaboration_ended"
    OUTSIDE_WINDOW = "outside_window"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The version of the rules and the one number they hold."""

    version: str
    in_stream_for: timedelta


POLICY = Policy(version="2026-11", in_stream_for=timedelta(minutes=60))


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleLine:
    """One line of the order: which product of which brand."""

    id: UUID
    product_id: UUID
    brand_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """One order. `show_id` and `touch_id` are what the checkout carried; `member_of` are the brands the buyer acts for."""

    order_id: UUID
    buyer_id: UUID
    placed_at: datetime
    show_id: UUID | None
    touch_id: UUID | None
    member_of: frozenset[UUID]
    lines: tuple[SaleLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TouchFact:
    """One touch of the buyer. `person_id` is whose it is: a touch of somebody else is passed over."""

    id: UUID
    person_id: UUID | None
    show_id: UUID
    collaboration_id: UUID
    kind: TouchKind
    product_id: UUID | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsFact:
    """One frozen version of a collaboration's terms. `window` is how long a touch counts."""

    id: UUID
    collaboration_id: UUID
    version: int
    frozen_at: datetime
    ended_at: datetime | None
    creator_id: UUID
    creator_person_id: UUID
    brand_id: UUID
    products: frozenset[UUID]
    window: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The answer for one line; `evidence` holds plain JSON values only."""

    line_id: UUID
    creator_id: UUID | None
    show_id: UUID | None
    terms_id: UUID | None
    touch_id: UUID | None
    rule: Rule
    reason: Reason
    evidence: dict[str, Any]
    policy_version: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """A touch with the terms it is judged by and, when it cannot win, why."""

    touch: TouchFact
    terms: TermsFact | None
    excluded: Reason | None


_STRENGTH = {TouchKind.SHOW_VIEW: 0, TouchKind.PRODUCT_CLICK: 1, TouchKind.BUY_TAP: 2}


def decide(
    *, sale: Sale, touches: Iterable[TouchFact], terms: Iterable[TermsFact], policy: Policy = POLICY
) -> tuple[Decision, ...]:
    """Decide every line of a sale (docs/attribution.md, Precedence), in the order of the lines.

    `touches` and `terms` may come in any order and more than once; `terms` are all versions of the collaborations that
    the touches belong to.
    """
    own = {touch.id: touch for touch in touches if touch.person_id == sale.buyer_id}
    ordered = sorted(own.values(), key=_rank)
    versions = sorted({version.id: version for version in terms}.values(), key=lambda version: version.version)
    return tuple(_decide_line(sale, line, ordered, versions, policy) for line in sale.lines)


def _rank(touch: TouchFact) -> tuple[datetime, int, UUID]:
    return touch.at, _STRENGTH[touch.kind], touch.id


def _decide_line(
    sale: Sale, line: SaleLine, touches: Sequence[TouchFact], terms: Sequence[TermsFact], policy: Policy
) -> Decision:
    judged = [_judge(sale, line, touch, _in_force(touch, terms)) for touch in touches]
    winner, rule = _winner(sale, judged, policy)
    if winner is not None and winner.terms is not None:
        reason = Reason.BOUGHT_IN_STREAM if rule is Rule.IN_STREAM else Reason.LAST_TOUCH_IN_WINDOW
        creator, touch, version = winner.terms.creator_id, winner.touch, winner.terms
    else:
        reason = (judged[-1].excluded or Reason.NO_TOUCH) if judged else Reason.NO_TOUCH
        creator, touch, version = None, None, None
    return Decision(
        line_id=line.id,
        creator_id=creator,
        show_id=touch.show_id if touch else None,
        terms_id=version.id if version else None,
        touch_id=touch.id if touch else None,
        rule=rule,
        reason=reason,
        evidence=_evidence(sale, line, judged, winner, policy),
        policy_version=policy.version,
    )


def _in_force(touch: TouchFact, terms: Sequence[TermsFact]) -> TermsFact | None:
    """The highest version frozen by then; `terms` come in order of version."""
    mine = [version for version in terms if version.collaboration_id == touch.collaboration_id and version.frozen_at <= touch.at]
    return mine[-1] if mine else None


def _judge(sale: Sale, line: SaleLine, touch: TouchFact, terms: TermsFact | None) -> _Judged:
    return _Judged(touch, terms, _exclusion(sale, line, touch, terms))


def _exclusion(sale: Sale, line: SaleLine, touch: TouchFact, terms: TermsFact | None) -> Reason | None:
    if touch.at > sale.placed_at:
        return Reason.TOUCH_AFTER_SALE
    if terms is None:
        return Reason.NO_TERMS
    if terms.creator_person_id == sale.buyer_id:
        return Reason.SELF_REFERRAL
    if line.brand_id in sale.member_of:
        return Reason.BRAND_MEMBER
    if line.brand_id != terms.brand_id or line.product_id not in terms.products:
        return Reason.OUTSIDE_BRIEF
    if terms.ended_at is not None and sale.placed_at >= terms.ended_at:
        return Reason.COLLABORATION_ENDED
    if sale.placed_at - touch.at >= terms.window:
        return Reason.OUTSIDE_WINDOW
    return None


def _winner(sale: Sale, judged: Sequence[_Judged], policy: Policy) -> tuple[_Judged | None, Rule]:
    for candidate in judged:
        if _bought_in_stream(sale, candidate, policy):
            return candidate, Rule.IN_STREAM
    able = [candidate for candidate in judged if candidate.excluded is None]
    return (able[-1], Rule.LAST_TOUCH) if able else (None, Rule.NONE)


def _bought_in_stream(sale: Sale, candidate: _Judged, policy: Policy) -> bool:
    touch = candidate.touch
    return (
        candidate.excluded is None
        and touch.id == sale.touch_id
        and touch.kind is TouchKind.BUY_TAP
        and touch.show_id == sale.show_id
        and sale.placed_at - touch.at < policy.in_stream_for
    )


def _evidence(sale: Sale, line: SaleLine, judged: Sequence[_Judged], winner: _Judged | None, policy: Policy) -> dict[str, Any]:
    return {
        "policy": policy.version,
        "order": str(sale.order_id),
        "buyer": str(sale.buyer_id),
        "placed_at": sale.placed_at.isoformat(),
        "show": _text(sale.show_id),
        "touch": _text(sale.touch_id),
        "product": str(line.product_id),
        "touches": [_testimony(entry, winner) for entry in judged],
    }


def _testimony(entry: _Judged, winner: _Judged | None) -> dict[str, Any]:
    touch, terms = entry.touch, entry.terms
    verdict = "won" if entry is winner else entry.excluded or "later_touch_won"
    return {
        "id": str(touch.id),
        "at": touch.at.isoformat(),
        "kind": str(touch.kind),
        "show": str(touch.show_id),
        "product": _text(touch.product_id),
        "creator": _text(terms.creator_id if terms else None),
        "terms": _text(terms.id if terms else None),
        "window_days": terms.window.days if terms else None,
        "verdict": str(verdict),
    }


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
