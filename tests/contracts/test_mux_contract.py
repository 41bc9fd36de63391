"""The contract of Mux catches what does not conform: mistakes made on purpose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundation.vendor import Exchange
from tests.contracts import mux_contract

LIVE = "/video/v1/live-streams"
STREAM: dict[str, Any] = {
    "id": "a",
    "created_at": "1795290000",
    "stream_key": "k",
    "status": "idle",
    "latency_mode": "low",
    "max_continuous_duration": 43200,
    "playback_ids": [{"id": "p", "policy": "signed"}],
}
EVENT: dict[str, Any] = {
    "id": "e",
    "type": "video.live_stream.idle",
    "created_at": "2026-11-21T20:00:00Z",
    "object": {"type": "live", "id": "a"},
    "environment": {"name": "Test", "id": "1"},
    "attempts": [],
    "data": STREAM | {"created_at": 1795290000},
}


def _exchange(
    method: str = "POST",
    path: str = LIVE,
    sent: dict[str, Any] | None = None,
    status: int = 201,
    answer: dict[str, Any] | None = None,
) -> Exchange:
    return Exchange(
        vendor="mux",
        method=method,
        url=f"http://127.0.0.1{path}",
        request_type="application/json",
        request_body=json.dumps(sent).encode() if sent is not None else b"",
        status=status,
        response_type="application/json",
        response_body=json.dumps(answer if answer is not None else {"data": STREAM}).encode(),
    )


def _without(name: str) -> dict[str, Any]:
    return {"data": {key: value for key, value in STREAM.items() if key != name}}


def test_a_good_exchange_conforms() -> None:
    assert mux_contract.check(_exchange(sent={"playback_policies": ["signed"], "latency_mode": "low"})) == []
    assert mux_contract.check_event(json.dumps(EVENT).encode()) == []


@pytest.mark.parametrize(
    ("exchange", "complaint"),
    [
        pytest.param(_exchange(path="/video/v1/live_streams"), "not a call", id="unknown path"),
        pytest.param(_exchange("PUT"), "not a call", id="unknown verb"),
        pytest.param(_exchange(path=f"{LIVE}?page=1"), "unknown parameter page", id="unknown query"),
        pytest.param(_exchange(sent={"latency": "low"}), "latency is not a field", id="unknown field sent"),
        pytest.param(_exchange(sent={"latency_mode": "fast"}), "not one of", id="unknown value sent"),
        pytest.param(_exchange(sent={"reconnect_window": "60"}), "not float", id="text for a number"),
        pytest.param(_exchange(sent={"test": 1}), "not bool", id="number for a switch"),
        pytest.param(_exchange(sent={"playback_policies": "signed"}), "not a list", id="text for a list"),
        pytest.param(_exchange(sent={"playback_policies": ["secret"]}), "not one of", id="unknown policy"),
        pytest.param(_exchange(sent={"new_asset_settings": {"policy": []}}), "not a field", id="unknown field inside"),
        pytest.param(_exchange(status=200), "status 200 is not documented", id="wrong status"),
        pytest.param(_exchange(answer=_without("stream_key")), "stream_key is missing", id="field missing"),
        pytest.param(_exchange(answer={"data": STREAM | {"created_at": 1}}), "not str", id="number for a time"),
        pytest.param(_exchange(answer={"data": STREAM | {"colour": "red"}}), "not a field", id="unknown field answered"),
        pytest.param(_exchange(answer={"data": None}), "is null", id="null"),
        pytest.param(_exchange("DELETE", f"{LIVE}/a", status=204), "none is documented", id="answer without need"),
        pytest.param(_exchange(status=404, answer={"message": "no"}), "another shape", id="error of another shape"),
    ],
)
def test_a_mistake_in_an_exchange_is_caught(exchange: Exchange, complaint: str) -> None:
    found = mux_contract.check(exchange)
    assert complaint in " ".join(found), found


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        pytest.param(EVENT | {"type": "video.live_stream.stopped"}, "not an event", id="unknown type"),
        pytest.param(EVENT | {"livemode": True}, "livemode is not documented", id="unknown field"),
        pytest.param({key: value for key, value in EVENT.items() if key != "object"}, "object is missing", id="field missing"),
        pytest.param(EVENT | {"data": STREAM}, "created_at is not a number", id="a time as REST writes it"),
        pytest.param(EVENT | {"data": EVENT["data"] | {"status": "on"}}, "not one of", id="unknown value"),
    ],
)
def test_a_mistake_in_a_webhook_is_caught(event: dict[str, Any], complaint: str) -> None:
    found = mux_contract.check_event(json.dumps(event).encode())
    assert complaint in " ".join(found), found
