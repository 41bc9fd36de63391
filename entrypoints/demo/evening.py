"""Tonight's show: put on the schedule by its host, on air as a program of its own."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from html import unescape

import httpx

from creators.on_air import end_show
from creators.shows import line_up
from creators.tables import Collaboration, Show, ShowStatus
from entrypoints.demo import history, market, people, pictures, programme
from entrypoints.demo.founding import Market
from entrypoints.supervisor import Program, Supervisor
from foundation import accounts, clock, settings
from foundation.accounts import Principal
from foundation.settings import SettingError
from marketplace import catalogue

SHOW = programme.ON_AIR
MINUTES = 40
"""Eight slots of five minutes; then the next sitting begins."""

SHORTEST = 20 * 60
"""Seconds that a sitting lasts at least, however late it began."""

PATIENCE = 60


class MarketTooOld(SettingError):
    """The brief of tonight's show has ended since the market was founded."""


class NotOnAir(SettingError):
    """The picture did not arrive in time."""


async def schedule() -> Show:
    """Put tonight's show on the schedule, beginning now; what was on air before the last Ctrl-C is ended first."""
    host = await accounts.by_email(people.email_of(SHOW.host))
    if host is None:
        raise MarketTooOld("The market of the demo is not whole; begin anew with --fresh.")
    for earlier in await Show.objects().where((Show.status == ShowStatus.LIVE) & (Show.creator.person == host.id)):
        await end_show(show_id=earlier.id, by=host)
    made = await _market(host)
    now = clock.now()
    show_id = await history.schedule_show(made, SHOW, _round_time(now), MINUTES)
    found = await Show.objects().where(Show.id == show_id).first()
    assert found is not None  # noqa: S101  # just made
    return found


async def begin(programs: Supervisor, show: Show) -> Program:
    """Start the program that broadcasts the show and fills its room."""
    arguments = ["--show", str(show.id), "--slug", show.slug, "--picture", str(pictures.upright_path(SHOW))]
    arguments += ["--products", *(str(slot.product) for slot in await line_up(show.id))]
    return programs.start("on-air", "entrypoints.demo.on_air", *arguments)


async def go_on(programs: Supervisor, show: Show, program: Program) -> None:
    """For ever: when a sitting is over its host says good night, and the next one begins."""
    while True:
        over = show.starts_at + timedelta(minutes=MINUTES)
        await asyncio.sleep(max(SHORTEST, (over - clock.now()).total_seconds()))
        programs.programs.remove(program)
        program.process.terminate()
        await asyncio.to_thread(program.process.wait)
        show = await schedule()
        program = await begin(programs, show)


async def wait_until_visible(show: Show) -> None:
    """Wait until a player gets moving picture in the room. Raises `NotOnAir`."""
    base = settings.current().base_url
    async with httpx.AsyncClient(timeout=10) as player:
        for _ in range(PATIENCE * 4):
            page = (await player.get(f"{base}/shows/{show.slug}")).text
            found = re.search(r'(https?://[^"\s]+?\.m3u8[^"\s]*)', page)
            if found and await _plays(player, unescape(found[1])):
                return
            await asyncio.sleep(0.25)
    logs = settings.current().data_path / "logs"
    raise NotOnAir(f"The live show did not come on air within {PATIENCE} s; {logs}/on-air.log and mux-stand-in.log say why.")


async def _plays(player: httpx.AsyncClient, url: str) -> bool:
    """Follow the playlists to their last segment."""
    for _ in range(3):
        answer = await player.get(url)
        names = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        if answer.status_code != 200 or not names:
            return False
        url = str(answer.url.join(names[-1]))
        if ".m3u8" not in names[-1]:
            return (await player.get(url)).status_code == 200
    return False


async def _market(host: Principal) -> Market:
    """What scheduling needs, found in the database."""
    brand, place = SHOW.brief
    titles = [product.title for product in market.BRANDS[brand].products]
    collaboration = (
        await Collaboration.objects()
        .where(Collaboration.creator.person == host.id)
        .where(Collaboration.brief.title == market.BRANDS[brand].briefs[place].title)
        .first()
    )
    if collaboration is None:
        raise MarketTooOld("The market of the demo is not whole; begin anew with --fresh.")
    found = Market(people={SHOW.host: host}, collaborations={(SHOW.host, SHOW.brief): collaboration.id})
    products = await catalogue.products_on_sale(brand_id=collaboration.brand)
    found.products = [[product for product in products if product.title in titles]]
    return found


def _round_time(now: datetime) -> datetime:
    """The show begins at a round time, a little late as shows do."""
    return now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
