"""The gateway to Mux: the same cases against the stand-in and, with keys in the environment, against Mux."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from foundation import clock
from foundation import mux_gateway as mux
from foundation.vendor import OutcomeUnknown, VendorBusy, VendorRefused
from tests.contracts.mux_account import mux_node, with_settings
from tests.stand_ins import StandIn


@pytest.fixture(params=["the stand-in", "Mux"])
async def account(request: pytest.FixtureRequest, mux_sandbox: StandIn) -> AsyncIterator[str]:
    """An account of Mux to call. Every exchange is compared with Mux's contract by the recorder of the run."""
    values: dict[str, str] = {}
    if request.param == "Mux":
        if "MUX_TEST_TOKEN_ID" not in os.environ:
            pytest.skip("MUX_TEST_TOKEN_ID and MUX_TEST_TOKEN_SECRET are not set")
        secret = os.environ["MUX_TEST_TOKEN_SECRET"]
        values = {"MUX_API_BASE": "", "MUX_TOKEN_ID": os.environ["MUX_TEST_TOKEN_ID"], "MUX_TOKEN_SECRET": secret}
    with with_settings(**values):
        yield request.param


def _ours() -> str:
    return f"show-{uuid.uuid4().hex}"


async def test_a_live_stream_is_created_found_and_deleted(account: str) -> None:
    ours = _ours()
    made = await mux.create_live_stream(passthrough=ours, reconnect_window=45, test=True)
    assert (made.status, made.passthrough, made.reconnect_window) == ("idle", ours, 45)
    assert made.stream_key
    assert made.playback_id
    assert await mux.fetch_live_stream(live_stream_id=made.id) == made
    assert await mux.find_live_stream(passthrough=ours) == made
    await mux.delete(live_stream_id=made.id)
    await mux.delete(live_stream_id=made.id)
    with pytest.raises(VendorRefused) as refused:
        await mux.fetch_live_stream(live_stream_id=made.id)
    assert refused.value.code == "not_found"


async def test_a_reset_key_replaces_the_old_one(account: str) -> None:
    made = await mux.create_live_stream(passthrough=_ours(), test=True)
    again = await mux.reset_stream_key(live_stream_id=made.id)
    assert again.id == made.id
    assert again.stream_key != made.stream_key
    await mux.delete(live_stream_id=made.id)


async def test_a_disabled_stream_says_so_until_it_is_enabled(account: str) -> None:
    made = await mux.create_live_stream(passthrough=_ours(), test=True)
    await mux.disable(live_stream_id=made.id)
    assert (await mux.fetch_live_stream(live_stream_id=made.id)).status == "disabled"
    await mux.enable(live_stream_id=made.id)
    assert (await mux.fetch_live_stream(live_stream_id=made.id)).status == "idle"
    await mux.delete(live_stream_id=made.id)


async def test_what_does_not_exist_is_refused(account: str) -> None:
    with pytest.raises(VendorRefused):
        await mux.fetch_asset(asset_id="nothing")
    with pytest.raises(VendorRefused):
        await mux.create_clip(asset_id="nothing", start=1, end=2, passthrough=_ours())
    assert await mux.find_asset(passthrough=_ours()) is None


async def test_a_window_beyond_half_an_hour_is_refused_with_its_name(mux_sandbox: StandIn) -> None:
    with pytest.raises(VendorRefused, match="reconnect_window"):
        await mux.create_live_stream(passthrough=_ours(), reconnect_window=1801)


async def test_wrong_credentials_are_refused(mux_sandbox: StandIn) -> None:
    with with_settings(MUX_TOKEN_SECRET=""), pytest.raises(VendorRefused) as refused:
        await mux.find_live_stream(passthrough="any")
    assert refused.value.code == "unauthorized"


async def test_an_answer_lost_after_creation_is_unknown_and_can_be_looked_up(mux_sandbox: StandIn) -> None:
    ours = _ours()
    await mux_sandbox.admin("faults", {"kind": "api.lost", "match": "POST /video/v1/live-streams"})
    with pytest.raises(OutcomeUnknown):
        await mux.create_live_stream(passthrough=ours)
    found = await mux.find_live_stream(passthrough=ours)
    assert found is not None
    assert found.status == "idle"


async def test_a_creation_is_never_sent_twice_by_itself(mux_sandbox: StandIn) -> None:
    await mux_sandbox.admin("faults", {"kind": "api.before", "match": "POST"})
    ours = _ours()
    with pytest.raises(OutcomeUnknown):
        await mux.create_live_stream(passthrough=ours)
    assert await mux.find_live_stream(passthrough=ours) is None


