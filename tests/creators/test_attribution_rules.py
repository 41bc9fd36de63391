"""The rules of docs/attribution.md: one test a rule, and what must hold whatever the facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from creators.attribution_facts import Decision, Reason, Rule, Sale, SaleLine, TermsFact, TouchFact
from creators.attribution_rules import decide
from creators.tables import TouchKind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAM, NOUR, CHLOE = UUID(int=1), UUID(int=2), UUID(int=3)
NOUR_CREATOR, CHLOE_CREATOR = UUID(int=12), UUID(int=13)
CUIVRE, VELOURS = UUID(int=21), UUID(int=22)
PAN, POT, SCARF = UUID(int=31), UUID(int=32), UUID(int=33)
NOUR_SHOW, CHLOE_SHOW = UUID(int=41), UUID(int=42)
NOUR_WORK, CHLOE_WORK = UUID(int=51), UUID(int=52)
BRIEF = UUID(int=61)


def touch(
    minutes_before: float = 5,
    *,
    show: UUID = NOUR_SHOW,
    kind: TouchKind = TouchKind.SHOW_VIEW,
    person: UUID | None = SAM,
    id_: UUID | None = None,
) -> TouchFact:
    return TouchFact(
        id=id_ or uuid4(),
        person_id=person,
        show_id=show,
        collaboration_id=NOUR_WORK if show == NOUR_SHOW else CHLOE_WORK,
        kind=kind,
        product_id=None,
        at=NOON - timedelta(minutes=minutes_before),
    )


def terms(
    work: UUID = NOUR_WORK,
    *,
    version: int = 1,
    products: frozenset[UUID] = frozenset({PAN, POT}),
    window: timedelta = timedelta(days=7),
    ended_at: datetime | None = None,
    frozen_at: datetime = NOON - timedelta(days=60),
    brand: UUID = CUIVRE,
) -> TermsFact:
    nour = work == NOUR_WORK
    return TermsFact(
        id=UUID(int=1000 + version + (0 if nour else 100)),
        collaboration_id=work,
        version=version,
        frozen_at=frozen_at,
        ended_at=ended_at,
        creator_id=NOUR_CREATOR if nour else CHLOE_CREATOR,
        creator_person_id=NOUR if nour else CHLOE,
        brand_id=brand,
        products=products,
        window=window,
        brief_id=BRIEF,
    )


def sale(
    *,
    product: UUID = PAN,
    buyer: UUID = SAM,
    show: UUID | None = None,
    touch_id: UUID | None = None,
    member_of: frozenset[UUID] = frozenset(),
    brand: UUID = CUIVRE,
) -> Sale:
    return Sale(
        order_id=UUID(int=99),
        buyer_id=buyer,
        placed_at=NOON,
        show_id=show,
        touch_id=touch_id,
        member_of=member_of,
        lines=(SaleLine(id=UUID(int=98), product_id=product, brand_id=brand),),
    )


def creator_of(decision: Decision) -> UUID | None:
    return decision.first.creator_id if decision.first else None


def one(of: Sale, touches: list[TouchFact], agreed: list[TermsFact] | None = None) -> Decision:
    (decision,) = decide(sale=of, touches=touches, terms=[terms(), terms(CHLOE_WORK)] if agreed is None else agreed)
    return decision


def test_a_purchase_in_the_stream_is_credited_to_its_host_even_when_another_touch_is_later() -> None:
    tap = touch(10, kind=TouchKind.BUY_TAP)
    decision = one(sale(show=NOUR_SHOW, touch_id=tap.id), [tap, touch(1, show=CHLOE_SHOW)])
    assert (creator_of(decision), decision.rule, decision.reason) == (NOUR_CREATOR, Rule.IN_STREAM, Reason.BOUGHT_IN_STREAM)
    assert decision.first is not None
    assert (decision.first.show_id, decision.first.touch_id, decision.first.terms_id) == (NOUR_SHOW, tap.id, terms().id)


def test_a_tap_of_an_hour_ago_is_no_purchase_in_the_stream_any_more() -> None:
    tap = touch(60, kind=TouchKind.BUY_TAP)
    decision = one(sale(show=NOUR_SHOW, touch_id=tap.id), [tap, touch(1, show=CHLOE_SHOW, kind=TouchKind.PRODUCT_CLICK)])
    assert (creator_of(decision), decision.rule) == (CHLOE_CREATOR, Rule.CLICK)


def test_a_touch_of_somebody_else_is_evidence_of_nothing() -> None:
    tap = touch(1, kind=TouchKind.BUY_TAP, person=CHLOE)
    decision = one(sale(show=NOUR_SHOW, touch_id=tap.id), [tap])
    assert (creator_of(decision), decision.reason) == (None, Reason.NO_TOUCH)


def test_a_touch_of_another_show_than_the_order_names_does_not_make_it_a_purchase_in_the_stream() -> None:
    tap = touch(1, kind=TouchKind.BUY_TAP)
    decision = one(sale(show=CHLOE_SHOW, touch_id=tap.id), [tap])
    assert (creator_of(decision), decision.rule) == (NOUR_CREATOR, Rule.CLICK)


def test_the_last_touch_within_the_window_wins() -> None:
    decision = one(sale(), [touch(600), touch(60, show=CHLOE_SHOW), touch(1000)])
    assert (creator_of(decision), decision.reason) == (CHLOE_CREATOR, Reason.LAST_TOUCH_IN_WINDOW)


def test_at_the_same_moment_a_tap_is_stronger_than_a_view() -> None:
    decision = one(sale(), [touch(5, kind=TouchKind.BUY_TAP), touch(5, show=CHLOE_SHOW)])
    assert creator_of(decision) == NOUR_CREATOR


def test_the_window_is_half_open() -> None:
    week = 7 * 24 * 60
    assert creator_of(one(sale(), [touch(week - 1 / 60_000_000)])) == NOUR_CREATOR
    outside = one(sale(), [touch(week)])
    assert (creator_of(outside), outside.reason) == (None, Reason.OUTSIDE_WINDOW)


def test_a_touch_at_the_moment_of_the_order_counts_and_one_after_it_does_not() -> None:
    assert creator_of(one(sale(), [touch(0)])) == NOUR_CREATOR
    assert one(sale(), [touch(-1)]).reason is Reason.TOUCH_AFTER_SALE


def test_a_creator_is_not_credited_for_what_she_buys_herself() -> None:
    decision = one(sale(buyer=NOUR), [touch(person=NOUR)])
    assert (creator_of(decision), decision.reason) == (None, Reason.SELF_REFERRAL)


def test_a_creator_who_buys_in_her_own_show_may_still_credit_a_colleague() -> None:
    tap = touch(2, kind=TouchKind.BUY_TAP, person=NOUR)
    decision = one(sale(buyer=NOUR, show=NOUR_SHOW, touch_id=tap.id), [tap, touch(300, show=CHLOE_SHOW, person=NOUR)])
    assert (creator_of(decision), decision.rule) == (CHLOE_CREATOR, Rule.WATCHED)


def test_what_a_member_buys_of_the_own_brand_is_credited_to_nobody() -> None:
    decision = one(sale(member_of=frozenset({CUIVRE})), [touch()])
    assert (creator_of(decision), decision.reason) == (None, Reason.BRAND_MEMBER)


def test_a_product_outside_the_terms_is_credited_to_nobody() -> None:
    assert one(sale(product=SCARF), [touch()]).reason is Reason.OUTSIDE_BRIEF
    assert one(sale(brand=VELOURS), [touch()]).reason is Reason.OUTSIDE_BRIEF


def test_an_ended_collaboration_is_credited_for_nothing_from_its_end_on() -> None:
    assert one(sale(), [touch()], [terms(ended_at=NOON)]).reason is Reason.COLLABORATION_ENDED
    assert creator_of(one(sale(), [touch()], [terms(ended_at=NOON + timedelta(microseconds=1))])) == NOUR_CREATOR


def test_a_touch_is_judged_by_the_terms_in_force_when_it_happened() -> None:
    agreed = [
        terms(version=2, window=timedelta(days=1), frozen_at=NOON - timedelta(days=3)),
        terms(version=1, window=timedelta(days=7)),
    ]
    before, after = touch(4 * 24 * 60), touch(2 * 24 * 60)
    decision = one(sale(), [before, after], agreed)
    assert decision.first is not None
    assert (decision.first.touch_id, decision.first.terms_id) == (before.id, agreed[1].id)
    assert [seen["verdict"] for seen in decision.evidence["touches"]] == ["won", "outside_window"]


def test_a_touch_before_the_first_terms_credits_nobody() -> None:
    assert one(sale(), [touch()], [terms(frozen_at=NOON)]).reason is Reason.NO_TERMS


def test_without_any_touch_nobody_is_credited() -> None:
    decision = one(sale(), [])
    assert (decision.rule, decision.reason, decision.evidence["touches"]) == (Rule.NONE, Reason.NO_TOUCH, [])


def test_each_line_is_decided_on_its_own() -> None:
    lines = (
        SaleLine(id=UUID(int=1), product_id=PAN, brand_id=CUIVRE),
        SaleLine(id=UUID(int=2), product_id=SCARF, brand_id=VELOURS),
    )
    order = Sale(
        order_id=UUID(int=99), buyer_id=SAM, placed_at=NOON, show_id=None, touch_id=None, member_of=frozenset(), lines=lines
    )
    first, second = decide(sale=order, touches=[touch()], terms=[terms()])
    assert (creator_of(first), creator_of(second)) == (NOUR_CREATOR, None)


minutes = st.integers(min_value=-100, max_value=20 * 24 * 60)
facts = st.lists(
    st.builds(
        touch,
        minutes,
        show=st.sampled_from([NOUR_SHOW, CHLOE_SHOW]),
        kind=st.sampled_from(list(TouchKind)),
        person=st.sampled_from([SAM, NOUR, None]),
        id_=st.uuids(),
    ),
    max_size=8,
    unique_by=lambda fact: fact.id,
)
agreements = st.lists(
    st.builds(
        terms,
        st.sampled_from([NOUR_WORK, CHLOE_WORK]),
        version=st.integers(1, 3),
        products=st.sampled_from([frozenset({PAN}), frozenset({POT}), frozenset({PAN, POT})]),
        window=st.sampled_from([timedelta(days=1), timedelta(days=7), timedelta(days=14)]),
        ended_at=st.sampled_from([None, NOON, NOON - timedelta(days=1), NOON + timedelta(days=1)]),
        frozen_at=st.sampled_from([NOON - timedelta(days=60), NOON - timedelta(days=2)]),
    ),
    max_size=4,
    unique_by=lambda fact: fact.id,
)


@given(facts, agreements, st.data())
def test_the_order_and_the_repetition_of_facts_change_nothing(
    touches: list[TouchFact], agreed: list[TermsFact], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from([*touches, None]))
    order = sale(show=NOUR_SHOW, touch_id=chosen.id if chosen else None)
    shuffled = data.draw(st.permutations(touches)) + data.draw(
        st.lists(st.sampled_from(touches), max_size=4) if touches else st.just([])
    )
    agreed_again = data.draw(st.permutations(agreed)) + agreed
    assert decide(sale=order, touches=touches, terms=agreed) == decide(sale=order, touches=shuffled, terms=agreed_again)


@given(facts, agreements, st.sampled_from([SAM, NOUR]))
def test_whoever_is_credited_had_a_touch_that_was_allowed_to_win(
    touches: list[TouchFact], agreed: list[TermsFact], buyer: UUID
) -> None:
    decision = one(sale(buyer=buyer), touches, agreed)
    verdicts = [seen["verdict"] for seen in decision.evidence["touches"]]
    assert (creator_of(decision) is not None) == (verdicts.count("won") == 1)
    if creator_of(decision) is None:
        assert decision.rule is Rule.NONE
        return
    assert decision.first is not None
    winner = next(fact for fact in touches if fact.id == decision.first.touch_id)
    version = next(fact for fact in agreed if fact.id == decision.first.terms_id)
    assert winner.person_id == buyer != version.creator_person_id
    assert winner.at <= NOON < winner.at + version.window
    assert version.ended_at is None or version.ended_at > NOON
    assert PAN in version.products
