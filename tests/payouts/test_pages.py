"""Finance, creators and brands see their money, and only theirs."""

from __future__ import annotations

from uuid import UUID

import pytest

from foundation.tables import Role
from payouts import reconciliation, runs, transfers
from payouts.tables import ItemStatus, PayoutItem, RunStatus
from tests.cast import Cast
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

FINANCE_PAGES = ("/finance", "/finance/runs", "/finance/reconciliation", "/finance/trace", "/finance/accounts")


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """120.00 sold, released, with payees who can be paid."""
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    await house.books()
    return house


@pytest.mark.parametrize("path", FINANCE_PAGES)
async def test_finance_pages_are_for_finance(house: Ready, cast: Cast, path: str) -> None:
    assert (await (await cast.client(house.fay)).get(path)).status_code == 200
    assert (await (await cast.client(house.market.nour)).get(path)).status_code == 403


async def test_a_run_is_made_submitted_approved_and_sent_on_the_pages(house: Ready, cast: Cast) -> None:
    fay, finn = await cast.client(house.fay), await cast.client(house.finn)
    assert "€115.00" in (await fay.get("/finance/runs")).text
    answer = await fay.post("/finance/runs")
    here = answer.headers["location"]
    assert "€115.00" in (await fay.get(here)).text
    await fay.post(f"{here}/submit")
    run = await runs.by_number(here.rsplit("/", 1)[1])
    assert "Approve and send" not in (await fay.get(here)).text
    page = (await finn.get(here)).text
    assert run.content_hash in page
    assert (await finn.post(f"{here}/approve", data={"content_hash": run.content_hash})).status_code == 303
    assert (await runs.run_of(run.id)).status == RunStatus.APPROVED
    await transfers.execute(run_id=run.id)
    page = (await fay.get(here)).text
    assert "Completed" in page
    for item in await PayoutItem.objects().where(PayoutItem.run == run.id):
        assert item.status == ItemStatus.SENT
        assert str(item.transfer_id) in page


async def test_a_maker_cannot_approve_even_with_both_roles(house: Ready, cast: Cast) -> None:
    from foundation import accounts

    await accounts.grant(person_id=house.fay.id, role=Role.FINANCE_CHECKER)
    fay = await cast.client(house.fay)
    here = (await fay.post("/finance/runs")).headers["location"]
    await fay.post(f"{here}/submit")
    run = await runs.by_number(here.rsplit("/", 1)[1])
    answer = await fay.post(f"{here}/approve", data={"content_hash": run.content_hash})
    assert answer.status_code == 403
    assert "somebody else has to approve" in answer.text
    assert (await runs.run_of(run.id)).status == RunStatus.SUBMITTED


async def test_a_refusal_needs_its_reason(house: Ready, cast: Cast) -> None:
    fay, finn = await cast.client(house.fay), await cast.client(house.finn)
    here = (await fay.post("/finance/runs")).headers["location"]
    await fay.post(f"{here}/submit")
    assert (await finn.post(f"{here}/refuse", data={"reason": ""})).status_code == 422
    assert (await finn.post(f"{here}/refuse", data={"reason": "Wait for the bank"})).status_code == 303
    assert "Wait for the bank" in (await fay.get(here)).text


async def test_any_id_opens_the_whole_way_of_the_money(house: Ready, cast: Cast) -> None:
    sale = await house.sale(6000)
    await house.books()
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    await transfers.execute(run_id=run.id)
    await house.books()
    await reconciliation.reconcile()
    fay = await cast.client(house.fay)
    transfer = (await PayoutItem.objects().where(PayoutItem.run == run.id).first()).transfer_id  # type: ignore[union-attr]
    for text in (sale.number, sale.charge, str(sale.order_id), run.number, transfer):
        page = (await fay.get("/finance/trace", params={"q": text})).text
        assert sale.number in page
        assert "T2" in page
        assert "P2" in page
    page = (await fay.get("/finance/trace", params={"q": sale.number})).text
    assert "€10.00" in page
    assert str(transfer) in page
    assert "Nothing has this id" in (await fay.get("/finance/trace", params={"q": "tr_nothing"})).text


async def test_every_figure_opens_its_postings(house: Ready, cast: Cast) -> None:
    fay = await cast.client(house.fay)
    page = (await fay.get("/finance/accounts")).text
    assert "Balanced" in page
    answer = await fay.get("/finance/accounts/code/2121")
    assert answer.status_code == 303
    page = (await fay.get(answer.headers["location"])).text
    assert "Nour Benali" in page
    journal = page.split("/finance/accounts/journals/")[1].split('"')[0]
    assert "Postings" in (await fay.get(f"/finance/accounts/journals/{journal}")).text
    assert (await fay.get("/finance/accounts/code/9999")).status_code == 404
    assert (await fay.get("/finance/accounts/999999")).status_code == 404
    assert (await fay.get("/finance/accounts/journals/999999")).status_code == 404


