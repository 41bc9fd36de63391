"""The acts of the story: each a few steps of one person, by HTTP, by RTMP, as they would do them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from entrypoints import broadcast
from entrypoints.story import card
from entrypoints.story.walker import NotOnThePage, Walker
from foundation import clock, settings
from foundation.tables import Role
from payouts.tables import PayoutRun, RunStatus

PASSWORD = "a long and quiet password"
PATIENCE = 40.0
PRICE, STOCK, COMMISSION = "180.00", 8, "10"
PRICE_MINOR = 18_000
ADDRESS = {"line1": "2 rue du Bac", "postcode": "75007", "city": "Paris", "country": "FR"}


class StoryBroken(AssertionError):
    """Something did not come true in time, or a total is off."""


@dataclass
class Sale:
    """One order of the story."""

    order_id: str
    number: str
    gross_minor: int


@dataclass
class Told:
    """What the acts need from each other."""

    product: str = ""
    brief: str = ""
    show: str = ""
    slug: str = ""
    sales: list[Sale] = field(default_factory=list)


async def until(what: str, check: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Ask again and again until it is so. Raises `StoryBroken`."""
    deadline = clock.now() + timedelta(seconds=patience)
    while not await check():
        if clock.now() > deadline:
            raise StoryBroken(f"{what}: not after {patience:.0f} s")
        await asyncio.sleep(0.1)


async def sign_up(walker: Walker, email: str, name: str) -> None:
    """Sign up, find the mail, follow its link."""
    await walker.visit("/sign-up")
    await walker.submit("/sign-up", display_name=name, email=email, password=PASSWORD)
    link: list[str] = []

    async def mail_is_there() -> bool:
        await walker.visit(f"/dev/mail?to={email}")
        link[:] = re.findall(r"/confirm/[\w-]+", walker.html)
        return bool(link)

    await until(f"the mail to {email}", mail_is_there)
    await walker.visit(link[0])
    await walker.submit("/confirm/")


async def give_roles(root: Walker, people: dict[str, Role]) -> None:
    """An administrator gives roles on the page of the people."""
    for email, role in people.items():
        await root.visit(f"/admin/people?q={email}")
        kept = [role.value]
        await root.submit("/roles", roles=kept, role=kept)


async def found_brand(ada: Walker, told: Told) -> None:
    """A brand, a product with stock, a published brief."""
    await ada.visit("/brand/new")
    await ada.submit(
        "/brand/new",
        name="Cuivre & Sel",
        trade="kitchen",
        legal_name="Cuivre et Sel SARL",
        legal_address="1 rue du Cuivre, Villedieu",
    )
    await ada.visit("/brand/products/new")
    await ada.submit("/brand/products/new", title="Copper set Alma", price=PRICE, stock=str(STOCK), sku="ALMA-5")
    told.product = ada.url.rsplit("/", 1)[1]
    await ada.visit("/brand/briefs/new")
    today = clock.now().date()
    await ada.submit(
        "/brand/briefs/new",
        title="Three sauces, five pans",
        summary="Cook three sauces live and show what copper does.",
        products=told.product,
        commission=COMMISSION,
        hold_days="0",
        starts_on=str(today),
        ends_on=str(today + timedelta(days=30)),
        language="en",
        act="publish",
    )
    told.brief = ada.url.rsplit("/", 1)[1]


async def get_paid_here(walker: Walker, path: str, given_name: str, surname: str) -> None:
    """Open the payout account and answer Stripe's questions on its page."""
    await walker.visit(path)
    await walker.submit(path)
    await walker.submit("", given_name=given_name, surname=surname)


async def become_creator_and_apply(nour: Walker, told: Told) -> None:
    """A profile, then an application to the brief on the public list."""
    await nour.visit("/studio/profile")
    await nour.submit("/studio/profile", handle="nour", display_name="Nour Benali", trade="kitchen", country="FR", language="en")
    await nour.visit("/briefs")
    await nour.visit(nour.link(told.brief))
    await nour.visit(f"/briefs/{told.brief}/apply")
    await nour.submit("/apply", message="I cook every Sunday, and I burn butter only when I have to show how.")


async def accept(ada: Walker) -> None:
    """The brand reads the application and accepts: the terms are frozen."""
    await ada.visit("/brand/applications")
    if "/accept" not in ada.html:
        await ada.visit(ada.link("/brand/applications/"))
    await ada.submit("/accept")


async def plan_show(nour: Walker, told: Told) -> None:
    """Schedule the show with its line-up."""
    await nour.visit("/studio/shows")
    await nour.visit(nour.link("/studio/shows/new"))
    zone = ZoneInfo("Europe/Paris")
    starts = (clock.now() + timedelta(minutes=10)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    place = {f"place-{told.product}": "1", f"minutes-{told.product}": "20"}
    await nour.submit("/studio/shows", title="Copper night", starts_at=starts, minutes="30", **place)
    told.show = nour.url.rsplit("/", 1)[1]
    told.slug = nour.link("/shows/copper").rsplit("/", 1)[1]


@asynccontextmanager
async def on_air(nour: Walker, told: Told) -> AsyncIterator[None]:
    """Publish a moving picture over RTMP with the key of the greenroom, and wait until viewers see the show."""
    film = await short_film()
    await nour.visit(f"/studio/shows/{told.show}")
    await nour.submit("/key")
    copies = [unescape(text) for text in re.findall(r'data-copy="([^"]+)"', nour.html)]
    rtmp_url = next(text for text in copies if text.startswith("rtmp"))
    key = copies[copies.index(rtmp_url) + 1]
    sending = asyncio.create_task(broadcast.broadcast(rtmp_url=rtmp_url, stream_key=key, source=film))
    try:

        async def is_live() -> bool:
            if sending.done():
                await sending
            await nour.visit(f"/studio/shows/{told.show}/live")
            return nour.url.endswith("/live")

        await until("the show is live", is_live)
        yield
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, broadcast.BroadcastFailed):
            await sending


