"""Who is credited with a sale in a brand's own shop: one pure function (docs/attribution.md, "Sales in a brand's own shop").

No database, no clock: the same facts give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from creators.attribution_facts import TermsFact

POLICY = "2026-11-22-offsite"
SKEW = timedelta(minutes=5)
"""So much the shop's clock may be slow: a click up to then after the order's time is taken as just before it."""


class Rule(StrEnum):
    """The rule that decided, in order of precedence."""

    CODE = "code"
    CLICK = "click"
    NONE = "none"


class Reason(StrEnum):
    """Why a line is credited, or why a code or click cannot win it."""

    CODE_NAMED = "code_named"
    CLICK_IN_WINDOW = "click_in_window"
    NOTHING_GIVEN = "nothing_given"
    UNKNOWN_CODE = "unknown_code"
    CODE_ENDED = "code_ended"
    UNKNOWN_CLICK = "unknown_click"
    NOT_A_PERSON = "not_a_person"
    NO_CONSENT = "no_consent"
    CLICK_AFTER_SALE = "click_after_sale"
    NO_TERMS = "no_terms"
    SELF_REFERRAL = "self_referral"
    BRAND_MEMBER = "brand_member"
    CREATOR_BANNED = "creator_banned"
    OTHER_BRAND = "other_brand"
    COLLABORATION_ENDED = "collaboration_ended"
    OUTSIDE_WINDOW = "outside_window"
    OUTSIDE_BRIEF = "outside_brief"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeFact:
    """A code of the brand that the order names."""

    collaboration_id: UUID
    given_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClickFact:
    """The click that the order names. `consented` is true where the visitor had agreed, with us or, as the shop says, there.

    `buyer_id` is who made it, where a person here is known to have; `buyer_is_member`: that person acts for the brand of the link.
    """

    id: UUID
    collaboration_id: UUID
    show_id: UUID | None
    at: datetime
    person: bool
    consented: bool
    buyer_id: UUID | None = None
    buyer_is_member: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """A reported order. `products` is the product of each line, None for what Fanfare does not know.

    `buyer_id` is who followed the link, when they were signed in here; `buyer_is_member` that they act for the brand. `banned` are the
    creators who were banned everywhere at that moment.
    """

    brand_id: UUID
    happened_at: datetime
    code_given: bool
    click_given: bool
    products: tuple[UUID | None, ...]
    buyer_id: UUID | None = None
    buyer_is_member: bool = False
    banned: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """The answer: `lines` says for each line whether it is covered. `terms` is None when nobody is credited."""

    rule: Rule
    reason: Reason
    terms: TermsFact | None
    show_id: UUID | None
    lines: tuple[Reason, ...]
    evidence: dict[str, Any]


def decide(*, sale: Reported, code: CodeFact | None, click: ClickFact | None, terms: Iterable[TermsFact]) -> Credit:
    """The code wins over the click; what is excluded blocks nothing. `terms` are all versions of both collaborations, in any order."""
    versions = sorted(terms, key=lambda version: version.version)
    by_code = _by_code(sale, code, versions)
    by_click = _by_click(sale, click, versions)
    evidence = {
        "policy": POLICY,
        "code": by_code[1].value if sale.code_given else None,
        "click": {"id": str(click.id) if click else None, "verdict": by_click[1].value} if sale.click_given else None,
    }
    for rule, (version, reason), show in ((Rule.CODE, by_code, None), (Rule.CLICK, by_click, click.show_id if click else None)):
        if version is not None:
            lines = tuple(reason if product in version.products else Reason.OUTSIDE_BRIEF for product in sale.products)
            return Credit(rule=rule, reason=reason, terms=version, show_id=show, lines=lines, evidence=evidence)
    why = by_code[1] if sale.code_given else by_click[1] if sale.click_given else Reason.NOTHING_GIVEN
    return Credit(rule=Rule.NONE, reason=why, terms=None, show_id=None, lines=(why,) * len(sale.products), evidence=evidence)


def _by_code(sale: Reported, code: CodeFact | None, versions: Sequence[TermsFact]) -> tuple[TermsFact | None, Reason]:
    if code is None or code.given_at > sale.happened_at + SKEW:
        return None, Reason.UNKNOWN_CODE
    if code.ended_at is not None and sale.happened_at >= code.ended_at:
        return None, Reason.CODE_ENDED
    version = _in_force(code.collaboration_id, sale.happened_at + SKEW, versions)
    excluded = _exclusion(sale, version)
    return (None, excluded) if excluded else (version, Reason.CODE_NAMED)


def _by_click(sale: Reported, click: ClickFact | None, versions: Sequence[TermsFact]) -> tuple[TermsFact | None, Reason]:
    if click is None:
        return None, Reason.UNKNOWN_CLICK
    if not click.person:
        return None, Reason.NOT_A_PERSON
    if not click.consented:
        return None, Reason.NO_CONSENT
    if click.at > sale.happened_at + SKEW:
        return None, Reason.CLICK_AFTER_SALE
    version = _in_force(click.collaboration_id, click.at, versions)
    excluded = _exclusion(sale, version)
    if excluded:
        return None, excluded
    if version is not None and sale.happened_at - click.at >= version.window:
        return None, Reason.OUTSIDE_WINDOW
    return version, Reason.CLICK_IN_WINDOW


def _in_force(collaboration_id: UUID, moment: datetime, versions: Sequence[TermsFact]) -> TermsFact | None:
    mine = [each for each in versions if each.collaboration_id == collaboration_id and each.frozen_at <= moment]
    return mine[-1] if mine else None


def _exclusion(sale: Reported, version: TermsFact | None) -> Reason | None:
    if version is None:
        return Reason.NO_TERMS
    if version.brand_id != sale.brand_id:
        return Reason.OTHER_BRAND
    if sale.buyer_id == version.creator_person_id:
        return Reason.SELF_REFERRAL
    if sale.buyer_is_member:
        return Reason.BRAND_MEMBER
    if version.creator_id in sale.banned:
        return Reason.CREATOR_BANNED
    if version.ended_at is not None and sale.happened_at >= version.ended_at:
        return Reason.COLLABORATION_ENDED
    if not any(product in version.products for product in sale.products):
        return Reason.OUTSIDE_BRIEF
    return None