async def test_reading_survives_two_failures(mux_sandbox: StandIn) -> None:
    made = await mux.create_live_stream(passthrough=_ours())
    await mux_sandbox.admin("faults", {"kind": "api.before", "match": "GET"})
    await mux_sandbox.admin("faults", {"kind": "api.busy", "match": "GET"})
    assert await mux.fetch_live_stream(live_stream_id=made.id) == made


async def test_too_many_calls_are_told_as_busy(mux_sandbox: StandIn) -> None:
    await mux_sandbox.admin("faults", {"kind": "api.busy", "match": "POST"})
    with pytest.raises(VendorBusy):
        await mux.create_live_stream(passthrough=_ours())


async def test_nobody_at_home_is_an_unknown_outcome() -> None:
    with with_settings(MUX_API_BASE="http://127.0.0.1:9"), pytest.raises(OutcomeUnknown):
        await mux.create_live_stream(passthrough=_ours())


async def test_a_stream_key_shows_neither_in_reprs_nor_in_logs(mux_sandbox: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = await mux.create_live_stream(passthrough=_ours())
    await mux_sandbox.admin("faults", {"kind": "api.lost", "match": "PUT", "times": 3})
    with pytest.raises(OutcomeUnknown) as unknown:
        await mux.complete(live_stream_id=made.id)
    said = repr(made) + caplog.text + repr(unknown.value)
    assert made.stream_key not in said


async def test_the_account_of_muxs_own_library_and_ours_open_the_same_doors(mux_sandbox: StandIn) -> None:
    key = await mux.create_signing_key()
    with with_settings(MUX_SIGNING_KEY_ID=key.id, MUX_SIGNING_PRIVATE_KEY=key.private_key):
        made = await mux.create_live_stream(passthrough=_ours())
        assert made.playback_id is not None
        theirs = mux_node({"sign": made.playback_id, "type": "video", "key": key.id, "privateKey": key.private_key})["token"]
        ours = mux.sign_playback(made.playback_id)
        other_use = mux.sign_playback(made.playback_id, kind="thumbnail")
        other_id = mux.sign_playback("another")
        late = mux.sign_playback(made.playback_id, seconds=-1)
        async with httpx.AsyncClient() as viewer:
            statuses = [
                (await viewer.get(mux.hls_url(made.playback_id, token=token))).status_code
                for token in (theirs, ours, None, other_use, other_id, late, f"{ours}x")
            ]
        assert statuses == [412, 412, 403, 403, 403, 403, 403], "412: let in, and nothing is on air"
        assert (await mux.viewer_counts(made.id)).viewers == 0


async def test_public_playback_needs_no_token(mux_sandbox: StandIn) -> None:
    made = await mux.create_live_stream(passthrough=_ours(), policy="public")
    assert made.playback_id is not None
    assert mux.sign_playback(made.playback_id) is None
    async with httpx.AsyncClient() as viewer:
        assert (await viewer.get(mux.hls_url(made.playback_id))).status_code == 412


def test_with_mux_itself_the_player_gets_ids_and_tokens_and_elsewhere_addresses() -> None:
    with with_settings(MUX_STREAM_BASE=""):
        there = mux.player_source("abc")
    with with_settings(MUX_STREAM_BASE="http://127.0.0.1:1/stream"):
        here = mux.player_source("abc")
    assert (there.playback_id, there.src) == ("abc", None)
    assert there.stream == "https://stream.mux.com/abc.m3u8"
    assert (here.playback_id, here.src) == (None, "http://127.0.0.1:1/stream/abc.m3u8")


async def test_addresses_stay_the_same_for_a_while_so_that_browsers_can_keep_pictures(mux_sandbox: StandIn) -> None:
    key = await mux.create_signing_key()
    start = datetime(2026, 11, 21, 20, tzinfo=UTC) - clock.now()
    with with_settings(MUX_SIGNING_KEY_ID=key.id, MUX_SIGNING_PRIVATE_KEY=key.private_key):
        tokens = []
        for minutes in (1, 10, 40):
            with clock.shifted(start + timedelta(minutes=minutes)):
                tokens.append(mux.sign_playback("abc", kind="thumbnail", seconds=3600, params={"width": 320}))
    assert tokens[0] == tokens[1] != tokens[2]
