"""Sessions cannot be planted, come back after their end, or cost anything while nobody needs them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from typing import cast as cast_type
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request, get
from litestar.di import Provide

from foundation import accounts, clock, sessions, settings, valkey
from foundation.accounts import By, Principal
from tests.cast import PASSWORD, Browser, Cast, browser

COOKIE = "session"


def transport_to(app: Litestar) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=cast_type("Any", app))


async def rows() -> list[str]:
    return sorted([key.decode() async for key in valkey.client().scan_iter("session:*")])


async def session_cookie(client: httpx.AsyncClient) -> str:
    return client.cookies.get(COOKIE) or ""


async def sign_in(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": email, "password": PASSWORD})


@pytest.fixture
async def sam(db: None) -> Principal:
    return await accounts.create(email="sam@fanfare.example", display_name="Sam Petit", password=PASSWORD)


async def test_an_id_that_an_attacker_planted_is_never_signed_in(client: Browser, sam: Principal, server: str) -> None:
    planted = "chosen-by-the-attacker"
    client.cookies.set(COOKIE, planted)
    await sign_in(client, sam.email)
    assert (await client.get("/settings")).status_code == 200
    async with browser(server) as attacker:
        attacker.cookies.set(COOKIE, planted)
        assert (await attacker.get("/settings")).status_code == 303


async def test_the_id_changes_at_sign_in_and_what_the_visitor_had_stays(client: Browser, server: str, sam: Principal) -> None:
    await client.post("/sign-up", data={"email": "lea@fanfare.example", "display_name": "Léa", "password": PASSWORD})
    before = await session_cookie(client)
    assert before
    await sign_in(client, sam.email)
    after = await session_cookie(client)

    assert after != before
    assert len(await rows()) == 1
    async with browser(server) as thief:
        thief.cookies.set(COOKIE, before)
        assert (await thief.get("/settings")).status_code == 303


async def test_visitors_cost_no_row_and_no_cookie(client: Browser) -> None:
    for path in ("/sign-in", "/sign-up", "/dev/mail", "/sign-in?next=/x"):
        answer = await client.get(path)
        assert COOKIE not in answer.cookies
    assert await rows() == []


async def test_files_are_served_without_asking_for_the_session(client: Browser, sam: Principal) -> None:
    await sign_in(client, sam.email)
    [path] = re.findall(r'href="(/static/css/main[^"]+)"', (await client.get("/settings")).text)
    before = (await valkey.client().info("commandstats"))["cmdstat_get"]["calls"]
    assert (await client.get(path)).status_code == 200
    assert (await valkey.client().info("commandstats"))["cmdstat_get"]["calls"] == before


async def test_a_row_is_written_only_when_its_content_changed(client: Browser, sam: Principal) -> None:
    await sign_in(client, sam.email)
    [key] = await rows()
    await valkey.client().expire(key, 1000)
    answer = await client.get("/settings")
    assert COOKIE not in answer.cookies
    assert 990 <= await valkey.client().ttl(key) <= 1000

    await client.post("/settings/sessions/end", data={"ref": "of nobody"})  # leaves a notice in the session
    assert await valkey.client().ttl(key) > 1000


async def test_a_session_in_use_is_prolonged_once_an_hour(client: Browser, sam: Principal) -> None:
    await sign_in(client, sam.email)
    [key] = await rows()
    await valkey.client().expire(key, 1000)
    with clock.shifted(timedelta(hours=1, seconds=1)):
        assert COOKIE in (await client.get("/settings")).cookies
        assert await valkey.client().ttl(key) > 1000
        assert COOKIE not in (await client.get("/settings")).cookies


async def test_valkey_holds_no_id_that_opens_a_session(client: Browser, sam: Principal) -> None:
    await sign_in(client, sam.email)
    cookie = await session_cookie(client)
    keys = [key.decode() async for key in valkey.client().scan_iter("*")]
    values = [await valkey.client().get(key) for key in await rows()]
    assert not any(cookie in str(text) for text in [*keys, *values])


async def test_a_session_that_ended_does_not_come_back_with_a_late_request(client: Browser, sam: Principal) -> None:
    """One request is still running and changes its session when another browser ends it."""
    value = await sessions.open_session(sam.id)
    reached, go_on = asyncio.Event(), asyncio.Event()

    @get("/slow")
    async def slow(request: Request[Any, Any, Any]) -> str:
        reached.set()
        await go_on.wait()
        request.session["late"] = True
        return "done"

    app = Litestar([slow], middleware=[sessions.middleware()])
    async with httpx.AsyncClient(transport=transport_to(app), base_url="http://t", cookies={COOKIE: value}) as late:
        running = asyncio.ensure_future(late.get("/slow"))
        await reached.wait()
        for each in await sessions.of_person(sam.id):
            await sessions.end(sam.id, each.ref)
        go_on.set()
        answer = await running
    assert answer.status_code == 200
    assert COOKIE not in answer.cookies
    assert await rows() == []


async def test_people_see_their_sessions_and_end_one(cast: Cast) -> None:
    sam = await cast.sam()
    telephone, laptop = await cast.client(sam), await cast.client(sam)
    page = (await laptop.get("/settings")).text
    assert page.count('class="session"') == 2

    [theirs] = [
        re.search(r'name="ref" value="(\w+)"', entry)[1]  # type: ignore[index]  # a missing field fails the test as it should
        for entry in page.split('class="session"')[1:]
        if "this one" not in entry
    ]
    assert (await laptop.post("/settings/sessions/end", data={"ref": theirs})).status_code == 303
    assert (await telephone.get("/settings")).status_code == 303
    assert (await laptop.get("/settings")).status_code == 200


async def test_a_session_shows_the_browser_that_signed_in(client: Browser, sam: Principal) -> None:
    client.headers["user-agent"] = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
    await sign_in(client, sam.email)
    assert "Firefox, Android" in (await client.get("/settings")).text


async def test_nobody_ends_the_session_of_somebody_else(cast: Cast) -> None:
    ada, bruno = await cast.ada(), await cast.bruno()
    adas, brunos = await cast.client(ada), await cast.client(bruno)
    [session] = await sessions.of_person(ada.id)
    await brunos.post("/settings/sessions/end", data={"ref": session.ref})
    assert (await adas.get("/settings")).status_code == 200


async def test_signing_out_the_others_keeps_this_one(cast: Cast) -> None:
    sam = await cast.sam()
    here, there, elsewhere = [await cast.client(sam) for _ in range(3)]
    assert (await here.post("/settings/sessions/end-others")).status_code == 303
    assert (await here.get("/settings")).status_code == 200
    assert (await there.get("/settings")).status_code == (await elsewhere.get("/settings")).status_code == 303
    assert len(await sessions.of_person(sam.id)) == 1


async def test_signing_out_everywhere_holds_even_when_valkey_forgot_to_forget(cast: Cast, sam: Principal) -> None:
    """The database says since when sessions count; a row that survived, or was restored, opens nothing."""
    survivor = await cast.client(sam)
    [key] = await rows()
    kept = await valkey.client().get(key)
    here = await cast.client(sam)
    await here.post("/settings/sessions/end-others")
    await valkey.client().set(key, kept)
    assert (await survivor.get("/settings")).status_code == 303


async def test_signing_out_leaves_nothing(client: Browser, sam: Principal) -> None:
    await sign_in(client, sam.email)
    answer = await client.post("/sign-out")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert await rows() == []


async def test_a_row_of_a_person_who_is_gone_opens_nothing(server: str) -> None:
    async with browser(server) as ghost:
        ghost.cookies.set(COOKIE, await sessions.open_session(UUID(int=7)))
        assert (await ghost.get("/settings")).status_code == 303


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable, value in {
        "FANFARE_ENV": "production",
        "FANFARE_SECRET_KEY": "k" * 32,
        "FANFARE_BASE_URL": "https://fanfare.example",
        "FANFARE_MAIL_URL": "smtp://127.0.0.1",
    }.items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    yield
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.mark.usefixtures("in_production", "db")
async def test_in_production_the_cookie_is_bound_to_the_host_and_to_https() -> None:
    @get("/")
    async def visit(request: Request[Any, Any, Any]) -> str:
        request.session["bag"] = 1
        return ""

    app = Litestar([visit], middleware=[sessions.middleware()])
    async with httpx.AsyncClient(transport=transport_to(app), base_url="https://t") as visitor:
        cookie = (await visitor.get("/")).headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-session=")
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= {each.lower() for each in attributes}
    assert not any(each.lower().startswith("domain") for each in attributes)


def test_without_valkey_people_are_told_to_wait_and_not_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own event loop: Valkey's client belongs to the loop, and there the address leads nowhere."""

    @get("/open")
    async def for_everybody(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return dict(request.session)

    @get("/mine")
    async def for_members(by: By) -> str:
        return by.display_name

    async def visit() -> tuple[int, int]:
        app = Litestar(
            [for_everybody, for_members],
            middleware=[sessions.middleware()],
            dependencies={"by": Provide(accounts.require_principal)},
            exception_handlers={sessions.SessionsAway: lambda _request, refusal: _answer(refusal)},
        )
        transport = transport_to(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t", cookies={COOKIE: "something"}) as visitor:
            return (await visitor.get("/open")).status_code, (await visitor.get("/mine")).status_code

    monkeypatch.setenv("REDIS_URL", "unix:///nowhere/valkey.sock")
    settings.current.cache_clear()
    try:
        assert asyncio.run(visit()) == (200, 503)
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()


def _answer(refusal: sessions.SessionsAway) -> Any:
    from litestar import Response

    return Response({"code": refusal.code}, status_code=refusal.status)
