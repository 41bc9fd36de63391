"""Clicks between their answer and their table: none is lost by a kill, a full disk, an unfit line or a database that is away."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import RFC_4122, UUID, uuid4

import httpx
import pytest

from creators import attribution, attribution_replay, click_spool, click_storing, consent, links, young_clicks
from creators.attribution_facts import Rule
from creators.click_ids import ClickIds, age_of
from creators.click_storing import Keeper, store_left_behind
from creators.conversion_tables import Conversion, ConversionLine
from creators.link_tables import Click, TrackingLink
from creators.redirects import Redirects
from creators.young_clicks import YOUNG
from foundation import clock, settings
from tests import factories
from tests.creators.reported import aged, sale, shop_program
from tests.creators.test_attribution import order
from tests.factories import Stage
from tests.marketplace import stall

pytestmark = pytest.mark.usefixtures("db")
AGENT = (b"user-agent", b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605.1")
KILLED = """
import os, signal, sys
from pathlib import Path
from creators.click_spool import Spool
spool = Spool(Path(sys.argv[1]), lambda: None)
for line in sys.stdin.buffer.read().splitlines(keepends=True):
    spool.keep(line)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """The folder of a machine of its own."""
    return tmp_path / "clicks"


def inside(folder: Path) -> list[str]:
    """What everybody may do with each file in it."""
    return [oct(path.stat().st_mode & 0o777) for path in folder.iterdir()]


async def made_link(stage: Stage) -> TrackingLink:
    code = await links.make_link(collaboration_id=stage.collaboration_id, product_id=stage.pan.id, by=stage.nour)
    return await TrackingLink.objects().get(TrackingLink.code == code)  # type: ignore[return-value]


async def followed(redirects: Redirects, link: TrackingLink) -> str:
    """Where a person is led."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"path": f"/{link.code}", "method": "GET", "headers": [AGENT]}
    assert await redirects.follow(scope, send)
    return str(dict(sent[0]["headers"])[b"location"].decode())


def new_id() -> str:
    return ClickIds().new().decode()


def line(link: TrackingLink, *, click: str = "", consented: str = "t", at: str = "") -> bytes:
    fields = (click or new_id(), at or clock.now().isoformat(), link.id, link.creator, link.show or "\\N", link.product)
    return ("\t".join([*map(str, fields), "person", consented, ""]) + "\n").encode()


def killed(clicks: Path, *lines: bytes) -> None:
    """Another process keeps these lines and is killed."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(clicks)], input=b"".join(lines), cwd=settings.ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


async def test_what_a_killed_process_had_answered_is_stored_by_the_next_one_once(clicks: Path) -> None:
    link = await made_link(await factories.stage())
    answered = [new_id() for _ in range(300)]
    lines = [line(link, click=each) for each in answered]
    killed(clicks, *lines[:200])
    killed(clicks, *lines[190:], lines[0][:60])
    await asyncio.gather(*(store_left_behind(clicks=clicks) for _ in range(3)))
    assert {str(row["id"]) for row in await Click.select(Click.id)} == set(answered), "and the torn line is none"
    assert inside(clicks) == []
    assert await store_left_behind(clicks=clicks) == 0


async def test_a_process_that_lives_keeps_its_file_and_a_clean_stop_leaves_none(clicks: Path) -> None:
    link = await made_link(await factories.stage())
    one, other = Redirects(clicks), Redirects(clicks)
    places = await asyncio.gather(*(followed(each, link) for each in (one, other) * 10))
    killed(clicks, line(link))
    assert await store_left_behind(clicks=clicks) == 1
    assert inside(clicks) == ["0o600", "0o600"]
    assert inside(clicks.parent) == ["0o700"]
    await asyncio.gather(one.close(), other.close())
    assert inside(clicks) == []
    assert {str(row["id"]) for row in await Click.select(Click.id)} >= {place.rpartition("=")[2] for place in places}
    assert await Click.count() == 21


