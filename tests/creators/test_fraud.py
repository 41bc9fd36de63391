"""Suspicion: what the rules see, who decides, and that nothing but a person's decision frees what a case holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creators import fraud, fraud_cases
from creators.consent_tables import Choice, ConsentRecord
from creators.fraud import AppealTooLate, NotTheSameJudge, ReasonTooShort
from creators.fraud_rules import RULES, THRESHOLD, Facts, Signal, hits, score
from creators.fraud_tables import CaseStatus, FraudCase
from creators.tables import AttributionDecision, Touch
from foundation import accounts, clock
from foundation.accounts import Principal
from foundation.errors import NotFound, WrongState
from foundation.tables import Mail, Person, Role
from marketplace.tables import Order, Payment
from payouts import earnings, invariants
from payouts.tables import Commission, CommissionStatus
from tests.cast import Cast
from tests.marketplace import stall
from tests.payouts import facts
from tests.payouts.facts import Market, person

WHY = "The address is a parcel shop that many of her viewers use."
PLAIN = Facts()
CASES = [
    (Facts(goes_to_creators_address=True), Facts(), Signal.CREATORS_ADDRESS),
    (Facts(buyer_is_brand_staff=True), Facts(), Signal.BRAND_STAFF),
    (Facts(buyers_at_address=3), Facts(buyers_at_address=2), Signal.SHARED_ADDRESS),
    (Facts(paid_with_creators_card=True), Facts(), Signal.CREATORS_CARD),
    (Facts(buyers_with_card=3), Facts(buyers_with_card=2), Signal.SHARED_CARD),
    (Facts(buyer_on_creators_device=True), Facts(), Signal.CREATORS_DEVICE),
    (Facts(buyers_on_device=3), Facts(buyers_on_device=2), Signal.SHARED_DEVICE),
    (Facts(mail_goes_to_creator=True), Facts(), Signal.CREATORS_MAILBOX),
    (Facts(seconds_after_click=4), Facts(seconds_after_click=5), Signal.TOO_QUICK),
    (Facts(seconds_after_click=0), Facts(seconds_after_click=-1), Signal.TOO_QUICK),
    (Facts(click_orders=5), Facts(click_orders=4), Signal.CLICK_SHARED),
    (Facts(hour_clicks=201, usual_hour_clicks=20), Facts(hour_clicks=200, usual_hour_clicks=20), Signal.CLICK_FLOOD),
    (Facts(hour_clicks=201, usual_hour_clicks=20), Facts(hour_clicks=201, usual_hour_clicks=21), Signal.CLICK_FLOOD),
    (Facts(hour_sales=11, month_sales=21), Facts(hour_sales=11, month_sales=22), Signal.ORDER_BURST),
    (Facts(hour_sales=11, month_sales=21), Facts(hour_sales=11, month_sales=21, in_show=True), Signal.ORDER_BURST),
    (
        Facts(month_sales=12, returned_sales=5, brand_sales=100, brand_returned_sales=20),
        Facts(month_sales=12, returned_sales=5, brand_sales=100, brand_returned_sales=21),
        Signal.RETURN_RATE,
    ),
    (Facts(code_sales=10, code_sales_without_view=9), Facts(code_sales=10, code_sales_without_view=8), Signal.CODE_LEAKED),
    (
        Facts(first_sale=True, creator_days=29, amount_minor=60_000, brand_median_minor=6_000),
        Facts(first_sale=True, creator_days=30, amount_minor=60_000, brand_median_minor=6_000),
        Signal.LARGE_FIRST_SALE,
    ),
    (
        Facts(in_show=True, show_buyers=4, show_viewers=3),
        Facts(in_show=True, show_buyers=4, show_viewers=4),
        Signal.FEW_VIEWERS,
    ),
]


@pytest.mark.parametrize(("over", "under", "signal"), CASES)
def test_each_rule_has_its_border(over: Facts, under: Facts, signal: Signal) -> None:
    assert [hit.signal for hit in hits(over)] == [signal]
    assert hits(under) == ()


def test_every_signal_has_a_rule_and_an_ordinary_sale_has_none() -> None:
    assert {signal for _over, _under, signal in CASES} == set(Signal)
    assert len(RULES) == len(Signal)
    assert hits(PLAIN) == ()


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.booleans())
def test_more_that_is_suspicious_never_weighs_less(clicks: int, sales: int, buyers: int, staff: bool) -> None:
    some = Facts(hour_clicks=clicks, hour_sales=sales, month_sales=sales, buyers_at_address=buyers)
    more = replace(some, buyer_is_brand_staff=staff, buyers_at_address=buyers + 1)
    assert score(hits(more)) >= score(hits(some))


async def look() -> int:
    """The look of two minutes later: by then every sale of now is settled."""
    with clock.shifted(timedelta(minutes=2)):
        return await fraud.scan()


@pytest.fixture
async def market(db: None) -> Market:
    return await facts.market(commission_bp=2000)


async def sold_to_her_own_address(market: Market) -> UUID:
    """Sam buys in Nour's show; the parcel goes where Nour's own parcels go."""
    home = '{"name": "N", "line1": "3, rue de la Paix", "postcode": "75002", "city": "Paris", "country": "FR"}'
    own = await market.order(2500, in_show=False, paid_at=clock.now() - timedelta(days=3))
    await Order.update({Order.buyer: market.nour.id, Order.ship_to: home}).where(Order.id == own.order_id)
    sale = await market.order(6000, paid_at=clock.now() - timedelta(minutes=20))
    await Order.update({Order.ship_to: home.replace("3, rue de la Paix", "3 RUE DE LA PAIX")}).where(Order.id == sale.order_id)
    await earnings.credit_sale(order_id=sale.order_id)
    return sale.order_id


async def sold_to(market: Market, buyer: Principal, card: str = "") -> UUID:
    """An order of somebody, credited to Nour, and paid with a card."""
    sale = await market.order(6000, paid_at=clock.now() - timedelta(minutes=20))
    await Order.update({Order.buyer: buyer.id}).where(Order.id == sale.order_id)
    await Touch.update({Touch.person: buyer.id, Touch.visitor: f"p{buyer.id.hex}"}).where(
        Touch.id == (await stall.order(sale.order_id)).touch_id
    )
    if card:
        await Payment.update({Payment.card_fingerprint: card}).where(Payment.order == sale.order_id)
    await earnings.credit_sale(order_id=sale.order_id)
    return sale.order_id


async def agreed(device: UUID, who: Principal, choice: Choice = Choice.GIVEN) -> None:
    """Somebody chose on a device whether it may be recognised."""
    await ConsentRecord(
        subject=device,
        person=who.id,
        purpose="attribution",
        choice=choice,
        text_version="1",
        language="en",
        place="room",
        at=clock.now(),
    ).save()


async def seen_on(visitor: UUID, order_id: UUID, who: Principal) -> None:
    """The touch of an order was somebody's, under this name."""
    touch = (await stall.order(order_id)).touch_id
    await Touch.update({Touch.person: who.id, Touch.visitor: visitor.hex}).where(Touch.id == touch)


