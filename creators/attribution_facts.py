"""What the rules of attribution are told, and what they answer (docs/attribution.md). Plain values: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

WHOLE = 10_000
"""All of a line, in basis points."""


class Rule(StrEnum):
    """The rule that decided, in order of precedence. `last_touch` is from before clicks and watching were told apart."""

    MANUAL = "manual"
    IN_STREAM = "in_stream"
    CODE = "code"
    CLICK = "click"
    WATCHED = "watched"
    LAST_TOUCH = "last_touch"
    NONE = "none"


class Reason(StrEnum):
    """Why a line is credited, or why a touch or a code cannot win it."""

    BOUGHT_IN_STREAM = "bought_in_stream"
    CODE_NAMED = "code_named"
    LAST_TOUCH_IN_WINDOW = "last_touch_in_window"
    FIRST_TOUCH_IN_WINDOW = "first_touch_in_window"
    SHARED_EQUALLY = "shared_equally"
    SHARED_BY_POSITION = "shared_by_position"
    CORRECTED = "corrected"
    NO_TOUCH = "no_touch"
    NO_GOODS = "no_goods"
    TOUCH_AFTER_SALE = "touch_after_sale"
    SEEN_ONLY = "seen_only"
    NO_CONSENT = "no_consent"
    NO_TERMS = "no_terms"
    SELF_REFERRAL = "self_referral"
    BRAND_MEMBER = "brand_member"
    CREATOR_BANNED = "creator_banned"
    OUTSIDE_BRIEF = "outside_brief"
    COLLABORATION_ENDED = "collaboration_ended"
    OUTSIDE_WINDOW = "outside_window"
    UNKNOWN_CODE = "unknown_code"
    CODE_ENDED = "code_ended"


class Verdict(StrEnum):
    """What became of a touch that could have won; an excluded one has its reason instead."""

    WON = "won"
    LATER_TOUCH = "later_touch_won"
    EARLIER_TOUCH = "earlier_touch_won"
    STRONGER_RULE = "stronger_rule_won"
    OTHER_BRIEF = "other_brief_won"
    SAME_VISIT = "same_visit"


class Model(StrEnum):
    """How a brief shares a sale among the touches that led to it."""

    LAST_TOUCH = "last_touch"
    FIRST_TOUCH = "first_touch"
    LINEAR = "linear"
    POSITION_BASED = "position_based"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A version of the rules. `one_rule` is how it was before clicks came before watching, and before codes."""

    version: str
    in_stream_for: timedelta
    one_rule: bool = False


POLICY = Policy(version="2026-11-22", in_stream_for=timedelta(minutes=60))
POLICIES = {
    policy.version: policy for policy in (Policy(version="2026-11", in_stream_for=timedelta(minutes=60), one_rule=True), POLICY)
}
"""Every policy that ever decided: an old decision can be taken again as it was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleLine:
    """One line of the order: which product of which brand; no product for what is no goods, such as delivery."""

    id: UUID
    product_id: UUID | None
    brand_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeGiven:
    """A code that the buyer typed, as the brand has it: whose it is, since and until when."""

    id: UUID
    brand_id: UUID
    collaboration_id: UUID
    given_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """One order. `show_id` and `touch_id` are what the checkout carried; `member_of` are the brands the buyer acts for.

    `codes` are the codes of that word at the brands of the lines, `code_given` says that a word was typed at all; `banned` are the
    creators who were banned everywhere when the order was placed.
    """

    order_id: UUID
    buyer_id: UUID
    placed_at: datetime
    show_id: UUID | None
    touch_id: UUID | None
    member_of: frozenset[UUID]
    lines: tuple[SaleLine, ...]
    code_given: bool = False
    codes: tuple[CodeGiven, ...] = ()
    banned: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class TouchFact:
    """One touch of the buyer. `person_id` is whose it is: a touch of somebody else is passed over.

    `kind` is a `TouchKind`; one that the rules do not know counts as seen only. `show_id` is None for a link that leads to no show. `consented` is False for a touch that was recognised by
    something kept on the device without leave.
    """

    id: UUID
    person_id: UUID | None
    show_id: UUID | None
    collaboration_id: UUID
    kind: str
    product_id: UUID | None
    at: datetime
    consented: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsFact:
    """One frozen version of a collaboration's terms. `window` is how long a touch counts, `model` how its brief shares a sale."""

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
    brief_id: UUID
    model: Model = Model.LAST_TOUCH


@dataclass(frozen=True, kw_only=True, slots=True)
class HostFact:
    """A co-host of a show, from the moment both had agreed: `share_bp` of what the show is credited with is theirs."""

    show_id: UUID
    creator_id: UUID
    person_id: UUID
    share_bp: int
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one creator has of a line, in basis points. `touch_id` and `show_id` are None when a code or a person decided."""

    creator_id: UUID
    show_id: UUID | None
    terms_id: UUID
    touch_id: UUID | None
    bp: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The answer for one line: shares of 10,000 together, the greatest first, or none. `evidence` holds plain JSON values only."""

    line_id: UUID
    shares: tuple[Share, ...]
    rule: Rule
    reason: Reason
    policy_version: str
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> Share | None:
        """The greatest share."""
        return self.shares[0] if self.shares else None