async def test_a_stop_while_the_database_is_away_leaves_the_clicks_to_the_next_process(
    clicks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await made_link(await factories.stage())
    redirects = Redirects(clicks)
    with monkeypatch.context() as away:
        away.setattr(click_storing, "COLUMNS", ("nothing",))
        away.setattr(click_storing, "AGAIN", "select nothing")
        away.setattr(click_storing, "LAST_TRIES", 0.0)
        place = await followed(redirects, link)
        await redirects.close()
    assert await Click.count() == 0
    next_one = Redirects(clicks)
    await next_one.keeper.start()
    await next_one.close()
    [click] = await Click.objects()
    assert place.endswith(str(click.id))


async def test_a_line_that_the_database_refuses_is_put_aside_and_holds_up_no_other(clicks: Path) -> None:
    link = await made_link(await factories.stage())
    keeper = Keeper(clicks)
    unfit = [b"nonsense\n", line(link, click="no id"), line(link, at="never")]
    for each in (line(link), *unfit, line(link), line(link)):
        assert keeper.spool.keep(each)
    await keeper.close()
    assert await Click.count() == 3
    assert (clicks / "refused").read_bytes() == b"".join(unfit)


async def test_visitors_are_led_on_without_an_id_while_the_disk_or_the_bound_refuses_their_click(
    clicks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await made_link(await factories.stage())
    no_folder = Redirects(Path("/dev/null/clicks"))
    assert "fanfare_click" not in await followed(no_folder, link)
    await no_folder.close()
    redirects = Redirects(clicks)
    monkeypatch.setattr(click_spool, "REST", 0.0)
    monkeypatch.setattr(click_spool, "SIZE", 400)
    monkeypatch.setattr(click_spool, "MOST_WAITING", 700)
    places = [await followed(redirects, link) for _ in range(6)]
    assert ["fanfare_click" in place for place in places] == [True] * 4 + [False] * 2
    await redirects.keeper.settle()
    assert "fanfare_click" in await followed(redirects, link)
    await redirects.close()
    assert await Click.count() == 5


async def test_a_sale_that_is_reported_right_behind_its_click_is_credited(server: str, client: httpx.AsyncClient) -> None:
    stage = await factories.stage()
    link = await made_link(stage)
    async with await shop_program(server, stage) as shop:
        led = await client.get(f"/{link.code}", headers={"user-agent": AGENT[1].decode()})
        told = sale(stage, click=led.headers["location"].rpartition("=")[2], consented=True)
        answer = (await shop.post("/api/v1/conversions", json=told)).json()
    assert (answer["rule"], answer["creator"]) == ("click", "nour.en.cuisine")


async def test_a_withdrawal_right_behind_a_click_reaches_it(clicks: Path) -> None:
    link = await made_link(await factories.stage())
    keeper, click = Keeper(clicks), new_id()
    keeper.spool.keep(line(link, click=click))
    await consent.agree_to_click(click_id=UUID(click), agreed=False)
    await keeper.close()
    assert [row.consented for row in await Click.objects()] == [False]


async def test_sales_that_came_before_the_click_of_a_killed_process_are_credited_by_it_all_the_same(
    clicks: Path, server: str
) -> None:
    stage, sam = await aged(live=True), await stall.person("sam")
    link = await made_link(stage)
    with clock.shifted(-timedelta(hours=1)):
        answered = [new_id() for _ in range(2)]
        lines = [line(link, click=each) for each in answered]
    here = await order(stage, sam, touch_id=UUID(answered[0]), in_show=False)
    await attribution.attribute_order(order_id=here)
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(young_clicks, "PAUSES", (0.0,))
        async with await shop_program(server, stage) as shop:
            there = (await shop.post("/api/v1/conversions", json=sale(stage, click=answered[1]))).json()
    assert there["reason"] == "unknown_click"
    killed(clicks, *lines)
    assert await store_left_behind(clicks=clicks) == 2
    await attribution_replay.catch_up()
    (decision,) = await attribution.attribute_order(order_id=here)
    assert (decision.creator, decision.rule, decision.version) == (stage.creator_id, Rule.CLICK, 2)
    [conversion] = await Conversion.objects()
    [sold] = await ConversionLine.objects()
    assert (conversion.creator, conversion.rule, conversion.reason) == (stage.creator_id, "click", "click_in_window")
    assert (sold.terms, sold.reason) == (decision.terms, "click_in_window")


async def test_a_sale_that_came_before_the_clicks_of_a_database_that_was_away_is_credited_by_them(
    clicks: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await factories.stage()
    keeper, click, link = Keeper(clicks), new_id(), await made_link(stage)
    monkeypatch.setattr(young_clicks, "PAUSES", (0.0,))
    async with await shop_program(server, stage) as shop:
        await shop.post("/api/v1/conversions", json=sale(stage, click=click))
    monkeypatch.setattr(click_storing, "LATE", 0.0)
    keeper.spool.keep(line(link, click=click))
    await keeper.close()
    assert [row.rule for row in await Conversion.objects()] == ["click"]


def test_an_id_says_how_old_it_is_and_what_cannot_be_ours_is_never_waited_for() -> None:
    ids = ClickIds()
    made = [UUID(ids.new().decode()) for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(each.version == 7 and each.variant == RFC_4122 and abs(age_of(each)) < 5 for each in made)
    assert datetime.fromisoformat(ids.at.decode()).tzinfo is not None
    assert not any(-YOUNG < age_of(each) < YOUNG for each in (uuid4(), UUID(int=0), UUID("00000000-0000-7000-8000-000000000000")))