async def signals() -> list[list[str]]:
    return sorted([one.signal for one in case.signals] for case in await fraud_cases.cases(open_only=True))


async def test_a_sale_paid_with_the_creators_own_card_opens_a_case_and_another_card_does_not(market: Market) -> None:
    own = await market.order(2500, in_show=False, paid_at=clock.now() - timedelta(days=90))
    await Order.update({Order.buyer: market.nour.id}).where(Order.id == own.order_id)
    await Payment.update({Payment.card_fingerprint: "card-a"}).where(Payment.order == own.order_id)
    await sold_to(market, market.sam, "card-b")
    assert await look() == 0
    await sold_to(market, market.sam, "card-a")
    assert await look() == 1
    assert await signals() == [["creators_card"]]


async def test_the_third_account_that_pays_with_one_card_opens_a_case(market: Market) -> None:
    for name in ("lea", "tom"):
        await sold_to(market, await person(name), "card-a")
    assert await look() == 0
    await sold_to(market, await person("ines"), "card-a")
    assert await look() == 1
    assert await signals() == [["shared_card"]]


async def test_a_device_of_buyer_and_creator_opens_a_case_only_while_their_consent_stands(market: Market) -> None:
    device = uuid4()
    await agreed(device, market.nour)
    await agreed(device, market.sam)
    await agreed(device, market.sam, Choice.WITHDRAWN)
    await sold_to(market, market.sam)
    assert await look() == 0
    await agreed(device, market.nour)
    await agreed(device, market.sam)
    await sold_to(market, market.sam)
    assert await look() == 1
    assert await signals() == [["creators_device"]]


