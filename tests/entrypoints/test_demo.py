"""The market of the demo: its people and things are whole, its month is lived honestly, and it stays out of production."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner

from creators.tables import ChatMessage, Show, ShowStatus
from entrypoints import demo_pictures, wiring
from entrypoints.cli import Commands
from entrypoints.commands import demo as command
from entrypoints.demo import founding, history, market, people, pictures, programme, talk, travel
from entrypoints.demo.history import Past
from foundation import clock, outbox
from marketplace.tables import Order, OrderStatus, Product
from payouts import proofs, reconciliation
from payouts.tables import Commission, ExceptionStatus, Payee, PayoutItem, PayoutRun, ReconciliationException, RunStatus
from tests.contracts.mux_account import with_settings
from tests.stand_ins import StandIn


def test_the_market_is_six_brands_sixty_products_and_forty_creators() -> None:
    products = [product for brand in market.BRANDS for product in brand.products]
    assert (len(market.BRANDS), len(products), len(people.CREATORS)) == (6, 60, 40)
    assert all(product.was == 0 or product.was > product.price for product in products)
    assert {product.kind for product in products} == set(demo_pictures.KINDS)


def test_nobody_in_the_market_shares_an_address_or_a_handle() -> None:
    keys = [creator.key for creator in people.CREATORS] + [staff.key for staff in people.STAFF]
    keys += [people.shopper_key(name) for name in (*people.SHOPPERS, *(brand.owner for brand in market.BRANDS))]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.isalpha() for key in keys)
    assert len({creator.handle for creator in people.CREATORS}) == len(people.CREATORS)


def test_every_show_has_a_host_of_the_market_and_something_to_say() -> None:
    creators = {creator.key for creator in people.CREATORS}
    for show in (*programme.PAST, programme.ON_AIR, *programme.COMING):
        brand = market.BRANDS[show.brief[0]]
        assert show.host in creators
        assert show.brief[1] < len(brand.briefs)
        assert all(place < len(brand.products) for place in show.products)
        assert talk.ASKED[brand.trade]


def test_every_picture_of_the_market_can_be_drawn() -> None:
    wanted = pictures.all_pictures()
    assert len({picture.path for picture in wanted}) == len(wanted)
    for picture in wanted:
        assert picture.drawing(*picture.arguments).startswith("<svg")


@pytest.mark.parametrize("variable", ["STRIPE_API_BASE", "MUX_API_BASE"])
def test_the_demo_pays_only_at_the_stand_ins(variable: str) -> None:
    with with_settings(**{variable: "", "STRIPE_SECRET_KEY": "sk_test_other", "MUX_TOKEN_ID": "other"}):
        answer = CliRunner().invoke(Commands(commands={"demo": command}), ["demo"])
    assert answer.exit_code == 2
    assert variable in answer.output


def test_the_demo_refuses_to_run_in_production() -> None:
    production = {
        "FANFARE_ENV": "production",
        "FANFARE_SECRET_KEY": "k" * 40,
        "FANFARE_BASE_URL": "https://fanfare.example",
        "FANFARE_MAIL_URL": "smtp://mail.example",
    }
    with with_settings(**production):
        answer = CliRunner().invoke(Commands(commands={"demo": command}), ["demo"])
    assert answer.exit_code == 2
    assert "FANFARE_ENV" in answer.output


async def _live(days: float) -> Past:
    """Found the market and live through the acts of its first `days` days."""
    wiring.connect()
    now = clock.now()
    async with travel.journey() as journey:
        await journey.to(history.founded(now))
        made = await founding.found()
        await outbox.drain()
        past = history.write(made, journey, now)
        past.acts = [act for act in past.acts if act[0] < history.founded(now) + timedelta(days=days)]
        await history.live_through(past, lambda _what: None)
    return past


async def test_the_first_show_of_the_month_sells_and_its_books_are_those_of_stripe(
    db: None, stripe_sandbox: StandIn, mux_sandbox: StandIn
) -> None:
    first = programme.PAST[0]
    await _live(4)
    assert await Product.count() == 60
    show = await Show.objects().where(Show.title == first.title).first()
    assert show is not None
    assert show.status == ShowStatus.ENDED
    assert (show.ended_at - show.went_live_at).total_seconds() == pytest.approx(first.seconds, abs=2)
    lines = await ChatMessage.select(ChatMessage.at).where(ChatMessage.show == show.id).order_by(ChatMessage.id)
    moments = [line["at"] for line in lines]
    assert all(later - earlier > timedelta(seconds=-1) for earlier, later in pairwise(moments)), (
        "lines sent at once may swap, not more"
    )
    assert await Order.count().where(Order.show_id == show.id).where(Order.status == OrderStatus.PAID) == first.orders
    assert all(proof.holds for proof in await proofs.verify())
    assert await reconciliation.open_count() == 0


@pytest.mark.slow
async def test_a_month_ends_with_two_payout_runs_and_differences_that_only_a_person_ends(
    db: None, stripe_sandbox: StandIn, mux_sandbox: StandIn
) -> None:
    past = await _live(history.BEGAN + 1)
    runs = await PayoutRun.objects().order_by(PayoutRun.created_at)
    assert [run.status for run in runs] == [RunStatus.COMPLETED] * len(history.RUNS)
    assert all(run.maker != run.checker for run in runs)
    assert await PayoutItem.count() > 10
    assert 150 <= await Order.count() <= 250
    assert {row["status"] for row in await Commission.select(Commission.status)} >= {"paid", "available", "pending", "reversed"}
    assert {row["payable"] for row in await Payee.select(Payee.payable)} == {True, False}
    assert set(past.shows) == {show.title for show in (*programme.PAST, *programme.COMING)}
    assert all(proof.holds for proof in await proofs.verify())
    standing = ReconciliationException.status == ExceptionStatus.OPEN
    codes = [row["code"] for row in await ReconciliationException.select(ReconciliationException.code).where(standing)]
    assert set(codes) == {"E10", "E18"}, "the costs of the bank, and creators whose papers are missing"
    assert codes.count("E10") == 1
