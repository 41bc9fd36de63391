"""Clips: who may mark a moment, that it is cut once and for real, its page, and that it can be taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from creators import clip_cutting, clip_lists, clips
from creators.clip_tables import Clip, ClipStatus
from creators.clips import ClipsNotAllowed, NothingToClip, OutsideRecording, TitleMissing, TitleRefused
from creators.room import Part, SlotState
from creators.tables import Pin, Show, Touch, TouchKind
from foundation import clock, mux_gateway
from foundation.accounts import Principal
from foundation.errors import NotFound, Refusal, WrongState
from foundation.vendor import VendorRefused
from marketplace.tables import Brief
from moderation import sanctions, words
from moderation.sanctions import ReasonMissing, Silenced
from moderation.tables import Restriction, WordAction
from tests import factories
from tests.cast import Cast
from tests.creators.recordings import FILM, make_film, recorded
from tests.factories import Stage
from tests.stand_ins import StandIn

Settle = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film"))


async def mark(made: Stage, by: Principal, *, starts: int | None = 2, seconds: int = 15, key: UUID | None = None) -> Clip:
    return await clips.mark(
        show_id=made.show_id, title="The caramel turns", client_key=key or uuid4(), starts=starts, seconds=seconds, by=by
    )


async def only() -> Clip:
    [clip] = await Clip.objects()
    return clip


async def of_mux(clip: Clip) -> list[str]:
    """The assets at Mux that carry the clip's id."""
    found = await mux_gateway.find_asset(passthrough=f"clip:{clip.id}")
    return [found.id] if found else []


@pytest.mark.video
async def test_a_marked_moment_becomes_a_film_with_a_page_that_sells_and_can_be_taken_away(
    cast: Cast, settle: Settle, film: Path
) -> None:
    made = await factories.stage()
    show = await recorded(made, film)
    began = show.went_live_at
    await Pin(show=show.id, product=made.pan.id, pinned_at=began, pinned_by=made.nour.id).save()
    nour, sam, max_ = await cast.client(made.nour), await cast.client(await cast.sam()), await cast.client(await cast.max())
    sent = {"client_key": str(uuid4()), "title": "The caramel turns", "starts": "2", "seconds": "15"}
    answers = await asyncio.gather(*(nour.post(f"/shows/{made.slug}/clip", data=sent) for _ in range(3)))
    [address] = {answer.headers["location"] for answer in answers}
    waiting = await sam.get(address)
    assert "being cut" in waiting.text
    assert "noindex" in waiting.text
    async with asyncio.timeout(30):
        while (await only()).status != ClipStatus.READY:
            await settle()
            await asyncio.sleep(0.05)
    [clip] = await Clip.objects()
    asset = await mux_gateway.fetch_asset(asset_id=clip.asset_id)
    assert (asset.source_asset_id, asset.passthrough) == (show.asset_id, f"clip:{clip.id}")
    assert asset.duration == pytest.approx(FILM - 2, abs=1.5)

    page = await sam.get(address)
    for word in ("The caramel turns", made.pan.title, "VideoObject", 'content="video.other"', f"/shows/{made.slug}?at=2"):
        assert word in page.text
    assert f"/shows/{made.slug}/buy" in page.text
    views = await Touch.objects().where(Touch.kind == TouchKind.CLIP_VIEW)
    assert [(touch.person, touch.show, touch.source) for touch in views] == [((await cast.sam()).id, show.id, "clip")]
    for list_of_clips in (f"/shows/{made.slug}", "/creators/nour.en.cuisine", "/creators/nour.en.cuisine/clips"):
        assert address in (await sam.get(list_of_clips)).text
    assert "clip" in (await nour.get(f"/studio/shows/{made.show_id}")).text

    assert (await sam.post(f"{address}/remove", data={"reason": "mine"})).status_code == 404
    assert "Please give a reason" in (await max_.post(f"{address}/remove", data={})).text
    assert (await max_.post(f"{address}/remove", data={"reason": "Shows a bystander"})).status_code == 303
    assert (await sam.get(address)).status_code == 404
    [why] = await Restriction.objects()
    assert (why.object_kind, why.object_id, why.person, why.reason) == ("clip", str(clip.id), made.nour.id, "Shows a bystander")
    await settle()
    with pytest.raises(VendorRefused):
        await mux_gateway.fetch_asset(asset_id=clip.asset_id)