async def test_a_difference_stands_on_the_board_until_somebody_explains_it(house: Ready, cast: Cast) -> None:
    from foundation import stripe_gateway
    from foundation.money import Money

    await stripe_gateway.transfer(
        amount=Money(700, "EUR"), destination=house.nour_account, group="by_hand", item_id="none", key="by-hand"
    )
    fay = await cast.client(house.fay)
    await fay.post("/finance/reconciliation")
    page = (await fay.get("/finance/reconciliation")).text
    assert "A transfer that no run asked for" in page
    case = page.split("/resolve")[0].rpartition("/finance/reconciliation/")[2]
    here = f"/finance/reconciliation/{case}"
    assert (await fay.post(f"{here}/owner", data={"owner": str(house.finn.id)})).status_code == 303
    assert (await fay.post(f"{here}/owner", data={"owner": "nobody at all"})).status_code == 422
    assert (await fay.post(f"{here}/owner", data={"owner": str(UUID(int=9))})).status_code == 422
    assert (await fay.post(f"{here}/refuse", data={"resolution": "No"})).status_code == 404
    for order in ("age", "amount", "owner", "upside down"):
        assert "Finn" in (await fay.get(f"/finance/reconciliation?sort={order}&after=0")).text
    assert "Nothing is yours" in (await fay.get("/finance/reconciliation?mine=1&case=x")).text
    assert (await fay.post(f"/finance/reconciliation/{case}/resolve", data={"resolution": " "})).status_code == 422
    assert (await fay.post(f"/finance/reconciliation/{case}/resolve", data={"resolution": "Test of the bank"})).status_code == 303
    await fay.post("/finance/reconciliation")
    assert await reconciliation.open_count() == 0
    assert "Test of the bank" in (await fay.get("/finance/reconciliation?state=resolved")).text


async def test_a_creator_sees_what_they_have_and_when(house: Ready, cast: Cast) -> None:
    await house.sale(6000, released=False)
    nour = await cast.client(house.market.nour)
    page = (await nour.get("/studio/earnings")).text
    assert "€20.00" in page
    assert "€10.00" in page
    assert "€30.00" in page
    assert "€20.00" in (await nour.get("/studio/earnings/summary", headers={"hx-request": "true"})).text
    assert (await (await cast.client(house.market.sam)).get("/studio/earnings")).status_code == 404


async def test_a_brand_sees_its_own_money_only(house: Ready, cast: Cast) -> None:
    ada, bruno = await cast.client(house.market.ada), await cast.client(await cast.bruno())
    assert "€95.00" in (await ada.get("/brand/money")).text
    assert "€95.00" not in (await bruno.get("/brand/money")).text


async def test_a_creator_opens_a_payout_account_at_stripe_and_comes_back(
    server: str, cast: Cast, stripe_sandbox: StandIn
) -> None:
    from payouts.tables import Payee
    from tests.payouts import facts

    market = await facts.market()
    nour = await cast.client(market.nour)
    assert "No payout account yet" in (await nour.get("/studio/payouts")).text
    answer = await nour.post("/studio/payouts")
    assert answer.headers["location"].startswith(stripe_sandbox.url)
    await nour.post("/studio/payouts")
    payee = await Payee.objects().where(Payee.creator == market.creator.id).first()
    assert payee is not None
    assert not payee.payable
    await stripe_sandbox.admin(f"accounts/{payee.stripe_account_id}/activate")
    assert (await nour.get("/studio/payouts/return")).headers["location"] == "/studio/payouts"
    assert "You can be paid" in (await nour.get("/studio/payouts")).text


async def test_a_lost_answer_while_opening_leaves_one_account(server: str, cast: Cast, stripe_sandbox: StandIn) -> None:
    from payouts.tables import Payee
    from tests.payouts import facts

    market = await facts.market()
    nour = await cast.client(market.nour)
    await stripe_sandbox.admin("faults", {"kind": "lost_response", "operation": "POST /v2/core/accounts", "times": 3})
    assert (await nour.post("/studio/payouts")).status_code == 503
    assert (await nour.post("/studio/payouts")).status_code == 303
    assert await Payee.count() == 1


async def test_the_whole_path_runs_by_itself_through_events_and_webhooks(house: Ready, cast: Cast, settle: object) -> None:
    fay, finn = await cast.client(house.fay), await cast.client(house.finn)
    here = (await fay.post("/finance/runs")).headers["location"]
    await fay.post(f"{here}/submit")
    run = await runs.by_number(here.rsplit("/", 1)[1])
    await finn.post(f"{here}/approve", data={"content_hash": run.content_hash})
    await settle()  # type: ignore[operator]  # the fixture's own type
    assert (await runs.run_of(run.id)).status == RunStatus.COMPLETED


async def test_stripes_news_of_an_account_reach_the_payee(
    server: str, cast: Cast, stripe_sandbox: StandIn, settle: object
) -> None:
    from payouts.tables import Payee
    from tests.payouts import facts

    market = await facts.market()
    await (await cast.client(market.nour)).post("/studio/payouts")
    payee = await Payee.objects().first()
    assert payee is not None
    await stripe_sandbox.admin(f"accounts/{payee.stripe_account_id}/activate")
    await settle()  # type: ignore[operator]  # the fixture's own type
    assert await Payee.exists().where(Payee.payable.eq(True))
    await stripe_sandbox.admin(f"accounts/{payee.stripe_account_id}/restrict")
    await settle()  # type: ignore[operator]  # the fixture's own type
    assert not await Payee.exists().where(Payee.payable.eq(True))
