"""The past month, lived through with the verbs in the order of time: shows, sales, refunds, holds, two payout runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from piccolo.columns import Column

from creators import chat, follows, pins, shows, touches
from creators.on_air import end_show
from creators.shows import SlotPlan
from creators.tables import MessageKind, Show, ShowStatus, Signal, TouchKind
from entrypoints.demo import (
    after_sale,
    at_the_bank,
    founding,
    market,
    own_shop,
    pictures,
    programme,
    purchases,
    talk,
    travel,
    undecided,
)
from entrypoints.demo.founding import Market
from entrypoints.demo.programme import DemoShow
from entrypoints.demo.purchases import Wish
from entrypoints.demo.travel import Journey
from foundation import clock, outbox
from foundation.accounts import Principal
from foundation.errors import TooManyRequests
from marketplace import disputes, refunds
from marketplace.catalogue import Offered
from marketplace.refunds import Reason
from marketplace.tables import OrderLine, Payment
from moderation import reports
from payouts import looks, runs
from payouts.tables import RunStatus

PARIS = ZoneInfo("Europe/Paris")
BEGAN = 36
"""Days ago on which the market was founded."""

RUNS = (20, 6)
"""Days ago on which payouts were made: about the first and the fifteenth."""

TOGETHER = 4
"""Purchases that happen at the same time."""

Act = Callable[[], Awaitable[None]]


@dataclass
class Past:
    """The month while it is lived: what is still to happen, and what the later acts need of the earlier ones."""

    made: Market
    journey: Journey
    now: datetime
    throw: Random = field(default_factory=lambda: Random(2026))  # noqa: S311  # the same market every time
    acts: list[tuple[datetime, str, Act]] = field(default_factory=list)
    shows: dict[str, UUID] = field(default_factory=dict)
    sold: dict[str, list[UUID]] = field(default_factory=dict)

    def on(self, day: float, hour: float = 9.0) -> datetime:
        """`day` days from today at `hour` o'clock in Paris."""
        midnight = self.now.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=day, hours=hour)

    def plan(self, moment: datetime, what: str, act: Act) -> None:
        if moment < self.now:
            self.acts.append((moment, what, act))


def founded(now: datetime) -> datetime:
    """When the market of a demo that is shown now was founded."""
    return now - timedelta(days=BEGAN)


def write(made: Market, journey: Journey, now: datetime) -> Past:
    """Everything that happens in the month, in the order of time."""
    past = Past(made, journey, now)
    past.plan(past.on(-BEGAN + 1, 10), "payout accounts", lambda: founding.open_payout_accounts(made))
    past.plan(past.on(-BEGAN + 1, 12), "followers", lambda: founding.befriend(made))
    past.plan(past.on(-14, 8), "applications", lambda: founding.apply_all(made, journey, past.on(-14, 8)))
    past.plan(past.on(-4, 9), "a document is missing", lambda: founding.restrict_some(made))
    cards = cycle(purchases.CARDS)
    for show in programme.PAST:
        past.plan(past.on(show.day - 3, 11), f"{show.title} is planned", lambda show=show: _schedule(past, show))  # type: ignore[misc]
        past.plan(past.on(show.day, show.hour), show.title, lambda show=show: _evening(past, show, cards))  # type: ignore[misc]
        past.plan(past.on(show.day + 2, 21), "replays sell", lambda show=show: _replayed(past, show, cards))  # type: ignore[misc]
        past.plan(past.on(show.day + 4, 10), "refunds", lambda show=show: _regret(past, show))  # type: ignore[misc]
    past.plan(past.on(-1, 12), "coming shows", lambda: schedule_coming(past))
    past.plan(past.on(-5, 20) + timedelta(minutes=30), "house rules", lambda: _keep_order(past))
    past.plan(past.on(-12, 15), "a refund after the payout", lambda: _late_regret(past))
    past.plan(past.on(-3, 14), "a bank takes money back", lambda: _disputed(past))
    for day in range(BEGAN - 1, 0, -1):
        past.plan(past.on(-day, 5), "books", purchases.keep_the_books)
    own = programme.PAST[0]
    past.plan(past.on(-BEGAN + 2, 9), "a shop of its own", lambda: own_shop.open_shop(made, own))
    for number, day in enumerate((33, 30, 27, 24, 18, 13, 7, 1)):
        past.plan(past.on(-day, 17), "the shop sells", lambda number=number: own_shop.sell(made, own, line_up(made, own), number))  # type: ignore[misc]
    for day in (28, 23, 14, 3):
        past.plan(past.on(-day, 11), "the brand checks its shop's sales", lambda: own_shop.check(made, own))
    for day in RUNS:
        past.plan(past.on(-day, 10), "a payout run", lambda: _pay_out(past))
        past.plan(past.on(-day, 15), "what the house earned", at_the_bank.send_earnings)
    undecided.plan(past)
    past.acts.sort(key=lambda act: act[0])
    return past


