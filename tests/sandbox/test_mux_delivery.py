"""Webhooks of the stand-in of Mux: in order, again until they are accepted, and wrong on request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from foundation import mux_gateway as mux
from tests.contracts import mux_contract
from tests.contracts.mux_account import Letterbox, letterbox
from tests.stand_ins import StandIn

CREATED, DISABLED, ENABLED = (f"video.live_stream.{word}" for word in ("created", "disabled", "enabled"))


@pytest.fixture
async def box(mux_sandbox: StandIn) -> AsyncIterator[Letterbox]:
    with letterbox() as opened:
        await mux_sandbox.admin("webhooks/endpoints", {"endpoints": [{"url": opened.url, "secret": "s"}]})
        yield opened
        await mux_sandbox.admin("webhooks/endpoints", {"endpoints": []})


async def _three_events() -> None:
    made = await mux.create_live_stream(passthrough="three")
    await mux.disable(live_stream_id=made.id)
    await mux.enable(live_stream_id=made.id)


async def test_events_arrive_in_the_order_of_the_facts(mux_sandbox: StandIn, box: Letterbox) -> None:
    await _three_events()
    assert await mux_sandbox.flush() == 3
    assert box.types() == [CREATED, DISABLED, ENABLED]
    assert [error for _, body in box.received for error in mux_contract.check_event(body)] == []


async def test_what_was_not_accepted_comes_again(mux_sandbox: StandIn, box: Letterbox) -> None:
    box.answers = [500]
    await mux.create_live_stream(passthrough="again")
    await mux_sandbox.admin("settings", {"auto_deliver": True})
    while len(box.received) < 2:
        await mux_sandbox.flush()
    first, second = (body for _, body in box.received)
    assert first == second


@pytest.mark.parametrize(
    ("kind", "arrives"),
    [
        ("webhook.drop", [CREATED, ENABLED]),
        ("webhook.duplicate", [CREATED, DISABLED, DISABLED, ENABLED]),
        ("webhook.reorder", [CREATED, ENABLED, DISABLED]),
        ("webhook.delay", [CREATED, ENABLED]),
    ],
)
async def test_faults_strike_the_event_they_are_meant_for(
    mux_sandbox: StandIn, box: Letterbox, kind: str, arrives: list[str]
) -> None:
    await mux_sandbox.admin("faults", {"kind": kind, "match": "disabled", "seconds": 60})
    await _three_events()
    await mux_sandbox.flush()
    assert box.types() == arrives


async def test_a_web_page_cannot_reach_the_switches(mux_sandbox: StandIn) -> None:
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(f"{mux_sandbox.url}/_sandbox/reset", headers={"origin": "https://somewhere.example"})
    assert answer.status_code == 403
