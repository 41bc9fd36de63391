"""Signing in, out, and in again after forgetting the password."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher

from foundation import accounts, clock, passwords, settings
from foundation.accounts import Principal
from foundation.tables import AuditEntry, Person
from tests.cast import PASSWORD, Browser, Cast, browser
from tests.foundation import mailbox

NEW = "another long and quiet one"


@pytest.fixture
async def sam(db: None) -> Principal:
    return await accounts.create(email="sam@fanfare.example", display_name="Sam Petit", password=PASSWORD)


async def sign_in(client: httpx.AsyncClient, password: str = PASSWORD, **changes: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": "sam@fanfare.example", "password": password, **changes})


async def is_signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/settings")).status_code == 200


async def test_a_person_signs_in_and_out(client: Browser, sam: Principal) -> None:
    answer = await sign_in(client, email=" SAM@fanfare.example ", next="/settings")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    assert await is_signed_in(client)
    assert (await client.get("/sign-in?next=/settings")).headers["location"] == "/settings"

    assert (await client.post("/sign-out")).status_code == 303
    assert not await is_signed_in(client)


async def test_nobody_learns_whether_address_or_password_was_wrong(client: Browser, sam: Principal) -> None:
    await accounts.create(email="oidc@fanfare.example", display_name="Without password")
    closed = await accounts.create(email="closed@fanfare.example", display_name="Closed", password=PASSWORD)
    await accounts.disable(person_id=closed.id, by=sam)
    answers = [
        await sign_in(client, "a wrong password"),
        await sign_in(client, email="nobody@fanfare.example"),
        await sign_in(client, email="oidc@fanfare.example"),
        await sign_in(client, email="closed@fanfare.example"),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert all("E-mail and password do not belong together." in answer.text for answer in answers)
    assert all(
        f'value="{address}@fanfare.example"' in answer.text for address, answer in zip(("sam", "nobody"), answers, strict=False)
    )


async def test_whoever_has_not_confirmed_gets_the_link_again(client: Browser) -> None:
    await accounts.create(email="sam@fanfare.example", display_name="Sam", password=PASSWORD, confirmed=False)
    answer = await sign_in(client)
    assert answer.status_code == 200
    assert not await is_signed_in(client)
    assert (await client.post(await mailbox.path_in_newest(client, "sam@fanfare.example", "/confirm/"))).status_code == 303
    assert await is_signed_in(client)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil"],
)
async def test_next_leads_only_to_our_own_paths(client: Browser, sam: Principal, elsewhere: str) -> None:
    assert (await sign_in(client, next=elsewhere)).headers["location"] == "/"
    assert (await client.get("/sign-in", params={"next": elsewhere})).headers["location"] == "/"


async def test_a_page_for_members_leads_to_signing_in_and_back(client: Browser, sam: Principal) -> None:
    answer = await client.get("/settings")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/settings")


async def test_the_eleventh_try_with_an_address_waits_and_a_reset_forgives(client: Browser, sam: Principal) -> None:
    for _ in range(10):
        assert (await sign_in(client, "a wrong password")).status_code == 422
    waiting = await sign_in(client)
    assert waiting.status_code == 429
    assert "Too many tries" in waiting.text
    assert not await is_signed_in(client)

    await client.post("/reset", data={"email": sam.email})
    await client.post(await mailbox.path_in_newest(client, sam.email, "/reset/"), data={"password": NEW})
    await client.post("/sign-out")
    assert (await sign_in(client, NEW)).status_code == 303


async def test_a_hash_of_former_days_is_renewed_at_sign_in(client: Browser, sam: Principal) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await Person.update({Person.password_hash: weak}).where(Person.id == sam.id)
    assert (await sign_in(client)).status_code == 303
    row = await Person.select(Person.password_hash).where(Person.id == sam.id).first()
    assert row is not None
    assert row["password_hash"] != weak
    await client.post("/sign-out")
    assert (await sign_in(client)).status_code == 303


async def test_outside_tests_a_hash_costs_what_rfc_9106_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_ENV", "development")
    settings.current.cache_clear()
    try:
        kept = await passwords.hashed(PASSWORD)
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.matches(PASSWORD, kept)
    assert not await passwords.matches(PASSWORD.upper(), kept)


async def test_sign_ins_good_and_bad_stand_in_the_audit_log(client: Browser, sam: Principal) -> None:
    await sign_in(client, "a wrong password")
    await sign_in(client, email="nobody@fanfare.example")
    await sign_in(client)
    rows = await AuditEntry.select(AuditEntry.action, AuditEntry.object_id, AuditEntry.details).order_by(AuditEntry.id)
    assert [(row["action"], row["object_id"]) for row in rows[1:]] == [
        ("refuse sign-in", str(sam.id)),
        ("refuse sign-in", "unknown"),
        ("sign in", str(sam.id)),
    ]
    assert "127.0.0.1" in rows[1]["details"]
    assert not any(word in str(rows) for word in ("nobody@", PASSWORD, "a wrong password"))


async def test_a_reset_sets_the_password_and_ends_every_session(client: Browser, sam: Principal, server: str) -> None:
    async with browser(server) as other:
        await sign_in(other)
        asked = await client.post("/reset", data={"email": "Sam@Fanfare.example"})
        link = await mailbox.path_in_newest(client, sam.email, "/reset/")
        assert asked.status_code == 200
        assert (await client.get(link)).status_code == 200
        assert (await client.post(link, data={"password": "password123"})).status_code == 422
        assert (await client.post(link, data={"password": NEW})).status_code == 303

        assert await is_signed_in(client)
        assert not await is_signed_in(other)
        assert (await sign_in(other)).status_code == 422
        assert (await sign_in(other, NEW)).status_code == 303
        assert (await client.post(link, data={"password": "yet another long one"})).status_code == 410
        assert "Your password was changed" in await mailbox.newest(client, sam.email)


async def test_asking_for_a_reset_tells_nothing(client: Browser, sam: Principal) -> None:
    known = await client.post("/reset", data={"email": sam.email})
    unknown = await client.post("/reset", data={"email": "tom@fanfare.example"})
    assert known.status_code == unknown.status_code == 200
    assert re.sub("sam(@|%40)", "", known.text) == re.sub("tom(@|%40)", "", unknown.text)
    assert await mailbox.newest(client, "tom@fanfare.example") == ""


async def test_a_reset_link_runs_out_and_is_no_confirmation_link(client: Browser, sam: Principal) -> None:
    await client.post("/reset", data={"email": sam.email})
    link = await mailbox.path_in_newest(client, sam.email, "/reset/")
    assert (await client.get(link.replace("/reset/", "/confirm/"))).status_code == 410
    with clock.shifted(timedelta(hours=1, seconds=1)):
        assert (await client.post(link, data={"password": NEW})).status_code == 410


async def test_changing_the_password_needs_the_current_one_and_ends_other_sessions(
    client: Browser, sam: Principal, cast: Cast
) -> None:
    await sign_in(client)
    other = await cast.client(sam)
    wrong = await client.post("/settings/password", data={"current": "a wrong password", "password": NEW})
    assert wrong.status_code == 422
    assert "This is not your current password." in wrong.text
    assert await is_signed_in(other)

    assert (await client.post("/settings/password", data={"current": PASSWORD, "password": NEW})).status_code == 303
    assert await is_signed_in(client)
    assert not await is_signed_in(other)


async def test_people_choose_name_language_time_zone_and_theme(client: Browser, sam: Principal) -> None:
    await sign_in(client)
    chosen = {"display_name": "Sam P.", "locale": "fr", "time_zone": "America/Montreal", "theme": "dark"}
    refused = await client.post("/settings/profile", data={**chosen, "time_zone": "Mars/Olympus"})
    assert refused.status_code == 422
    assert (await client.post("/settings/profile", data={**chosen, "time_zone": "America/Toronto"})).status_code == 303

    page = (await client.get("/settings")).text
    assert 'lang="fr"' in page
    assert 'data-theme="dark"' in page
    assert "Sam P." in page
