"""Mux's webhooks: the published signature, forgeries, what is kept, and the stand-in's own judged by Mux's library."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from foundation import clock
from foundation import mux_gateway as mux
from foundation.vendor import ForgedWebhook
from sandbox.mux.webhooks import signature
from tests.contracts import mux_contract
from tests.contracts.mux_account import letterbox, mux_node
from tests.stand_ins import StandIn

SECRET = "a secret of the tests"


def _event(**changes: object) -> bytes:
    body: dict[str, object] = {
        "id": "event-1",
        "type": "video.live_stream.active",
        "created_at": "2026-11-21T20:00:00.000Z",
        "object": {"type": "live", "id": "stream-1"},
        "environment": {"name": "Test", "id": "1"},
        "attempts": [],
        "data": {
            "id": "stream-1",
            "created_at": 1795290000,
            "status": "active",
            "latency_mode": "low",
            "max_continuous_duration": 43200,
            "stream_key": "hidden",
            "simulcast_targets": [{"stream_key": "hidden"}],
        },
    }
    return json.dumps(body | changes).encode()


def _signed(payload: bytes, *, age: int = 0) -> str:
    return signature(SECRET, payload, at=int(time.time()) - age)


def test_the_published_vector_is_reproduced() -> None:
    expected = "e43496b6aae982c4c2fd6f8e92935f1d90216f1f64d56024e72390acfb988272"
    assert signature("SuperSecret123", b"payload", at=1591664030) == f"t=1591664030,v1={expected}"
    then = datetime.fromtimestamp(1591664030, UTC)
    with clock.shifted(then - clock.now()), pytest.raises(ForgedWebhook, match="not an event"):
        mux.verify_webhook(b"payload", f"t=1591664030,v1={expected}", ("SuperSecret123",))


def test_a_genuine_webhook_tells_what_it_is_about() -> None:
    payload = _event()
    event = mux.verify_webhook(payload, _signed(payload), ("an older secret", SECRET))
    assert (event.id, event.type, event.account) == ("event-1", "video.live_stream.active", None)
    assert (event.object_kind, event.object_id, event.livemode) == ("live_stream", "stream-1", True)
    assert event.created == datetime(2026, 11, 21, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        pytest.param(_signed(_event(id="event-2")), _event(), id="of another body"),
        pytest.param(_signed(_event(), age=301), _event(), id="too old"),
        pytest.param(_signed(_event(), age=-3600), _event(), id="from the future"),
        pytest.param("", _event(), id="no header"),
        pytest.param("t=abc,v1=00", _event(), id="no time"),
        pytest.param("t=99999999999999999999,v1=00", _event(), id="a time beyond time"),
        pytest.param("v1=é,t=1", _event(), id="not ASCII"),
        pytest.param(_signed(b"[]"), b"[]", id="not an object"),
        pytest.param(_signed(_event(object=None)), _event(object=None), id="about nothing"),
        pytest.param(_signed(_event(data=None)), _event(data=None), id="without data"),
        pytest.param(_signed(_event(created_at="soon")), _event(created_at="soon"), id="at no time"),
        pytest.param(_signed(b"\xff"), b"\xff", id="not text"),
    ],
)
def test_a_forged_webhook_is_refused(header: str, payload: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        mux.verify_webhook(payload, header, (SECRET,))


def test_without_a_secret_nothing_is_genuine() -> None:
    payload = _event()
    empty = signature("", payload, at=int(time.time()))
    with pytest.raises(ForgedWebhook):
        mux.verify_webhook(payload, empty, ("",))


def test_five_minutes_are_still_good() -> None:
    payload = _event()
    header = _signed(payload)
    with clock.shifted(timedelta(seconds=298)):
        assert mux.verify_webhook(payload, header, (SECRET,)).id == "event-1"


def test_what_is_stored_has_no_stream_keys() -> None:
    kept = mux.redact(_event())
    assert b"hidden" not in kept
    assert json.loads(kept)["data"]["id"] == "stream-1"


async def test_muxs_own_library_accepts_what_the_stand_in_sends_and_refuses_what_was_changed(mux_sandbox: StandIn) -> None:
    with letterbox() as box:
        await mux_sandbox.admin("webhooks/endpoints", {"endpoints": [{"url": box.url, "secret": SECRET}]})
        await mux.create_live_stream(passthrough="signed")
        assert await mux_sandbox.flush() == 1
    header, body = box.received[0]
    assert mux_contract.check_event(body) == []
    assert mux.verify_webhook(body, header, (SECRET,)).type == "video.live_stream.created"
    assert mux_node({"verify": body.decode(), "header": header, "secret": SECRET}) == {"accepted": True}
    assert not mux_node({"verify": body.decode() + " ", "header": header, "secret": SECRET})["accepted"]
