"""Codes, clicks before watching, the models of a brief, co-hosts, bans: one test a rule, and no basis point lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creators.attribution_facts import (
    POLICIES,
    WHOLE,
    CodeGiven,
    Decision,
    HostFact,
    Model,
    Reason,
    Rule,
    Sale,
    TermsFact,
    TouchFact,
)
from creators.attribution_models import parted, weights
from creators.attribution_rules import decide
from creators.tables import TouchKind
from tests.creators.test_attribution_rules import (
    CHLOE,
    CHLOE_CREATOR,
    CHLOE_SHOW,
    CHLOE_WORK,
    CUIVRE,
    NOON,
    NOUR_CREATOR,
    NOUR_SHOW,
    NOUR_WORK,
    SAM,
    SCARF,
    agreements,
    facts,
    sale,
    terms,
    touch,
)

CLICK = TouchKind.PRODUCT_CLICK
INES, INES_CREATOR = UUID(int=4), UUID(int=14)


def code(
    work: UUID = CHLOE_WORK, *, ended_at: datetime | None = None, given_at: datetime = NOON - timedelta(days=9)
) -> CodeGiven:
    return CodeGiven(id=UUID(int=71), brand_id=CUIVRE, collaboration_id=work, given_at=given_at, ended_at=ended_at)


def with_code(given: CodeGiven | None = None, **changes: object) -> Sale:
    return replace(sale(), code_given=True, codes=(given,) if given else (), **changes)  # type: ignore[arg-type]  # the fields vary


def agreed(model: Model = Model.LAST_TOUCH) -> list[TermsFact]:
    return [replace(terms(), model=model), replace(terms(CHLOE_WORK), model=model)]


def decided(
    of: Sale, touches: list[TouchFact], papers: list[TermsFact] | None = None, hosts: tuple[HostFact, ...] = ()
) -> Decision:
    (one,) = decide(sale=of, touches=touches, terms=agreed() if papers is None else papers, hosts=hosts)
    return one


def parts(decision: Decision) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for share in decision.shares:
        found[share.creator_id] = found.get(share.creator_id, 0) + share.bp
    return found


def host(share_bp: int = 3000, *, since: datetime = NOON - timedelta(days=8), who: UUID = INES) -> HostFact:
    return HostFact(show_id=NOUR_SHOW, creator_id=INES_CREATOR, person_id=who, share_bp=share_bp, since=since)


def test_a_click_comes_before_a_later_view() -> None:
    decision = decided(sale(), [touch(600, kind=CLICK), touch(5, show=CHLOE_SHOW)])
    assert (parts(decision), decision.rule) == ({NOUR_CREATOR: WHOLE}, Rule.CLICK)
    assert [seen["verdict"] for seen in decision.evidence["touches"]] == ["won", "stronger_rule_won"]


def test_who_only_watched_within_the_window_is_credited_when_nobody_clicked() -> None:
    decision = decided(sale(), [touch(600), touch(5, show=CHLOE_SHOW)])
    assert (parts(decision), decision.rule) == ({CHLOE_CREATOR: WHOLE}, Rule.WATCHED)


def test_a_code_comes_before_a_click_and_after_a_purchase_in_the_stream() -> None:
    by_code = decided(with_code(code()), [touch(5, kind=CLICK)])
    assert (parts(by_code), by_code.rule, by_code.reason) == ({CHLOE_CREATOR: WHOLE}, Rule.CODE, Reason.CODE_NAMED)
    tap = touch(5, kind=TouchKind.BUY_TAP)
    in_stream = decided(with_code(code(), show_id=NOUR_SHOW, touch_id=tap.id), [tap])
    assert (parts(in_stream), in_stream.rule, in_stream.evidence["code"]) == (
        {NOUR_CREATOR: WHOLE},
        Rule.IN_STREAM,
        "stronger_rule_won",
    )


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (with_code(), "unknown_code"),
        (with_code(code(given_at=NOON + timedelta(seconds=1))), "unknown_code"),
        (with_code(code(ended_at=NOON)), "code_ended"),
        (with_code(code(), buyer_id=CHLOE), "self_referral"),
        (with_code(code(), member_of=frozenset({CUIVRE})), "brand_member"),
        (with_code(code(), banned=frozenset({CHLOE_CREATOR})), "creator_banned"),
        (with_code(code(UUID(int=59))), "no_terms"),
        (replace(with_code(code()), lines=sale(product=SCARF).lines), "outside_brief"),
    ],
)
def test_a_code_that_names_nobody_says_why_and_blocks_nothing(order: Sale, reason: str) -> None:
    nobody = decided(order, [])
    assert (nobody.shares, nobody.rule, str(nobody.reason), nobody.evidence["code"]) == ((), Rule.NONE, reason, reason)
    if reason in {"unknown_code", "code_ended", "no_terms"}:
        assert parts(decided(order, [touch(5, kind=CLICK)])) == {NOUR_CREATOR: WHOLE}


def test_a_code_that_ends_a_moment_after_the_order_still_counts() -> None:
    assert decided(with_code(code(ended_at=NOON + timedelta(microseconds=1))), []).rule is Rule.CODE


def test_a_banned_creator_is_credited_for_nothing() -> None:
    decision = decided(replace(sale(), banned=frozenset({NOUR_CREATOR})), [touch(5), touch(9, show=CHLOE_SHOW)])
    assert parts(decision) == {CHLOE_CREATOR: WHOLE}
    assert decision.evidence["touches"][-1]["verdict"] == "creator_banned"


def test_a_touch_without_leave_or_of_an_unknown_kind_counts_for_nothing() -> None:
    by_link = replace(touch(5, kind=CLICK), consented=False)
    assert decided(sale(), [by_link]).reason is Reason.NO_CONSENT
    assert decided(sale(), [replace(touch(5), kind="impression")]).reason is Reason.SEEN_ONLY


def test_delivery_is_credited_to_nobody() -> None:
    line = replace(sale().lines[0], product_id=None)
    assert decided(replace(sale(), lines=(line,)), [touch(5)]).reason is Reason.NO_GOODS


@pytest.mark.parametrize(
    ("model", "expected", "reason"),
    [
        (Model.LAST_TOUCH, {NOUR_CREATOR: 10_000}, Reason.LAST_TOUCH_IN_WINDOW),
        (Model.FIRST_TOUCH, {NOUR_CREATOR: 10_000}, Reason.FIRST_TOUCH_IN_WINDOW),
        (Model.LINEAR, {NOUR_CREATOR: 6667, CHLOE_CREATOR: 3333}, Reason.SHARED_EQUALLY),
        (Model.POSITION_BASED, {NOUR_CREATOR: 8000, CHLOE_CREATOR: 2000}, Reason.SHARED_BY_POSITION),
    ],
)
def test_each_model_shares_the_visits_as_it_says(model: Model, expected: dict[UUID, int], reason: Reason) -> None:
    decision = decided(sale(), [touch(30), touch(29), touch(20, show=CHLOE_SHOW), touch(9)], agreed(model))
    assert (parts(decision), decision.reason) == (expected, reason)


def test_the_first_touch_wins_when_the_brief_says_so() -> None:
    decision = decided(sale(), [touch(30, show=CHLOE_SHOW), touch(9)], agreed(Model.FIRST_TOUCH))
    assert parts(decision) == {CHLOE_CREATOR: WHOLE}
    assert [seen["verdict"] for seen in decision.evidence["touches"]] == ["won", "earlier_touch_won"]


def test_coming_back_to_the_same_show_is_one_visit() -> None:
    many = [touch(minute) for minute in range(10, 60)]
    assert parts(decided(sale(), [*many, touch(5, show=CHLOE_SHOW)], agreed(Model.LINEAR))) == {
        NOUR_CREATOR: 5000,
        CHLOE_CREATOR: 5000,
    }


def test_the_model_is_that_of_the_last_touchs_brief_and_another_briefs_touch_gets_nothing() -> None:
    papers = [replace(terms(), model=Model.FIRST_TOUCH), replace(terms(CHLOE_WORK), model=Model.LINEAR, brief_id=uuid4())]
    decision = decided(sale(), [touch(30), touch(9, show=CHLOE_SHOW)], papers)
    assert parts(decision) == {CHLOE_CREATOR: WHOLE}
    assert decision.evidence["touches"][0]["verdict"] == "other_brief_won"


def test_co_hosts_share_what_their_show_is_credited_with() -> None:
    decision = decided(sale(), [touch(5)], hosts=(host(),))
    assert [(share.creator_id, share.bp, share.terms_id) for share in decision.shares] == [
        (NOUR_CREATOR, 7000, terms().id),
        (INES_CREATOR, 3000, terms().id),
    ]


def test_a_co_host_who_came_later_is_banned_or_buys_has_nothing_and_the_host_has_all() -> None:
    later = host(since=NOON - timedelta(minutes=4))
    assert parts(decided(sale(), [touch(5)], hosts=(later,))) == {NOUR_CREATOR: WHOLE}
    assert parts(decided(sale(), [touch(5)], hosts=(host(who=SAM),))) == {NOUR_CREATOR: WHOLE}
    banned = replace(sale(), banned=frozenset({INES_CREATOR}))
    assert parts(decided(banned, [touch(5)], hosts=(host(),))) == {NOUR_CREATOR: WHOLE}


def test_an_old_policy_still_decides_as_it_did() -> None:
    touches = [touch(600, kind=CLICK), touch(5, show=CHLOE_SHOW)]
    (old,) = decide(sale=with_code(code()), touches=touches, terms=agreed(), policy=POLICIES["2026-11"])
    assert (parts(old), old.rule, old.policy_version) == ({CHLOE_CREATOR: WHOLE}, Rule.LAST_TOUCH, "2026-11")


@given(st.sampled_from(list(Model)), st.integers(min_value=1, max_value=200))
def test_the_weights_of_a_model_are_all_of_it(model: Model, visits: int) -> None:
    found = weights(model, visits)
    assert (len(found), sum(found), min(found) >= 0) == (visits, WHOLE, True)


@given(st.integers(min_value=0, max_value=10**12), st.lists(st.integers(min_value=0, max_value=10_000), min_size=1).filter(sum))
def test_parts_are_the_whole_and_each_is_off_by_less_than_one(amount: int, ratios: list[int]) -> None:
    found = parted(amount, ratios)
    assert sum(found) == amount
    assert all(abs(part * sum(ratios) - amount * ratio) < sum(ratios) for part, ratio in zip(found, ratios, strict=True))


hosting = st.lists(
    st.builds(
        HostFact,
        show_id=st.sampled_from([NOUR_SHOW, CHLOE_SHOW]),
        creator_id=st.sampled_from([INES_CREATOR, UUID(int=15)]),
        person_id=st.sampled_from([INES, SAM]),
        share_bp=st.integers(1, 4999),
        since=st.sampled_from([NOON - timedelta(days=30), NOON - timedelta(minutes=30)]),
    ),
    max_size=2,
    unique_by=lambda fact: (fact.show_id, fact.creator_id),
)
codes = st.one_of(st.none(), st.builds(code, st.sampled_from([NOUR_WORK, CHLOE_WORK]), ended_at=st.sampled_from([None, NOON])))


@given(facts, agreements, st.sampled_from(list(Model)), hosting, codes, st.data())
def test_whatever_the_facts_and_their_order_a_line_is_credited_whole_or_to_nobody(
    touches: list[TouchFact],
    papers: list[TermsFact],
    model: Model,
    hosts: list[HostFact],
    given_code: CodeGiven | None,
    data: st.DataObject,
) -> None:
    papers = [replace(paper, model=model) for paper in papers]
    order = with_code(given_code) if given_code else sale()
    first = decide(sale=order, touches=touches, terms=papers, hosts=hosts)
    again = decide(
        sale=order,
        touches=data.draw(st.permutations(touches)) + touches,
        terms=data.draw(st.permutations(papers)),
        hosts=data.draw(st.permutations(hosts)) + hosts,
    )
    assert first == again
    (decision,) = first
    assert sum(share.bp for share in decision.shares) == (WHOLE if decision.shares else 0)
    assert bool(decision.shares) == (decision.rule is not Rule.NONE)
    (bare,) = decide(sale=order, touches=touches, terms=papers, hosts=hosts, with_evidence=False)
    assert replace(decision, evidence={}) == bare


@given(facts, agreements)
def test_touches_that_cannot_win_change_nothing_but_the_evidence(touches: list[TouchFact], papers: list[TermsFact]) -> None:
    decision = decided(sale(), touches, papers)
    able = [
        fact
        for fact in touches
        if any(seen["id"] == str(fact.id) and seen["verdict"] in {"won", "later_touch_won", "stronger_rule_won", "same_visit"}
               for seen in decision.evidence["touches"])
    ]  # fmt: skip
    assert decided(sale(), able, papers).shares == decision.shares
