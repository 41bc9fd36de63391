"""Programs that act for a person: their tokens, their scopes, and calls that are made again."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from foundation import api_tokens, clock
from foundation.accounts import Principal
from foundation.api_tokens import Scope
from foundation.errors import NotFound
from foundation.idempotency import forget_old
from foundation.tables import ApiToken, IdempotentCall
from tests.cast import Cast


def program(server: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server, headers={"authorization": f"Bearer {token}"}, timeout=30)


async def token_of(person: Principal, *scopes: Scope, days: int | None = None) -> str:
    return await api_tokens.make_token(name="our shop", scopes=scopes, days=days, by=person)


ORDER = {
    "lines": [{"variant_id": "018f0000-0000-7000-8000-000000000000", "quantity": 1}],
    "ship_to": {"name": "Sam", "line1": "1 rue", "postcode": "75001", "city": "Paris", "country": "FR"},
    "cart_key": "cart-from-a-program",
}


async def test_a_token_is_made_on_a_page_shown_once_and_used_without_cookie_or_form_token(cast: Cast, server: str) -> None:
    sam = await cast.sam()
    browser = await cast.client(sam)
    made = await browser.post("/settings/api", data={"name": "A script", "scopes": ["orders:read"], "days": "90"})
    assert made.status_code == 201
    found = re.search(r"ff_[\w-]{40,}", made.text)
    assert found
    token = found[0]
    assert token not in (await browser.get("/settings/api")).text
    async with program(server, token) as calling:
        assert (await calling.get("/api/v1/orders")).json() == []
    [kept] = await ApiToken.objects()
    assert token not in str(kept.to_dict())
    assert kept.last_used_at is not None


async def test_a_token_without_the_scope_is_refused_and_told_which_one_it_lacks(cast: Cast, server: str) -> None:
    async with program(server, await token_of(await cast.sam(), Scope.ORDERS_READ)) as calling:
        answer = await calling.post("/api/v1/orders", json=ORDER)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "scope_missing"
    assert "orders:write" in answer.json()["detail"]


async def test_ended_old_and_invented_tokens_are_nobody(cast: Cast, server: str) -> None:
    sam = await cast.sam()
    ended, old = await token_of(sam, Scope.ORDERS_READ), await token_of(sam, Scope.ORDERS_READ, days=30)
    [first] = [one for one in await api_tokens.tokens_of(by=sam) if one.prefix == ended[:10]]
    with pytest.raises(NotFound):
        await api_tokens.revoke_token(token_id=first.id, by=await cast.chloe())
    await api_tokens.revoke_token(token_id=first.id, by=sam)
    with clock.shifted(timedelta(days=30)):
        for token in (ended, old, "ff_invented"):
            async with program(server, token) as calling:
                answer = await calling.get("/api/v1/orders")
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_opens_no_page_and_a_session_beside_it_is_not_looked_at(cast: Cast, server: str) -> None:
    sam, fay = await cast.sam(), await cast.fay()
    token = await token_of(sam, *Scope)
    async with program(server, token) as calling:
        assert (await calling.get("/settings")).status_code == 303
    browser = await cast.client(fay)
    answer = await browser.get("/api/v1/orders", headers={"authorization": "Bearer ff_invented"})
    assert answer.status_code == 401


async def test_without_a_token_a_call_still_needs_the_form_token(cast: Cast, server: str) -> None:
    browser = await cast.client(await cast.sam())
    async with httpx.AsyncClient(base_url=server, cookies=browser.cookies) as forged:
        assert (await forged.post("/api/v1/orders", json=ORDER)).status_code == 403


async def test_too_many_calls_are_told_when_to_come_back(cast: Cast, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "CALLS", 2)
    async with program(server, await token_of(await cast.sam(), Scope.ORDERS_READ)) as calling:
        answers = [await calling.get("/api/v1/orders") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].json()["code"] == "too_many_requests"


async def test_the_same_key_gets_the_same_answer_and_another_call_is_refused(cast: Cast, server: str) -> None:
    async with program(server, await token_of(await cast.sam(), Scope.ORDERS_WRITE)) as calling:
        key = {"idempotency-key": "order-1"}
        first = await calling.post("/api/v1/orders", json=ORDER, headers=key)
        again = await calling.post("/api/v1/orders", json=ORDER, headers=key)
        other = await calling.post("/api/v1/orders", json={**ORDER, "cart_key": "another-cart"}, headers=key)
    assert first.status_code == again.status_code == 404
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_whose_first_call_still_runs_is_refused_until_it_is_given_up(cast: Cast, server: str) -> None:
    async with program(server, await token_of(await cast.sam(), Scope.ORDERS_WRITE)) as calling:
        key = {"idempotency-key": "order-1"}
        await calling.post("/api/v1/orders", json=ORDER, headers=key)
        await IdempotentCall.update({IdempotentCall.status: None}, force=True)
        busy = await calling.post("/api/v1/orders", json=ORDER, headers=key)
        assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (409, "call_in_flight", "1")
        with clock.shifted(timedelta(minutes=3)):
            assert (await calling.post("/api/v1/orders", json=ORDER, headers=key)).status_code == 404
        bad = await calling.post("/api/v1/orders", json=ORDER, headers={"idempotency-key": "x" * 201})
        assert bad.json()["code"] == "idempotency_key_invalid"
        with clock.shifted(timedelta(days=2)):
            assert await forget_old() == 1


async def test_two_people_may_use_the_same_key(cast: Cast, server: str) -> None:
    key = {"idempotency-key": "order-1"}
    for person in (await cast.sam(), await cast.chloe()):
        async with program(server, await token_of(person, Scope.ORDERS_WRITE)) as calling:
            answer = await calling.post("/api/v1/orders", json=ORDER, headers=key)
            assert "idempotent-replayed" not in answer.headers
