"""Signing up ends in the mailbox, and tells nobody else anything."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from foundation import accounts, clock
from foundation.tables import AuditEntry, Person
from tests.cast import PASSWORD, Browser, Cast, browser, form_token
from tests.foundation import mailbox

LEA = {"email": "Lea@Fanfare.example", "display_name": "Léa Morin", "password": PASSWORD}


async def sign_up(client: httpx.AsyncClient, **changes: str) -> httpx.Response:
    return await client.post("/sign-up", data={**LEA, **changes})


async def test_signing_up_ends_with_the_link_in_the_mail(client: Browser) -> None:
    answer = await sign_up(client, next="/settings")
    assert answer.status_code == 200
    assert "lea@fanfare.example" in answer.text.lower()
    assert (await client.get("/settings")).status_code == 303  # not yet

    link = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")
    assert 'type="password"' not in (await client.get(link)).text
    confirmed = await client.post(link)

    assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/settings")
    assert "Léa Morin" in (await client.get("/settings")).text


async def test_the_forms_work_without_javascript(server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as plain:
        token = form_token((await plain.get("/sign-up")).text)
        answer = await plain.post("/sign-up", data={**LEA, "_csrf_token": token})
        assert answer.status_code == 200
        assert (await plain.post("/sign-up", data=LEA)).status_code == 403  # and not without its token


async def test_the_answer_is_the_same_whether_an_address_has_an_account(cast: Cast, server: str) -> None:
    await cast.sam()
    known, unknown = browser(server), browser(server)
    async with known, unknown:
        answers = [await sign_up(known, email="sam@fanfare.example"), await sign_up(unknown, email="tom@fanfare.example")]
        pages = [re.sub(r"sam|tom|[0-9a-f]{64,}", "", answer.text) for answer in answers]

        assert pages[0] == pages[1]
        assert answers[0].status_code == answers[1].status_code
        assert set(known.cookies) == set(unknown.cookies)
        assert "already have an account" in await mailbox.newest(known, "sam@fanfare.example")
        assert "/confirm/" in await mailbox.newest(known, "tom@fanfare.example")


async def test_signing_up_over_an_account_does_not_touch_it(client: Browser, cast: Cast) -> None:
    sam = await cast.sam()
    await sign_up(client, email=sam.email, display_name="Somebody Else")
    assert await accounts.person(sam.id) == sam


async def test_opening_the_link_alone_confirms_nothing(client: Browser) -> None:
    await sign_up(client)
    link = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")
    for _ in range(3):
        assert (await client.get(link)).status_code == 200
    row = await Person.select(Person.email_confirmed_at).where(Person.email == "lea@fanfare.example").first()
    assert row == {"email_confirmed_at": None}


async def test_a_link_opened_in_another_browser_asks_for_the_password(client: Browser, server: str) -> None:
    await sign_up(client)
    link = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")
    async with browser(server) as telephone:
        assert 'type="password"' in (await telephone.get(link)).text
        refused = await telephone.post(link, data={"password": "not the one of the sign-up"})
        assert refused.status_code == 422
        assert (await telephone.get("/settings")).status_code == 303
        assert (await telephone.post(link, data={"password": PASSWORD})).status_code == 303
        assert (await telephone.get("/settings")).status_code == 200


async def test_nobody_can_prepare_an_account_for_a_stranger_to_confirm(client: Browser, server: str) -> None:
    """Mallory signs up with Léa's address; Léa opens the link, but does not know Mallory's password."""
    await sign_up(client, password="the password of mallory")
    async with browser(server) as lea:
        link = await mailbox.path_in_newest(lea, "lea@fanfare.example", "/confirm/")
        assert (await lea.post(link, data={"password": PASSWORD})).status_code == 422
        await sign_up(lea)
        assert (await lea.post(await mailbox.path_in_newest(lea, "lea@fanfare.example", "/confirm/"))).status_code == 303
        refused = await client.post("/sign-in", data={"email": LEA["email"], "password": "the password of mallory"})
        assert refused.status_code == 422


async def test_a_link_works_once_and_a_newer_one_replaces_it(client: Browser) -> None:
    await sign_up(client)
    first = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")
    await sign_up(client)
    second = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")

    assert (await client.post(first)).status_code == 410
    assert (await client.post(second)).status_code == 303
    assert (await client.post(second)).status_code == 410
    assert (await client.get(second)).status_code == 410
    assert (await client.get("/confirm/never-was-one")).status_code == 410


async def test_a_link_runs_out(client: Browser) -> None:
    await sign_up(client)
    link = await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/")
    with clock.shifted(timedelta(days=2, minutes=1)):
        assert (await client.post(link)).status_code == 410


async def test_a_refused_form_keeps_what_was_typed_but_the_password(client: Browser) -> None:
    answer = await sign_up(client, email="no address", password=PASSWORD)
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert 'value="Léa Morin"' in answer.text
    assert PASSWORD not in answer.text


async def test_passwords_that_are_tried_first_are_refused(client: Browser) -> None:
    for easy in ("password123", "azertyuiop", "lea@fanfare.example", "aaaaaaaaaaaaaa"):
        answer = await sign_up(client, password=easy)
        assert answer.status_code == 422, easy
        assert "easy to guess" in answer.text
    assert "At least 10 characters" in (await sign_up(client, password="short")).text
    assert "At most 200 characters" in (await sign_up(client, password="long " * 50)).text


async def test_the_sixth_sign_up_with_an_address_within_an_hour_waits(client: Browser) -> None:
    for _ in range(5):
        assert (await sign_up(client)).status_code == 200
    assert (await sign_up(client)).status_code == 429
    assert (await sign_up(client, email="tom@fanfare.example")).status_code == 200


async def test_the_mail_speaks_the_language_of_the_visitor(client: Browser) -> None:
    client.headers["accept-language"] = "fr-FR,fr;q=0.9"
    await sign_up(client)
    assert "Confirmez" in await mailbox.newest(client, "lea@fanfare.example")


async def test_signing_up_and_confirming_stand_in_the_audit_log(client: Browser) -> None:
    await sign_up(client)
    await client.post(await mailbox.path_in_newest(client, "lea@fanfare.example", "/confirm/"))
    actions = await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id).output(as_list=True)
    assert actions == ["sign up", "confirm address"]
