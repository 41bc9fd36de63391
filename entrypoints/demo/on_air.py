"""The evening of the demo: `python -m entrypoints.demo.on_air` broadcasts the live show and fills its room until it is stopped.

Everything here goes by HTTP and RTMP, as people and their encoders do: the host publishes, pins and answers, some twenty
viewers watch, talk and buy at a human pace, the brand fills its shelf when something is sold out.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import structlog

from entrypoints import broadcast
from entrypoints.demo import audience, people, talk
from entrypoints.story import card
from entrypoints.story.walker import NotOnThePage, Walker
from foundation import logs, settings

VIEWERS = 24
SLOT_SECONDS = 300.0
LINE_SECONDS = (2.5, 8.0)
SALE_SECONDS = (25.0, 60.0)
ANSWER_SECONDS = (6.0, 14.0)
HELD = 3
"""So many lines wait for the moderator in the end; more would be a mess that nobody cleans up."""

FIRST_DOUBT = 6
"""After so many lines somebody writes what the filter holds."""

CARD = "4242424242424242"
RESTOCK = 12
log = structlog.get_logger(__name__)


@dataclass
class Evening:
    """The show, its people, and what is in the room."""

    show: str
    slug: str
    picture: Path
    products: list[str]
    throw: Random = field(default_factory=Random)
    present: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    walkers: dict[str, Walker] = field(default_factory=dict)
    pinned: str = ""
    held: int = 0
    said: int = 0

    @property
    def room(self) -> str:
        return f"/shows/{self.slug}"


async def run(evening: Evening) -> None:
    """Be on air until SIGTERM; then the host says good night and ends the show."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        base = settings.current().base_url
        nour = await stack.enter_async_context(Walker(base, "nour"))
        ada = await stack.enter_async_context(Walker(base, "ada"))
        for name in people.SHOPPERS[:VIEWERS]:
            evening.walkers[name] = await stack.enter_async_context(Walker(base, name))
        await sign_in(nour, "nour")
        tasks = [
            asyncio.create_task(_again(work))
            for work in (
                lambda: publish(nour, evening),
                lambda: lead(nour, evening),
                lambda: come_and_go(evening),
                lambda: chatter(nour, evening),
                lambda: purchases(ada, evening),
                lambda: audience.ask_and_vote(nour, lambda: _somebody(evening), evening.throw, evening.show, evening.room, _post),
            )
        ]
        await stopping.wait()
        with suppress(httpx.HTTPError, NotOnThePage, TimeoutError):
            async with asyncio.timeout(4):
                await _say(nour, evening, talk.GOODBYES["en"])
                await _post(nour, f"/studio/shows/{evening.show}/live/end")
        for task in (*tasks, *evening.present.values()):
            task.cancel()
        await asyncio.gather(*tasks, *evening.present.values(), return_exceptions=True)


async def publish(nour: Walker, evening: Evening) -> None:
    """The host's encoder: address and key from the greenroom, then the picture for as long as it takes."""
    await nour.visit(f"/studio/shows/{evening.show}")
    await nour.submit("/key")
    copies = [unescape(text) for text in re.findall(r'data-copy="([^"]+)"', nour.html)]
    rtmp_url = next(text for text in copies if text.startswith("rtmp"))
    await broadcast.broadcast(rtmp_url=rtmp_url, stream_key=copies[copies.index(rtmp_url) + 1], picture=evening.picture)


async def lead(nour: Walker, evening: Evening) -> None:
    """The host goes through the run of show, again and again, and says what is on the screen."""
    await _until_live(nour, evening)
    if not evening.pinned:
        await _say(nour, evening, talk.GREETINGS["en"])
    while True:
        for product in evening.products:
            evening.pinned = product
            await _post(nour, f"/studio/shows/{evening.show}/live/pin", headers={"hx-request": "true"}, product=product)
            title = await _title(nour, product)
            await _say(nour, evening, talk.PINNED["en"].format(title=title))
            await asyncio.sleep(SLOT_SECONDS)


async def _title(walker: Walker, product: str) -> str:
    found = re.search(r"<h1>([^<]+)</h1>", (await walker.http.get(f"/shop/products/{product}")).text)
    return unescape(found[1]).strip() if found else ""


async def _until_live(nour: Walker, evening: Evening) -> None:
    for _ in range(600):
        if 'data-state="live"' in (await nour.http.get(evening.room)).text:
            return
        await asyncio.sleep(0.5)
    raise NotOnThePage("the show does not come on air")


async def come_and_go(evening: Evening) -> None:
    """Viewers come one after the other; later one of them leaves for a while now and then."""
    for name in list(evening.walkers):
        if name not in evening.present:
            await _enter(evening, name)
            await asyncio.sleep(0.6 if len(evening.present) < 10 else evening.throw.uniform(1, 5))
    while True:
        await asyncio.sleep(evening.throw.uniform(15, 40))
        name = evening.throw.choice(list(evening.walkers))
        if name in evening.present:
            evening.present.pop(name).cancel()
            await asyncio.sleep(evening.throw.uniform(20, 60))
        await _enter(evening, name)


