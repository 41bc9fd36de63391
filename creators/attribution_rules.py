"""Who is credited with a sale: the rules of docs/attribution.md as one pure function.

No database, no clock: the same facts give the same decisions, in whatever order they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from creators.attribution_evidence import Judged, evidence_of
from creators.attribution_facts import (
    POLICY,
    WHOLE,
    CodeGiven,
    Decision,
    HostFact,
    Model,
    Policy,
    Reason,
    Rule,
    Sale,
    SaleLine,
    Share,
    TermsFact,
    TouchFact,
    Verdict,
)
from creators.attribution_models import REASONS, hosts_share, merged, visits_of, weights

CLICKS = {"product_click": 1, "link_click": 2, "buy_tap": 3}
WATCHING = {"show_view": 0, "replay_view": 0, "clip_view": 0, "watched": 0}
STRENGTH = WATCHING | CLICKS
"""The kinds that count, and which comes first at the same moment."""

Versions = Mapping[UUID, Sequence[TermsFact]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What won a line."""

    rule: Rule
    reason: Reason
    shares: tuple[Share, ...]


def decide(
    *,
    sale: Sale,
    touches: Iterable[TouchFact],
    terms: Iterable[TermsFact],
    hosts: Iterable[HostFact] = (),
    policy: Policy = POLICY,
    with_evidence: bool = True,
) -> tuple[Decision, ...]:
    """Decide every line of a sale (docs/attribution.md, Precedence), in the order of the lines.

    `touches`, `terms` and `hosts` may come in any order and more than once; `terms` are all versions of the collaborations that
    the touches and codes belong to. Without evidence the answer is the same, and sooner.
    """
    own = {touch.id: touch for touch in touches if touch.person_id == sale.buyer_id}
    ordered = sorted(own.values(), key=_rank)
    versions = _versions(terms)
    together = sorted(set(hosts), key=lambda host: (host.since, host.creator_id))
    in_force = [(touch, _in_force(touch.collaboration_id, touch.at, versions)) for touch in ordered]
    return tuple(_decide_line(sale, line, in_force, versions, together, policy, with_evidence) for line in sale.lines)


def _versions(terms: Iterable[TermsFact]) -> Versions:
    sorted_terms = sorted({version.id: version for version in terms}.values(), key=lambda version: version.version)
    versions: dict[UUID, list[TermsFact]] = {}
    for version in sorted_terms:
        versions.setdefault(version.collaboration_id, []).append(version)
    return versions


def _rank(touch: TouchFact) -> tuple[datetime, int, UUID]:
    return touch.at, STRENGTH.get(touch.kind, -1), touch.id


def _in_force(collaboration_id: UUID, moment: datetime, versions: Versions) -> TermsFact | None:
    """The highest version frozen by then."""
    mine = [version for version in versions.get(collaboration_id, ()) if version.frozen_at <= moment]
    return mine[-1] if mine else None


def _decide_line(
    sale: Sale,
    line: SaleLine,
    touches: Sequence[tuple[TouchFact, TermsFact | None]],
    versions: Versions,
    hosts: Sequence[HostFact],
    policy: Policy,
    with_evidence: bool,
) -> Decision:
    if line.product_id is None:
        return Decision(line_id=line.id, shares=(), rule=Rule.NONE, reason=Reason.NO_GOODS, policy_version=policy.version)
    judged = [Judged(touch, terms, _exclusion(sale, line, touch, terms)) for touch, terms in touches]
    named, code_reason = _named(sale, line, versions, policy)
    found = _found(sale, judged, named, hosts, policy)
    if found is None:
        last = judged[-1].excluded if judged else None
        found = _Found(Rule.NONE, code_reason or last or Reason.NO_TOUCH, ())
    return Decision(
        line_id=line.id,
        shares=found.shares,
        rule=found.rule,
        reason=found.reason,
        policy_version=policy.version,
        evidence=evidence_of(sale, line, judged, code_reason, found.rule, found.shares, policy) if with_evidence else {},
    )


def _exclusion(sale: Sale, line: SaleLine, touch: TouchFact, terms: TermsFact | None) -> Reason | None:
    """The first reason why a touch cannot win a line (docs/attribution.md), None when it can."""
    if touch.at > sale.placed_at:
        return Reason.TOUCH_AFTER_SALE
    if touch.kind not in STRENGTH:
        return Reason.SEEN_ONLY
    if not touch.consented:
        return Reason.NO_CONSENT
    excluded = _terms_exclusion(sale, line, terms)
    if excluded is None and terms is not None and sale.placed_at - touch.at >= terms.window:
        return Reason.OUTSIDE_WINDOW
    return excluded