async def test_a_device_that_only_touches_name_counts_while_it_may_be_recognised_and_a_pages_own_visit_never(
    market: Market,
) -> None:
    device, pages_visit = uuid4(), uuid4()
    await agreed(device, market.nour)
    nours = await sold_to(market, market.sam)
    await seen_on(pages_visit, nours, market.nour)
    await seen_on(pages_visit, await sold_to(market, market.sam), market.sam)
    assert await look() == 0
    await seen_on(device, nours, market.nour)
    await seen_on(device, await sold_to(market, market.sam), market.sam)
    assert await look() == 1
    assert await signals() == [["creators_device"]]


@pytest.mark.parametrize(
    ("creators", "buyers", "same"),
    [
        ("nour@mail.example", "nour+gift@mail.example", True),
        ("nour.b@gmail.com", "n.o.u.r.b+2@googlemail.com", True),
        ("nour.b@mail.example", "nourb@mail.example", False),
        ("nour@mail.example", "nour@post.example", False),
        ("nour@mail.example", "nour2@mail.example", False),
    ],
)
async def test_a_guest_whose_mail_comes_to_the_creator_opens_a_case(
    market: Market, creators: str, buyers: str, same: bool
) -> None:
    for who, address in ((market.nour, creators), (market.sam, buyers)):
        await Person.update({Person.email: address}).where(Person.id == who.id)
    await sold_to(market, market.sam)
    assert await look() == same
    assert await signals() == ([["creators_mailbox"]] if same else [])


async def test_the_third_account_that_buys_from_one_device_opens_a_case(market: Market) -> None:
    device = uuid4()
    for name in ("lea", "tom", "ines"):
        buyer = await person(name)
        await agreed(device, buyer)
        await sold_to(market, buyer)
    assert await look() == 1
    assert await signals() == [["shared_device"]]


async def judge(name: str) -> Principal:
    return await accounts.create(email=f"{name}@fanfare.example", display_name=name.title(), roles=(Role.MODERATOR,))


async def test_a_sale_to_the_creators_own_address_opens_one_case_with_its_evidence(market: Market) -> None:
    order = await sold_to_her_own_address(market)
    assert [await look(), await look()] == [1, 0]
    [case] = await fraud_cases.cases(open_only=True)
    assert [one.signal for one in case.signals] == ["creators_address"]
    assert (case.score, case.sale) == (60, (await Order.objects().get(Order.id == order)).number)  # type: ignore[union-attr]
    assert await Mail.count().where(Mail.recipient == market.nour.email) == 1
    assert case.score >= THRESHOLD


async def test_a_hold_never_ends_by_itself_and_only_a_clearing_pays(market: Market) -> None:
    await sold_to_her_own_address(market)
    await look()
    for days in (15, 60, 400, 4000):
        with clock.shifted(timedelta(days=days)):
            await earnings.release_due()
        [row] = await Commission.objects().where(Commission.creator == market.creator.id)
        assert row.status == CommissionStatus.HELD, f"after {days} days"
    [case] = await fraud_cases.cases(open_only=True)
    await fraud.decide(case_id=case.id, clear=True, reason=WHY, by=await judge("max"))
    with clock.shifted(timedelta(days=15)):
        await earnings.release_due()
    [row] = await Commission.objects().where(Commission.creator == market.creator.id)
    assert row.status == CommissionStatus.AVAILABLE
    assert all(proof.holds for proof in await invariants.check())