async def short_film() -> Path:
    """Some seconds of a moving test picture with sound, small enough to be made at once."""
    target = settings.current().data_path / "test-picture.mp4"
    process = await asyncio.create_subprocess_exec(
        broadcast.ffmpeg(),
        *("-nostdin", "-y", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=360x640:r=25:d=6"),
        *("-f", "lavfi", "-i", "sine=frequency=294:d=6", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25"),
        *("-keyint_min", "25", "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", str(target)),
    )
    if await process.wait():
        raise StoryBroken("the test picture could not be made")
    return target


async def picture_arrives(told: Told) -> int:
    """Fetch the playlist and a segment as a player does; returns the bytes of moving picture."""
    async with httpx.AsyncClient(timeout=10) as player:

        async def playlists() -> list[str]:
            page = (await player.get(f"{settings.current().base_url}/shows/{told.slug}")).text
            return [unescape(url) for url in re.findall(r'(https?://[^"\s]+?\.m3u8[^"\s]*)', page)]

        found: list[bytes] = []

        async def has_segment() -> bool:
            for url in (await playlists())[:1]:
                answer = await player.get(url)
                for line in reversed(answer.text.splitlines()):
                    if line and not line.startswith("#"):
                        inner = await player.get(str(answer.url.join(line)))
                        if ".m3u8" in line:
                            names = [part for part in inner.text.splitlines() if part and not part.startswith("#")]
                            inner = await player.get(str(inner.url.join(names[-1]))) if names else inner
                        found.append(inner.content)
                        return inner.status_code == 200 and len(inner.content) > 1000
            return False

        await until("the picture", has_segment)
        return len(found[-1])


@asynccontextmanager
async def listening(walker: Walker, told: Told) -> AsyncIterator[list[str]]:
    """Have the news of the room come in while the block runs, as server-sent events."""
    news: list[str] = []

    async def listen() -> None:
        async with walker.http.stream("GET", f"/shows/{told.slug}/stream?visitor=1", timeout=None) as answer:
            async for line in answer.aiter_lines():
                news.append(line)  # noqa: PERF401  # read by others while it grows

    task = asyncio.create_task(listen())
    try:
        yield news
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, httpx.HTTPError):
            await task


async def say(walker: Walker, told: Told, words: str) -> None:
    """Write a line in the chat."""
    await walker.visit(f"/shows/{told.slug}")
    await walker.submit("/chat", body=words, client_key=str(uuid4()))


async def pin(nour: Walker, told: Told) -> None:
    """Put the product on the screen from the cockpit."""
    await nour.visit(f"/studio/shows/{told.show}/live")
    await nour.submit("/pin", product=told.product)


async def buy(walker: Walker, told: Told, name: str, *, kept_card: bool = False) -> Sale:
    """Tap Buy in the room, fill in the sheet, pay, and wait until the order is paid."""
    await walker.visit(f"/shows/{told.slug}")
    await walker.submit(f"/shows/{told.slug}/buy", product=told.product)
    await walker.submit("/checkout", name=name, **ADDRESS)
    payment = card.payment_of(walker)
    paid = await (card.pay_with_kept_card(payment) if kept_card else card.pay_with_new_card(payment))
    if paid["status"] != "succeeded":
        raise StoryBroken(f"the payment is {paid['status']}")

    async def is_paid() -> bool:
        return "data-paid" in await walker.visit(f"/checkout/{payment.order_id}/status")

    await until("the order is paid", is_paid)
    number = re.search(r"F-[0-9A-Z]{5}-[0-9A-Z]{5}", walker.html)
    if number is None:
        raise NotOnThePage("the paid order shows no number")
    sale = Sale(payment.order_id, number[0], PRICE_MINOR)
    told.sales.append(sale)
    return sale


async def end_show(nour: Walker, told: Told) -> None:
    """Say good night, and wait for the replay."""
    await nour.visit(f"/studio/shows/{told.show}/live")
    await nour.submit("/end")

    async def has_replay() -> bool:
        return "/chapters" in (page := await nour.visit(f"/shows/{told.slug}")) or "data-replay" in page

    await until("the replay", has_replay)


async def refund(ada: Walker, sale: Sale) -> None:
    """The brand gives the whole order back."""
    await ada.visit(f"/brand/orders/{sale.number}")
    await ada.submit("/refund", note="The parcel came back.")

    async def is_refunded() -> bool:
        return "efunded" in await ada.visit(f"/brand/orders/{sale.number}")

    await until("the refund", is_refunded)


async def pay_out(fay: Walker, finn: Walker) -> str:
    """One person drafts and submits, another approves, the transfers leave; returns the number of the run."""
    await fay.visit("/finance/runs")
    await fay.submit("/finance/runs?")
    number = fay.url.rsplit("/", 1)[1]
    await fay.submit("/submit")
    with suppress(NotOnThePage):
        fay.form("/approve")
        raise StoryBroken("the maker may approve their own run")
    await finn.visit(f"/finance/runs/{number}")
    await finn.submit("/approve")

    async def is_completed() -> bool:
        run = await PayoutRun.select(PayoutRun.status).where(PayoutRun.number == number).first()
        return run is not None and run["status"] == RunStatus.COMPLETED

    await until("the payout run is completed", is_completed)
    return number


async def reconcile(fay: Walker) -> None:
    """Fetch Stripe's movements and match them with the books."""
    await fay.visit("/finance/reconciliation")
    await fay.submit("/finance/reconciliation")