@pytest.mark.video
async def test_a_moment_marked_on_air_is_cut_when_the_recording_is_there_and_only_once(
    mux_sandbox: StandIn, db: None, film: Path
) -> None:
    made = await factories.stage(live=True)
    await Show.update({Show.went_live_at: clock.now() - timedelta(seconds=14)}, force=True).where(Show.id == made.show_id)
    clip = await mark(made, made.nour, starts=None)
    assert (clip.starts, clip.ends) == (0, 14)
    await clip_cutting.cut(clip_id=clip.id)
    assert await of_mux(clip) == []
    await recorded(made, film)
    await asyncio.gather(*(clip_cutting.cut_waiting(show_id=made.show_id) for _ in range(3)))
    [asset] = await of_mux(clip)
    assert (await only()).asset_id == asset
    await mux_gateway.delete_asset(asset_id=asset)
    assert await of_mux(clip) == [], "those that came second are gone"


@pytest.mark.video
async def test_a_lost_answer_or_a_killed_worker_makes_no_second_asset(mux_sandbox: StandIn, db: None, film: Path) -> None:
    made = await factories.stage()
    show = await recorded(made, film)
    clip = await mark(made, made.nour)
    asked = await mux_gateway.create_clip(asset_id=show.asset_id, start=2, end=FILM, passthrough=f"clip:{clip.id}")
    await Clip.update({Clip.asked_at: clock.now()}, force=True).where(Clip.id == clip.id)
    with clock.shifted(timedelta(minutes=5)):
        await clip_cutting.catch_up()
    assert (await only()).asset_id == asked.id
    await mux_gateway.delete_asset(asset_id=asked.id)
    assert await of_mux(clip) == []


async def test_what_cannot_be_cut_says_so_to_its_makers_only(mux_sandbox: StandIn, cast: Cast) -> None:
    made = await factories.stage()
    await recorded(made)  # Mux knows nothing of this recording
    clip = await mark(made, made.nour)
    await clip_cutting.cut(clip_id=clip.id)
    assert (await only()).status == ClipStatus.FAILED
    assert "could not be cut" in (await (await cast.client(made.nour)).get(f"/clips/{clip.code}")).text
    assert (await (await cast.client(await cast.sam())).get(f"/clips/{clip.code}")).status_code == 404
    assert await clip_lists.of_show(made.show_id) == []
    assert [listed.status for listed in await clip_lists.marked_in(made.show_id)] == [ClipStatus.FAILED]


@pytest.mark.usefixtures("db")
async def test_viewers_make_clips_only_where_the_brief_allows_it(cast: Cast) -> None:
    made, sam = await factories.stage(), await cast.sam()
    show = await recorded(made)
    with pytest.raises(ClipsNotAllowed):
        await mark(made, sam)
    assert not await clips.may_mark(show, sam)
    assert not await clips.may_mark(show, None)
    assert (await (await cast.client(sam)).get(f"/shows/{made.slug}/clip")).status_code == 404
    await Brief.update({Brief.viewer_clips: True}, force=True).where(Brief.id == made.brief_id)
    clip = await mark(made, sam)
    assert not clip.by_host
    await sanctions.time_out(person_id=sam.id, minutes=10, place="", reason="Noise", by=await cast.max())
    with pytest.raises(Silenced):
        await mark(made, sam)
    with pytest.raises(ReasonMissing):
        await clips.remove(code=clip.code, reason=" ", by=made.nour)
    with pytest.raises(NotFound):
        await clips.remove(code=clip.code, reason="", by=await cast.chloe())
    await clips.remove(code=clip.code, reason="", by=sam)
    with pytest.raises(WrongState):
        await clips.remove(code=clip.code, reason="", by=sam)