async def chatter(nour: Walker, evening: Evening) -> None:
    """Somebody says something every few seconds; the host answers the questions."""
    questions: list[tuple[str, str]] = []
    lines: list[str] = []
    while True:
        await asyncio.sleep(evening.throw.uniform(*LINE_SECONDS))
        who = _somebody(evening)
        if who is None or not evening.pinned:
            continue
        questions = questions or evening.throw.sample(talk.ASKED["kitchen"], len(talk.ASKED["kitchen"]))
        lines = lines or evening.throw.sample(talk.SAID, len(talk.SAID))
        evening.said += 1
        if evening.held < HELD and (evening.said == FIRST_DOUBT or evening.throw.random() < 0.02):
            evening.held += 1
            await _say(who, evening, talk.DOUBTS[evening.held - 1])
        elif evening.throw.random() < 0.22:
            question, answer = questions.pop()
            await _say(who, evening, question)
            await asyncio.sleep(evening.throw.uniform(*ANSWER_SECONDS))
            await _say(nour, evening, answer)
        else:
            await _say(who, evening, lines.pop())


async def purchases(ada: Walker, evening: Evening) -> None:
    """Somebody buys every now and then, mostly what is on the screen; what is sold out comes back after a while."""
    await asyncio.sleep(4)
    while True:
        who = _somebody(evening)
        if who is not None and evening.pinned:
            product = evening.pinned if evening.throw.random() < 0.7 else evening.throw.choice(evening.products)
            if not await buy(who, evening, product):
                await asyncio.sleep(evening.throw.uniform(20, 40))
                await restock(ada, product)
        await asyncio.sleep(evening.throw.uniform(*SALE_SECONDS))


async def buy(who: Walker, evening: Evening, product: str) -> bool:
    """Tap Buy, fill in the sheet, pay with a new card or the kept one. False when the shelf is empty."""
    answer = await _post(who, f"{evening.room}/buy", product=product)
    await who.visit(str(answer.url))
    address = people.address_of(who.name)
    fields = {name: getattr(address, name) for name in ("name", "line1", "postcode", "city", "country")}
    try:
        await who.submit("/checkout", **fields)
        payment = card.payment_of(who)
    except NotOnThePage:
        return False
    kept = await card.kept_cards(payment)
    await (card.pay_with_kept_card(payment) if kept else card.pay_with_new_card(payment, CARD))
    await _post(who, f"/checkout/{payment.order_id}/confirmed")
    return True


async def restock(ada: Walker, product: str) -> None:
    """The brand puts more on the shelf."""
    await ada.visit(f"/brand/products/{product}")
    if "/sign-in" in ada.url:
        await sign_in(ada, "ada")
        await ada.visit(f"/brand/products/{product}")
    await ada.submit("/variants/", change=str(RESTOCK))


async def sign_in(walker: Walker, key: str) -> None:
    """Sign in with e-mail and password, unless this browser is signed in already."""
    await walker.visit("/sign-in")
    if "/sign-in" in walker.url:
        await walker.submit("/sign-in", email=people.email_of(key), password=people.PASSWORD)


async def _enter(evening: Evening, name: str) -> None:
    walker = evening.walkers[name]
    await sign_in(walker, people.shopper_key(name))
    await walker.visit(evening.room)
    if evening.throw.random() < 0.6:
        await _post(walker, f"{evening.room}/announce", announce="1")
    evening.present[name] = asyncio.create_task(_watch(walker, evening))


async def _watch(walker: Walker, evening: Evening) -> None:
    """Hold the stream of the room's news open: being connected is being there."""
    while True:
        with suppress(httpx.HTTPError):
            async with walker.http.stream("GET", f"{evening.room}/stream?visitor=1", timeout=None) as answer:
                async for _chunk in answer.aiter_bytes():
                    pass
        await asyncio.sleep(2)


def _somebody(evening: Evening) -> Walker | None:
    there = list(evening.present)
    return evening.walkers[evening.throw.choice(there)] if there else None


async def _say(walker: Walker, evening: Evening, words: str) -> None:
    with suppress(NotOnThePage):  # slowed down, or kept out by the moderator: people shrug
        await _post(walker, f"{evening.room}/chat", headers={"x-piece": "1"}, body=words, client_key=str(uuid4()))


async def _post(walker: Walker, path: str, headers: dict[str, str] | None = None, **fields: str | list[str]) -> httpx.Response:
    token = walker.http.cookies.get("csrftoken") or ""
    answer = await walker.http.post(path, data=fields, headers={"x-csrftoken": token, **(headers or {})})
    if answer.status_code >= 400:
        raise NotOnThePage(f"{path} answered {answer.status_code} ({walker.name})")
    return answer


async def _again(work: Any) -> None:
    """Do it again after a while when it ends or breaks: the evening goes on."""
    while True:
        try:
            attempt: Coroutine[Any, Any, None] = work()
            await attempt
        except (httpx.HTTPError, NotOnThePage, broadcast.BroadcastFailed, StopIteration) as error:
            log.warning("demo_stumbled", reason=str(error)[:300])
        await asyncio.sleep(3)


def main() -> None:
    """Run the evening of one show."""
    parser = argparse.ArgumentParser(description="Broadcast the live show of the demo and fill its room.")
    parser.add_argument("--show", required=True)
    parser.add_argument("--slug", required=True)
    parser.add_argument("--picture", required=True, type=Path)
    parser.add_argument("--products", required=True, nargs="+")
    options = parser.parse_args()
    logs.configure(settings.current())
    asyncio.run(run(Evening(options.show, options.slug, options.picture, options.products)))


if __name__ == "__main__":
    main()