async def test_a_confirmed_case_stays_held_and_is_appealed_to_somebody_else(market: Market) -> None:
    await sold_to_her_own_address(market)
    await look()
    [case] = await fraud_cases.cases(open_only=True)
    max_, mia = await judge("max"), await judge("mia")
    with pytest.raises(ReasonTooShort):
        await fraud.decide(case_id=case.id, clear=False, reason="No.", by=max_)
    with pytest.raises(AppealTooLate):
        await fraud.appeal(case_id=case.id, text=WHY, by=market.nour)
    await fraud.decide(case_id=case.id, clear=False, reason="Parcels of both go to one flat.", by=max_)
    with pytest.raises(WrongState):
        await fraud.decide(case_id=case.id, clear=True, reason=WHY, by=mia)
    with clock.shifted(timedelta(days=30)):
        await earnings.release_due()
        [row] = await Commission.objects().where(Commission.creator == market.creator.id)
        assert row.status == CommissionStatus.HELD
    await fraud.appeal(case_id=case.id, text=WHY, by=market.nour)
    with pytest.raises(AppealTooLate):
        await fraud.appeal(case_id=case.id, text=WHY, by=market.nour)
    with pytest.raises(NotTheSameJudge):
        await fraud.decide_appeal(case_id=case.id, clear=False, reason=WHY, by=max_)
    await fraud.decide_appeal(case_id=case.id, clear=True, reason=WHY, by=mia)
    with clock.shifted(timedelta(days=30)):
        await earnings.release_due()
    [row] = await Commission.objects().where(Commission.creator == market.creator.id)
    assert row.status == CommissionStatus.AVAILABLE


async def test_an_appeal_is_possible_for_six_months_and_only_for_the_creator(market: Market) -> None:
    await sold_to_her_own_address(market)
    await look()
    [case] = await fraud_cases.cases(open_only=True)
    await fraud.decide(case_id=case.id, clear=False, reason="Parcels of both go to one flat.", by=await judge("max"))
    with pytest.raises(NotFound):
        await fraud.appeal(case_id=UUID(int=0), text=WHY, by=market.nour)
    with clock.shifted(timedelta(days=184)), pytest.raises(AppealTooLate):
        await fraud.appeal(case_id=case.id, text=WHY, by=market.nour)


async def test_a_decided_case_is_not_opened_again_by_the_next_look(market: Market) -> None:
    await sold_to_her_own_address(market)
    await look()
    [case] = await fraud_cases.cases(open_only=True)
    await fraud.decide(case_id=case.id, clear=True, reason=WHY, by=await judge("max"))
    assert await look() == 0
    [row] = await FraudCase.objects()
    assert row.status == CaseStatus.CLEARED


async def test_ordinary_sales_open_nothing(market: Market) -> None:
    for minutes in range(3):
        sale = await market.order(6000, paid_at=clock.now() - timedelta(minutes=minutes + 1))
        await earnings.credit_sale(order_id=sale.order_id)
    assert await AttributionDecision.count() == 3
    assert await look() == 0


async def test_cases_are_decided_on_the_pages_by_moderation_and_finance_only(server: str, market: Market, cast: Cast) -> None:
    order = await sold_to_her_own_address(market)
    await look()
    [row] = await FraudCase.objects()
    number = (await Order.objects().get(Order.id == order)).number  # type: ignore[union-attr]
    nour, max_ = await cast.client(market.nour), await cast.client(await judge("max"))
    fay = await cast.client(await person("fay", Role.FINANCE_MAKER))
    for path in ("/moderation/cases", f"/moderation/cases/{row.id}"):
        assert (await nour.get(path)).status_code == 403
    assert number in (await max_.get("/moderation/cases")).text
    assert "address" in (await fay.get(f"/finance/cases/{row.id}")).text
    short = await max_.post(f"/moderation/cases/{row.id}", data={"outcome": "confirm", "reason": "short"})
    assert short.status_code == 422
    done = await max_.post(
        f"/moderation/cases/{row.id}", data={"outcome": "confirm", "reason": "Parcels of both go to one flat."}
    )
    assert done.status_code == 303
    page = (await nour.get("/studio/reviews")).text
    assert "Parcels of both go to one flat." in page
    assert market.sam.display_name not in page
    assert (await nour.post(f"/studio/reviews/{row.id}", data={"reason": WHY})).status_code == 303
    assert (await max_.post(f"/moderation/cases/{row.id}", data={"outcome": "clear", "reason": WHY})).status_code == 403
    assert (await fay.post(f"/finance/cases/{row.id}", data={"outcome": "clear", "reason": WHY})).status_code == 303
    assert (await FraudCase.objects())[0].status == CaseStatus.CLEARED
