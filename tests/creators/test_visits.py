"""What is known of a visit: views of people only, minutes by our clock, devices joined with consent, impressions in lists."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from creators import consent, origins, reach, shows, touches, watching
from creators.consent import COOKIE, cookie_of
from creators.tables import Show, ShowStatus, Touch, TouchKind
from creators.touch_tables import ShowReach, TouchOrigin, WatchTime
from foundation import clock
from foundation.errors import NotFound
from tests import factories
from tests.cast import Cast
from tests.factories import Stage
from tests.marketplace import stall

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}


async def kinds() -> list[str]:
    return [touch.kind for touch in await Touch.objects().order_by(Touch.at)]


async def show_of(stage: Stage) -> Show:
    return await shows.hosted_show(show_id=stage.show_id, by=stage.nour)


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"},
        {"user-agent": "facebookexternalhit/1.1"},
        {"user-agent": ""},
        {**BROWSER, "sec-purpose": "prefetch;prerender"},
        {**BROWSER, "purpose": "prefetch"},
    ],
)
async def test_programs_and_pages_fetched_ahead_leave_no_touch(server: str, headers: dict[str, str]) -> None:
    stage = await factories.stage(live=True)
    async with httpx.AsyncClient(base_url=server, headers=headers) as visitor:
        assert (await visitor.get(f"/shows/{stage.slug}")).status_code == 200
        assert (await visitor.get("/")).status_code == 200
    await reach.here.flush()
    assert await kinds() == []
    assert await ShowReach.count() == 0


async def test_people_leave_a_view_live_and_another_kind_in_the_replay(server: str) -> None:
    stage = await factories.stage(live=True)
    async with httpx.AsyncClient(base_url=server, headers=BROWSER) as visitor:
        await visitor.get(f"/shows/{stage.slug}")
        await Show.update(
            {Show.status: ShowStatus.ENDED, Show.ended_at: clock.now(), Show.asset_playback_id: "x", Show.asset_seconds: 60},
            force=True,
        ).where(Show.id == stage.show_id)
        await visitor.get(f"/shows/{stage.slug}")
    assert await kinds() == ["show_view", "replay_view"]


async def test_offering_a_show_in_a_list_is_counted(server: str) -> None:
    await factories.stage(live=True)
    async with httpx.AsyncClient(base_url=server, headers=BROWSER) as visitor:
        for _again in range(3):
            await visitor.get("/")
    await reach.here.flush()
    await reach.here.flush()
    [row] = await ShowReach.objects()
    assert row.impressions == 3


async def test_minutes_are_counted_by_our_clock_and_silence_counts_nothing(db: None) -> None:
    stage = await factories.stage(live=True)
    show, sam = await show_of(stage), await stall.person("sam")
    at = timedelta()

    async def beat(after: int) -> int:
        nonlocal at
        at += timedelta(seconds=after)
        with clock.shifted(at):
            return await watching.beat(show=show, visitor="v1", by=sam)

    assert await beat(0) == 0
    assert [await beat(30), await beat(30)] == [30, 60]
    assert await beat(600) == 60, "nobody watched in between"
    assert await beat(1) in {60, 61, 62}
    assert (
        await watching.minutes("creator", stage.creator_id, clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)) == 1
    )
    assert await kinds() == [TouchKind.WATCHED]
    [row] = await WatchTime.objects()
    assert (row.live, row.person) == (True, sam.id)


async def test_a_hundred_beats_at_once_count_no_more_than_the_time(db: None) -> None:
    stage = await factories.stage(live=True)
    show = await show_of(stage)
    for _beat in range(100):
        counted = await watching.beat(show=show, visitor="greedy", by=None)
    assert counted <= 5


async def test_a_show_that_has_not_begun_is_not_watched_into_a_touch(db: None) -> None:
    stage = await factories.stage()
    show = await show_of(stage)
    await watching.beat(show=show, visitor="v", by=None)
    with clock.shifted(timedelta(seconds=59)):
        await watching.beat(show=show, visitor="v", by=None)
    with clock.shifted(timedelta(seconds=118)), pytest.raises(NotFound):
        await watching.beat(show=show, visitor="v", by=None)


async def test_the_player_tells_and_a_stranger_without_a_token_is_refused(server: str, cast: Cast) -> None:
    stage = await factories.stage(live=True)
    sam = await cast.client(await stall.person("sam"))
    page = (await sam.get(f"/shows/{stage.slug}")).text
    assert f'data-watching="/shows/{stage.slug}/watching"' in page
    assert (await sam.post(f"/shows/{stage.slug}/watching", data={})).status_code == 204
    async with httpx.AsyncClient(base_url=server, headers=BROWSER) as stranger:
        assert (await stranger.post(f"/shows/{stage.slug}/watching")).status_code == 403
    assert await WatchTime.count() == 1


async def test_with_consent_a_device_is_joined_once_its_person_signs_in_and_without_it_never(server: str, cast: Cast) -> None:
    stage = await factories.stage(live=True)
    subject = await consent.give(language="en", place="banner", by=None)
    for cookies in ({COOKIE: cookie_of(subject)}, {COOKIE: cookie_of(None)}, {}):
        async with httpx.AsyncClient(base_url=server, headers=BROWSER, cookies=cookies) as visitor:
            await visitor.get(f"/shows/{stage.slug}")
    person = await stall.person("sam")
    sam = await cast.client(person)
    sam.cookies.set(COOKIE, cookie_of(subject))
    await sam.get(f"/shows/{stage.slug}")
    joined = await Touch.objects().where(Touch.person == person.id)
    assert {touch.visitor for touch in joined} == {subject.hex}
    assert await Touch.count().where(Touch.person.is_null()) == 2


async def test_global_privacy_control_refuses_the_device_too(server: str) -> None:
    stage = await factories.stage(live=True)
    subject = uuid4()
    headers = {**BROWSER, "sec-gpc": "1"}
    async with httpx.AsyncClient(base_url=server, headers=headers, cookies={COOKIE: cookie_of(subject)}) as visitor:
        await visitor.get(f"/shows/{stage.slug}")
    [touch] = await Touch.objects()
    assert UUID(touch.visitor) != subject


async def test_how_a_visit_began_is_kept_with_consent_only(server: str) -> None:
    stage = await factories.stage(live=True)
    subject = await consent.give(language="en", place="page", by=None)
    elsewhere = {"referer": "https://www.instagram.com/p/1", "sec-fetch-site": "cross-site"}
    ours = {"referer": f"{server}/creators/nour.en.cuisine", "sec-fetch-site": "same-origin"}
    for cookies, opted_out in (({}, {}), ({COOKIE: "none"}, {}), ({COOKIE: cookie_of(subject)}, {"sec-gpc": "1"})):
        async with httpx.AsyncClient(base_url=server, headers={**BROWSER, **opted_out}, cookies=cookies) as visitor:
            await visitor.get("/creators/nour.en.cuisine", headers=elsewhere)
            await visitor.get(f"/shows/{stage.slug}", headers=ours)
    assert await Touch.count() == 3
    assert await TouchOrigin.count() == 0
    async with httpx.AsyncClient(base_url=server, headers=BROWSER, cookies={COOKIE: cookie_of(subject)}) as visitor:
        await visitor.get("/creators/nour.en.cuisine?utm=1", headers=elsewhere)
        await visitor.get("/schedule", headers=ours)
        for _again in range(2):
            await visitor.get(f"/shows/{stage.slug}", headers=ours)
    [origin] = await TouchOrigin.objects()
    assert (origin.entry_page, origin.referrer) == ("/creators/nour.en.cuisine", "www.instagram.com")


async def test_a_beginning_that_is_too_long_is_cut_and_nothing_is_kept_twice(db: None) -> None:
    stage = await factories.stage(live=True)
    touch = await touches.record_touch(show=await show_of(stage), kind=TouchKind.SHOW_VIEW, visitor="a", by=None)
    device = uuid4()
    await origins.note(touch_id=touch, device=device)
    assert await TouchOrigin.count() == 0
    await origins.arrive(device=device, page="/" + "x" * 5000, host="h" * 500)
    for _again in range(2):
        await origins.note(touch_id=touch, device=device)
    [origin] = await TouchOrigin.objects()
    assert (len(origin.entry_page), len(origin.referrer)) == (origins.LONGEST_PAGE, origins.LONGEST_HOST)