def _terms_exclusion(sale: Sale, line: SaleLine, terms: TermsFact | None) -> Reason | None:
    if terms is None:
        return Reason.NO_TERMS
    if terms.creator_person_id == sale.buyer_id:
        return Reason.SELF_REFERRAL
    if line.brand_id in sale.member_of:
        return Reason.BRAND_MEMBER
    if terms.creator_id in sale.banned:
        return Reason.CREATOR_BANNED
    if line.brand_id != terms.brand_id or line.product_id not in terms.products:
        return Reason.OUTSIDE_BRIEF
    if terms.ended_at is not None and sale.placed_at >= terms.ended_at:
        return Reason.COLLABORATION_ENDED
    return None


def _named(sale: Sale, line: SaleLine, versions: Versions, policy: Policy) -> tuple[TermsFact | None, Reason | None]:
    """The terms that the typed code names for a line; else why it names none. Both None when no code was typed."""
    if not sale.code_given or policy.one_rule:
        return None, None
    code = next((code for code in sorted(sale.codes, key=_code_rank) if code.brand_id == line.brand_id), None)
    if code is None or code.given_at > sale.placed_at:
        return None, Reason.UNKNOWN_CODE
    if code.ended_at is not None and sale.placed_at >= code.ended_at:
        return None, Reason.CODE_ENDED
    terms = _in_force(code.collaboration_id, sale.placed_at, versions)
    excluded = _terms_exclusion(sale, line, terms)
    return (None, excluded) if excluded else (terms, Reason.CODE_NAMED)


def _code_rank(code: CodeGiven) -> tuple[datetime, UUID]:
    return code.given_at, code.id


def _found(
    sale: Sale, judged: Sequence[Judged], named: TermsFact | None, hosts: Sequence[HostFact], policy: Policy
) -> _Found | None:
    """The first rule that finds somebody; marks in `judged` what won and why the others did not."""
    able = [entry for entry in judged if entry.excluded is None]
    for entry in able:
        if _bought_in_stream(sale, entry.touch, policy) and entry.terms is not None:
            _lost(able, Verdict.STRONGER_RULE)
            entry.verdict = Verdict.WON
            return _Found(
                Rule.IN_STREAM, Reason.BOUGHT_IN_STREAM, merged(hosts_share(sale, entry.touch, entry.terms, hosts, WHOLE))
            )
    if named is not None:
        _lost(able, Verdict.STRONGER_RULE)
        whole = Share(creator_id=named.creator_id, show_id=None, terms_id=named.id, touch_id=None, bp=WHOLE)
        return _Found(Rule.CODE, Reason.CODE_NAMED, (whole,))
    if policy.one_rule:
        return _by_model(sale, able, Rule.LAST_TOUCH, hosts) if able else None
    clicks = [entry for entry in able if entry.touch.kind in CLICKS]
    if clicks:
        _lost(able, Verdict.STRONGER_RULE)
        return _by_model(sale, clicks, Rule.CLICK, hosts)
    return _by_model(sale, able, Rule.WATCHED, hosts) if able else None


def _bought_in_stream(sale: Sale, touch: TouchFact, policy: Policy) -> bool:
    return (
        touch.id == sale.touch_id
        and touch.kind == "buy_tap"
        and touch.show_id == sale.show_id
        and sale.placed_at - touch.at < policy.in_stream_for
    )


def _by_model(sale: Sale, able: Sequence[Judged], rule: Rule, hosts: Sequence[HostFact]) -> _Found:
    """Share among the touches of the brief that the last of them belongs to, by that brief's model."""
    decisive = able[-1].terms
    if decisive is None:
        raise ValueError("a touch that can win has terms")
    _lost(able, Verdict.OTHER_BRIEF)
    of_brief = [entry for entry in able if entry.terms is not None and entry.terms.brief_id == decisive.brief_id]
    return _Found(rule, REASONS[decisive.model], merged(_visits_share(sale, of_brief, decisive.model, hosts)))


def _visits_share(sale: Sale, entries: Sequence[Judged], model: Model, hosts: Sequence[HostFact]) -> list[Share]:
    """A visit is what follows one another in one show; it counts by its last touch, in the first-touch model by its first."""
    of_touch = {entry.touch.id: entry for entry in entries}
    visits = visits_of([entry.touch for entry in entries])
    shares: list[Share] = []
    for visit, bp in zip(visits, weights(model, len(visits)), strict=True):
        counts = of_touch[visit[0 if model is Model.FIRST_TOUCH else -1].id]
        loses = Verdict.SAME_VISIT if bp else Verdict.EARLIER_TOUCH if model is Model.FIRST_TOUCH else Verdict.LATER_TOUCH
        _lost([of_touch[touch.id] for touch in visit], loses)
        if bp and counts.terms is not None:
            counts.verdict = Verdict.WON
            shares += hosts_share(sale, counts.touch, counts.terms, hosts, bp)
    return shares


def _lost(entries: Iterable[Judged], verdict: Verdict) -> None:
    for entry in entries:
        entry.verdict = verdict