async def live_through(past: Past, on_progress: Callable[[str], None]) -> None:
    """Live through the month; at its end the books are settled and matched with Stripe at the present moment."""
    for moment, what, act in past.acts:
        on_progress(what)
        await past.journey.to(moment)
        await act()
        await outbox.drain()
    await past.journey.home()
    await after_sale.happen(past.made.shoppers(), clock.now())
    if past.shows.keys() >= {show.title for show in programme.COMING}:
        await undecided.propose(past.made, past.shows, clock.now().date())
    await purchases.keep_the_books()
    await outbox.drain()
    await at_the_bank.bring_statement(past.made.people["fay"])
    await looks.look()


async def schedule_coming(past: Past) -> None:
    """The shows of the coming days, with people who want to be reminded."""
    for show in programme.COMING:
        await _schedule(past, show)
        for who in past.throw.sample(past.made.shoppers(), past.throw.randint(4, 17)):
            await follows.remind(show_id=past.shows[show.title], by=who)


async def schedule_show(made: Market, show: DemoShow, starts_at: datetime, minutes: int) -> UUID:
    """Put a show on the schedule."""
    collaboration = made.collaborations[show.host, show.brief]
    products = line_up(made, show)
    return await shows.schedule_show(
        collaboration_id=collaboration,
        title=show.title,
        description=show.about,
        starts_at=starts_at,
        minutes=minutes,
        language=show.language,
        picture=pictures.show_path(show),
        line_up=[
            SlotPlan(product_id=product.id, title=product.title, minutes=max(1, minutes // len(products))) for product in products
        ],
        by=made.people[show.host],
    )


def line_up(made: Market, show: DemoShow) -> list[Offered]:
    """The products of a show in their order."""
    titles = [market.BRANDS[show.brief[0]].products[place].title for place in show.products]
    by_title = {product.title: product for product in made.products[show.brief[0]]}
    return [by_title[title] for title in titles]


async def _schedule(past: Past, show: DemoShow) -> None:
    minutes = 30 if show.day >= 0 else 10
    starts_at = past.on(show.day, show.hour) if show.day else _half_hour(past.now + timedelta(hours=show.hour))
    past.shows[show.title] = await schedule_show(past.made, show, starts_at, minutes)


def _half_hour(moment: datetime) -> datetime:
    """The half hour before a moment: shows begin at round times."""
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)


async def _evening(past: Past, show: DemoShow, cards: cycle[str]) -> None:
    """One show from its first picture to its last: viewers arrive, talk, buy; the host pins, answers, says good night."""
    began, host = clock.now(), past.made.people[show.host]
    running = await _go_live(past.shows[show.title])
    past.journey.at(began + timedelta(seconds=6))
    await chat.say(show_id=running.id, body=talk.GREETINGS[show.language], client_key=uuid4(), by=host)
    crowd = past.throw.sample(past.made.shoppers(), past.throw.randint(14, 22))
    for place, who in enumerate(crowd):
        past.journey.at(began + timedelta(seconds=1 + place * 0.7))
        await touches.record_touch(show=running, kind=TouchKind.SHOW_VIEW, visitor=f"p{who.id.hex}", by=who)
    products = line_up(past.made, show)
    step = (show.seconds - 60) / len(products)
    questions = list(talk.ASKED[market.BRANDS[show.brief[0]].trade])
    past.throw.shuffle(questions)
    buyers = _buyers(past, crowd, show.orders)
    for place, product in enumerate(products):
        moment = began + timedelta(seconds=20 + place * step)
        past.journey.at(moment)
        await pins.pin_product(show_id=running.id, product_id=product.id, by=host)
        await _talk(past, show, running, questions[place::4][:2], moment, step, crowd)
        mine = buyers[place :: len(products)]
        wishes = [_wish(past, who, product, running) for who in mine]
        await past.journey.to(moment + timedelta(seconds=step * 0.8))
        past.sold.setdefault(show.title, []).extend(await _buy_all(wishes, cards))
        await outbox.drain()
    past.journey.at(began + timedelta(seconds=show.seconds - 15))
    await chat.say(show_id=running.id, body=talk.GOODBYES[show.language], client_key=uuid4(), by=host)
    past.journey.at(began + timedelta(seconds=show.seconds))
    await end_show(show_id=running.id, by=host)
    await Show.update({Show.peak_viewers: len(crowd) + past.throw.randint(20, 160)}).where(Show.id == running.id)


async def _go_live(show_id: UUID) -> Show:
    """The first picture of a past show: nobody sent one a month ago, so the state is written as Mux's news would have."""
    live: dict[Column | str, object] = {Show.status: ShowStatus.LIVE, Show.signal: Signal.ACTIVE, Show.went_live_at: clock.now()}
    await Show.update(live, force=True).where(Show.id == show_id)
    found = await Show.objects().where(Show.id == show_id).first()
    assert found is not None  # noqa: S101  # scheduled three days before
    return found


async def _talk(
    past: Past,
    show: DemoShow,
    running: Show,
    asked: list[tuple[str, str]],
    begun: datetime,
    seconds: float,
    crowd: list[Principal],
) -> None:
    """Questions and answers, and what is said between, spread over the time of one product."""
    said: list[tuple[float, Principal, str]] = []
    for place, (question, answer) in enumerate(asked):
        at = seconds * (0.15 + 0.4 * place)
        said += [(at, past.throw.choice(crowd), question), (at + 9, past.made.people[show.host], answer)]
    said += [(past.throw.uniform(5, seconds * 0.7), past.throw.choice(crowd), line) for line in past.throw.sample(talk.SAID, 3)]
    for at, who, line in sorted(said, key=lambda entry: entry[0]):
        past.journey.at(begun + timedelta(seconds=at))
        try:
            await chat.say(show_id=running.id, body=line, client_key=uuid4(), by=who)
        except TooManyRequests:
            continue  # five lines in ten real seconds: a month is lived in one minute


def _buyers(past: Past, crowd: list[Principal], count: int) -> list[Principal]:
    return [past.throw.choice(crowd) for _ in range(count)]


def _wish(past: Past, who: Principal, product: Offered, show: Show | None) -> Wish:
    many = past.throw.random() < 0.18 and product.choices[0].price.minor < 4000
    return Wish(buyer=who, product=product.id, variant=product.choices[0].id, quantity=2 if many else 1, show=show)


async def _buy_all(wishes: list[Wish], cards: cycle[str]) -> list[UUID]:
    made: list[UUID] = []
    for first in range(0, len(wishes), TOGETHER):
        made += await asyncio.gather(*(purchases.buy(wish, next(cards)) for wish in wishes[first : first + TOGETHER]))
    return made


async def _replayed(past: Past, show: DemoShow, cards: cycle[str]) -> None:
    """Some come back for the replay and buy there; one person buys in the shop without anybody's help."""
    running = await Show.objects().where(Show.id == past.shows[show.title]).first()
    products = line_up(past.made, show)
    wishes = [
        _wish(past, past.throw.choice(past.made.shoppers()), products[place % len(products)], running)
        for place in range(show.replayed)
    ]
    wishes.append(_wish(past, past.throw.choice(past.made.shoppers()), products[-1], None))
    past.sold.setdefault(show.title, []).extend(await _buy_all(wishes, cards))


async def _regret(past: Past, show: DemoShow) -> None:
    """One order of each show goes back, one of every second show in part."""
    sold = past.sold.get(show.title, [])
    if len(sold) < 4:
        return
    by = past.made.owner(show.brief[0])
    await refunds.ask_refund(order_id=sold[1], lines=None, reason=Reason.WITHDRAWAL, note=talk.RETURNED["withdrawal"], by=by)
    if show.day % 2:
        line = await OrderLine.select(OrderLine.id, OrderLine.gross_minor).where(OrderLine.order == sold[3]).first()
        if line is not None:
            part = {line["id"]: line["gross_minor"] // 4}
            await refunds.ask_refund(order_id=sold[3], lines=part, reason=Reason.GOODWILL, note=talk.RETURNED["goodwill"], by=by)


async def _late_regret(past: Past) -> None:
    """Orders of the first shows go back after their commission was paid out: their creators owe it."""
    for show in programme.PAST[:3]:
        sold = past.sold.get(show.title, [])
        if len(sold) > 5:
            by = past.made.owner(show.brief[0])
            await refunds.ask_refund(order_id=sold[5], lines=None, reason=Reason.DAMAGED, note=talk.RETURNED["damaged"], by=by)


async def _disputed(past: Past) -> None:
    """The bank of one buyer says that nothing has arrived; the evidence is still to be written."""
    sold = past.sold.get(next(show.title for show in programme.PAST if show.day == -5), [])
    payment = await Payment.select(Payment.charge_id).where(Payment.order == sold[-1]).first() if sold else None
    if payment:
        await disputes.settle_dispute(stripe_dispute_id=await travel.dispute(payment["charge_id"]))


async def _keep_order(past: Past) -> None:
    """After a show a moderator takes a line out, silences its writer for an hour, and two people report others."""
    title = next(show.title for show in programme.PAST if show.day == -5)
    lines = [line for line in await chat.latest_lines(show_id=past.shows[title]) if line.kind is MessageKind.VIEWER]
    moderator, place = past.made.people["max"], f"show:{past.shows[title]}"
    await chat.time_out_writer(message_id=lines[2].id, minutes=60, reason=talk.REASONS["advertising"], by=moderator)
    await chat.remove(message_id=lines[2].id, reason=talk.REASONS["advertising"], by=moderator)
    for line, reporter in zip(lines[4:6], past.made.shoppers(), strict=False):
        await reports.report(
            object_kind=chat.OBJECT_KIND,
            object_id=str(line.id),
            place=place,
            snapshot={"author": line.author, "body": line.body},
            reason=talk.REASONS["off_topic"],
            by=reporter,
        )


async def _pay_out(past: Past) -> None:
    """Fay drafts and submits, Finn approves an hour later, and Nora too when an amount is unusual; the transfers leave."""
    fay, finn, nora = (past.made.people[key] for key in ("fay", "finn", "nora"))
    run = await runs.submit(run_id=(await runs.draft(by=fay)).id, by=fay)
    await past.journey.to(clock.now() + timedelta(hours=1))
    run = await runs.approve(run_id=run.id, content_hash=run.content_hash, by=finn)
    if run.status == RunStatus.SUBMITTED:
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=nora)
    await outbox.drain()