@pytest.mark.usefixtures("db")
async def test_the_same_key_is_the_same_clip_and_nobody_else_s() -> None:
    made = await factories.stage()
    await recorded(made)
    key = uuid4()
    twins = await asyncio.gather(*(mark(made, made.nour, key=key) for _ in range(5)))
    assert len({clip.code for clip in twins}) == 1
    assert await Clip.count() == 1
    await Brief.update({Brief.viewer_clips: True}, force=True).where(Brief.id == made.brief_id)
    with pytest.raises(WrongState):
        await mark(made, made.ada, key=key)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("starts", "seconds"), [(-1, 15), (600, 15), (598, 15), (10**8, 60), (2, 14), (2, 0), (2, 3600)])
async def test_a_clip_lies_within_the_recording_and_has_one_of_the_lengths(starts: int, seconds: int) -> None:
    made = await factories.stage()
    await recorded(made)
    with pytest.raises(OutsideRecording):
        await mark(made, made.nour, starts=starts, seconds=seconds)
    assert await Clip.count() == 0


@pytest.mark.usefixtures("db")
async def test_nothing_is_clipped_of_a_show_that_has_not_begun_or_under_a_bad_title(cast: Cast) -> None:
    made = await factories.stage()
    with pytest.raises(NothingToClip):
        await mark(made, made.nour)
    await recorded(made)
    await words.add_word(word="casserole", action=WordAction.HOLD, by=await cast.max())
    wrong: list[tuple[str, type[Refusal]]] = [
        ("  ", TitleMissing),
        ("Cheap at www.example.com", TitleRefused),
        ("c a s s e r o l e", TitleRefused),
    ]
    for title, refusal in wrong:
        with pytest.raises(refusal):
            await clips.mark(show_id=made.show_id, title=title, client_key=uuid4(), starts=2, seconds=15, by=made.nour)
    long = await clips.mark(show_id=made.show_id, title="a" * 5000, client_key=uuid4(), starts=2, seconds=15, by=made.nour)
    assert len(long.title) == clips.LONGEST_TITLE


async def test_the_form_keeps_what_was_typed_and_the_tap_on_air_answers_with_a_word(cast: Cast) -> None:
    made = await factories.stage(live=True)
    nour = await cast.client(made.nour)
    live = await nour.get(f"/shows/{made.slug}/clip")
    assert "what was just seen" in live.text
    early = {"client_key": str(uuid4()), "quick": "1"}
    refused = await nour.post(f"/shows/{made.slug}/clip", data=early, headers={"hx-request": "true"})
    assert refused.status_code == 422
    assert "ruby" in refused.headers["hx-trigger"]
    await Show.update({Show.went_live_at: clock.now() - timedelta(minutes=5)}, force=True).where(Show.id == made.show_id)
    tapped = await nour.post(f"/shows/{made.slug}/clip", data=early, headers={"hx-request": "true"})
    assert "leaf" in tapped.headers["hx-trigger"]
    assert early["client_key"] not in tapped.text, "the next tap is another clip"
    [clip] = await Clip.objects()
    assert clip.ends - clip.starts == clips.USUAL_LENGTH
    await recorded(made)
    wrong = {"client_key": str(uuid4()), "title": "Late", "starts": "5000", "seconds": "15"}
    kept = await nour.post(f"/shows/{made.slug}/clip", data=wrong)
    assert kept.status_code == 422
    assert 'value="Late"' in kept.text
    assert "within the recording" in kept.text
    assert (await nour.get("/clips/nothing")).status_code == 404
    assert (await nour.get(f"/clips/{clip.code}/state", headers={"hx-request": "true"})).status_code == 200


def test_the_products_of_a_clip_are_those_that_were_on_screen_meanwhile() -> None:
    def part(seconds: int | None, until: int | None) -> Part:
        return Part(
            id=uuid4(),
            position=1,
            title="",
            minutes=1,
            product=None,
            at=clock.now(),
            state=SlotState.DONE,
            seconds=seconds,
            until_seconds=until,
        )

    first, second, never = part(0, 60), part(60, 120), part(None, None)
    between = clip_lists.shown_between
    assert between((first, second, never), 10, 60) == [first]
    assert between((first, second, never), 59, 61) == [first, second]
    assert between((first, second, never), 60, 90) == [second]
    assert between((first, second, never), 120, 130) == []
