"""Why, and why not: what creators, brands and finance read on the pages, and what they never do."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from creators import attribution, touches
from creators.shows import hosted_show
from creators.tables import TouchKind
from foundation.accounts import Principal
from foundation.tables import Role
from marketplace.tables import Order
from payouts import recredit
from tests import factories
from tests.cast import Browser, Cast
from tests.factories import Stage
from tests.marketplace import stall
from tests.payouts import facts
from tests.payouts.test_recredit import WHY, credited, duo, shared

pytestmark = pytest.mark.usefixtures("db")


async def browsers(cast: Cast, *people: Principal) -> list[Browser]:
    return [await cast.client(person) for person in people]


async def test_creator_brand_and_finance_read_base_rate_and_rounding(cast: Cast) -> None:
    made = await duo()
    sale = await credited(made.market, 5999)
    line = sale.lines[0]
    nour, ada, fay, sam = await browsers(cast, made.market.nour, made.market.ada, made.fay, made.market.sam)
    for browser, space in ((nour, "studio"), (ada, "brand"), (fay, "finance")):
        page = await browser.get(f"/{space}/sales/{line}")
        assert (page.status_code, "Bought in the stream" in page.text) == (200, True)
        money = (await browser.get(f"/{space}/sales/{line}/money", headers={"hx-request": "true"})).text
        assert "€49.99" in money
        assert "4.999, to the even cent" in money
        assert ("Platform fee" in money) == (space != "studio")
    assert (await sam.get(f"/studio/sales/{line}")).status_code == 404
    assert (await sam.get(f"/studio/sales/{line}/money")).status_code == 404


async def test_a_correction_is_asked_and_agreed_to_on_the_pages_and_everybody_concerned_can_read_it(cast: Cast) -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    here = f"/finance/sales/{sale.lines[0]}"
    fay, finn, nour, chloe = await browsers(cast, made.fay, made.finn, made.market.nour, made.chloe)
    assert (await fay.post(f"{here}/corrections", data={"handle": "nobody", "reason": WHY})).status_code == 422
    assert (await fay.post(f"{here}/corrections", data={"handle": "chloe", "reason": "no"})).status_code == 422
    assert (await fay.post(f"{here}/corrections", data={"handle": "chloe", "reason": WHY})).status_code == 303
    assert "/agree" not in (await fay.get(here)).text
    assert WHY not in (await nour.get(f"/studio/sales/{sale.lines[0]}")).text
    assert (await chloe.get(f"/studio/sales/{sale.lines[0]}")).status_code == 404
    page = (await finn.get(here)).text
    agree = page.split('action="/finance/credits/')[1].split('"')[0]
    assert agree.endswith("/agree")
    assert WHY in (await finn.get("/finance/credits")).text
    assert (await nour.post(f"/finance/credits/{agree}")).status_code == 403
    assert (await finn.post(f"/finance/credits/{agree}")).status_code == 303
    assert (await finn.post(f"/finance/credits/{agree}")).status_code == 409
    await recredit.follow_decisions(order_id=sale.order_id)
    mine = (await chloe.get(f"/studio/sales/{sale.lines[0]}")).text
    assert "Corrected by two persons" in mine
    assert WHY in mine
    assert "Fay" not in mine
    lost = (await nour.get(f"/studio/sales/{sale.lines[0]}")).text
    assert "Credited to another creator" in lost
    assert "chloe" not in lost.lower()
    undo = agree.replace("/agree", "/undo")
    assert (await finn.post(f"/finance/credits/{undo}", data={"reason": "no"})).status_code == 422
    assert (await finn.post(f"/finance/credits/{undo}", data={"reason": "It was Nour after all."})).status_code == 303


async def test_finance_finds_the_lines_of_an_order_by_its_number(cast: Cast) -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    fay = await cast.client(made.fay)
    assert f"/finance/sales/{sale.lines[0]}" in (await fay.get(f"/finance/credits?order={sale.number.lower()}")).text
    missing = await fay.get("/finance/credits?order=FF-1")
    assert (missing.status_code, "There is no order of this number" in missing.text) == (404, True)


async def test_who_shares_a_line_sees_their_part_and_not_the_other_ones_name(cast: Cast) -> None:
    made = await duo()
    sale = await credited(made.market, 6000)
    await shared(made, sale, (made.market.creator.id, made.market.terms.id, 6000), (made.chloe_creator, made.chloe_terms, 4000))
    chloe, ada = await browsers(cast, made.chloe, made.market.ada)
    mine = (await chloe.get(f"/studio/sales/{sale.lines[0]}")).text
    assert "another creator" in mine
    assert "nour.en.cuisine" not in mine
    money = (await chloe.get(f"/studio/sales/{sale.lines[0]}/money", headers={"hx-request": "true"})).text
    assert "€24.00" in money
    assert "€36.00" not in money
    assert "@nour.en.cuisine" in (await ada.get(f"/brand/sales/{sale.lines[0]}")).text
    assert "40" in (await chloe.get("/studio/sales")).text


class Lost:
    """Sam watched Chloé's show, then bought in Nour's."""

    made: Stage
    chloe: Principal
    sam: Principal
    number: str
    visit: UUID


async def lost() -> Lost:
    from tests.creators.test_attribution import order, tap

    case = Lost()
    case.made, case.sam, case.chloe = await factories.stage(live=True), await stall.person("sam"), await stall.person("chloe")
    await factories.creator(case.chloe, "chloe.cuisine")
    second = await factories.collaboration(case.made.ada, case.chloe, case.made.brief_id)
    other = await factories.show(case.chloe, second, [case.made.pan.id], title="Soup with Chloé")
    await factories.go_live(other.id)
    show = await hosted_show(show_id=other.id, by=case.chloe)
    case.visit = await touches.record_touch(show=show, kind=TouchKind.SHOW_VIEW, visitor="v", by=case.sam)
    order_id = await order(case.made, case.sam, touch_id=await tap(case.made, case.sam))
    await attribution.attribute_order(order_id=order_id)
    case.number = (await Order.select(Order.number).where(Order.id == order_id).first() or {})["number"]
    return case


async def test_a_creator_learns_why_a_sale_is_not_theirs_and_nothing_about_anybody_else(cast: Cast) -> None:
    case = await lost()
    chloe = await cast.client(case.chloe)
    for asked in (case.number, case.number.lower(), str(case.visit)):
        page = (await chloe.get("/studio/sales/why-not", params={"asked": asked})).text
        assert page.count("A stronger rule decided: it was bought in the stream.") == 2
        assert "Soup with Chloé" in page
        for secret in ("nour", "Copper night", "sam@", "Sam ", str(case.sam.id)):
            assert secret not in page.split("<main", 1)[1]


async def test_unknown_and_foreign_orders_get_one_and_the_same_answer(cast: Cast) -> None:
    case = await lost()
    ines = await facts.person("ines", Role.CREATOR)
    await factories.creator(ines, "ines.bakes")
    browser = await cast.client(ines)

    async def answer(asked: str) -> str:
        page = await browser.get("/studio/sales/why-not", params={"asked": asked})
        return page.text.split("<main", 1)[1].replace(asked, "")

    answers = {await answer(asked) for asked in (case.number, "FF-99999", str(case.visit), str(uuid4()))}
    assert len(answers) == 1
    assert "Nothing of yours was considered" in answers.pop()


async def test_asking_again_and_again_is_stopped(cast: Cast) -> None:
    case = await lost()
    chloe = await cast.client(case.chloe)
    codes = [(await chloe.get("/studio/sales/why-not", params={"asked": f"FF-{number}"})).status_code for number in range(31)]
    assert (codes[:30], codes[30]) == ([200] * 30, 429)


async def test_people_of_finance_alone_reach_the_corrections(cast: Cast) -> None:
    outsider = await facts.person("olga", Role.CREATOR)
    browser = await cast.client(outsider)
    assert (await browser.get("/finance/credits")).status_code == 403
    assert (await browser.post(f"/finance/sales/{uuid4()}/corrections", data={"reason": WHY})).status_code == 403
