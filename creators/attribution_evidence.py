"""What a decision was taken on, as plain JSON: kept with it, and shown to whoever asks why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from creators.attribution_facts import Policy, Reason, Rule, Sale, SaleLine, Share, TermsFact, TouchFact, Verdict


@dataclass(slots=True)
class Judged:
    """A touch with the terms it is judged by; when it cannot win, why; else what became of it."""

    touch: TouchFact
    terms: TermsFact | None
    excluded: Reason | None
    verdict: Verdict = Verdict.LATER_TOUCH


def evidence_of(
    sale: Sale,
    line: SaleLine,
    judged: Sequence[Judged],
    code_reason: Reason | None,
    rule: Rule,
    shares: Sequence[Share],
    policy: Policy,
) -> dict[str, Any]:
    """Everything that was considered for one line."""
    return {
        "policy": policy.version,
        "order": str(sale.order_id),
        "buyer": str(sale.buyer_id),
        "placed_at": sale.placed_at.isoformat(),
        "show": _text(sale.show_id),
        "touch": _text(sale.touch_id),
        "product": str(line.product_id),
        "code": _code(code_reason, rule),
        "touches": [_testimony(entry) for entry in judged],
        "shares": [_share(share) for share in shares],
    }


def _code(reason: Reason | None, rule: Rule) -> str | None:
    """What became of the code that the buyer typed; None when there was none."""
    if reason is Reason.CODE_NAMED and rule is not Rule.CODE:
        return Verdict.STRONGER_RULE.value
    return reason.value if reason else None


def _testimony(entry: Judged) -> dict[str, Any]:
    touch, terms = entry.touch, entry.terms
    return {
        "id": str(touch.id),
        "at": touch.at.isoformat(),
        "kind": str(touch.kind),
        "show": _text(touch.show_id),
        "product": _text(touch.product_id),
        "creator": _text(terms.creator_id if terms else None),
        "terms": _text(terms.id if terms else None),
        "window_days": terms.window.days if terms else None,
        "model": terms.model.value if terms else None,
        "verdict": str(entry.excluded or entry.verdict),
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "creator": str(share.creator_id),
        "show": _text(share.show_id),
        "terms": str(share.terms_id),
        "touch": _text(share.touch_id),
        "bp": share.bp,
    }


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
