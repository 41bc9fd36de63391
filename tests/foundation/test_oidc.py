"""Signing in through a provider that enforces PKCE, and every way in which its answer must be refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from foundation import accounts, clock, oidc, settings
from foundation.oidc import ProviderRefused
from foundation.tables import AuditEntry, ExternalIdentity, Person
from tests.cast import PASSWORD, Browser, Cast, browser
from tests.foundation import identity_provider, mailbox
from tests.foundation.identity_provider import Provider

LEA = {"sub": "lea-1", "email": "Lea@Fanfare.example", "email_verified": True, "name": "Léa Morin", "locale": "fr-FR"}


@pytest.fixture
async def provider(server: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    async with identity_provider.running() as opened:
        opened.claims = dict(LEA)
        monkeypatch.setenv("OIDC_ISSUER", opened.url)
        monkeypatch.setenv("OIDC_CLIENT_ID", identity_provider.CLIENT_ID)
        monkeypatch.setenv("OIDC_CLIENT_SECRET", identity_provider.CLIENT_SECRET)
        monkeypatch.setenv("OIDC_NAME", "Café Identité")
        settings.current.cache_clear()
        yield opened
        monkeypatch.undo()
        settings.current.cache_clear()


async def to_provider(client: httpx.AsyncClient, next_path: str = "/settings") -> str:
    """Begin in the browser; the address of the provider to which it is sent."""
    answer = await client.get("/sign-in/oidc", params={"next": next_path})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def back(address: str) -> str:
    """What the provider answers to that address: the path of our callback with its query."""
    async with httpx.AsyncClient() as visitor:
        answer = await visitor.get(address)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


async def sign_in(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get(await back(await to_provider(client)))


async def is_signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/settings")).status_code == 200


async def test_a_new_person_gets_an_account_and_returns_to_the_same_one(client: Browser, provider: Provider, server: str) -> None:
    assert "Café Identité" in (await client.get("/sign-in")).text
    answer = await sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    lea = await accounts.by_email("lea@fanfare.example")
    assert lea is not None
    assert (lea.display_name, lea.locale) == ("Léa Morin", "fr")

    provider.claims |= {"email": "another@fanfare.example", "email_verified": False}  # the identity is known by its subject
    async with browser(server) as other:
        await sign_in(other)
        assert "lea@fanfare.example" in (await other.get("/settings")).text
    assert await Person.count() == 1


async def test_the_provider_gets_state_nonce_and_a_challenge_and_never_the_verifier(client: Browser, provider: Provider) -> None:
    first, second = [parse_qs(urlsplit(await to_provider(client)).query) for _ in range(2)]
    assert first["code_challenge_method"] == ["S256"]
    assert "code_verifier" not in first
    assert "secret" not in str(first)
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


async def test_a_sign_in_without_pkce_is_refused_by_the_provider(client: Browser, provider: Provider) -> None:
    address = await to_provider(client)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items() if not name.startswith("code_")}
    async with httpx.AsyncClient() as visitor:
        assert (await visitor.get(f"{provider.url}/authorize?{urlencode(query)}")).status_code == 400
    assert provider.refused == ["PKCE with S256 is required"]


async def test_a_stolen_code_is_worthless_without_its_verifier(provider: Provider) -> None:
    """The provider compares the verifier with the challenge; what we send is refused as soon as it is another."""
    address, pending = await oidc.begin(next_path="/")
    answer = {name: values[0] for name, values in parse_qs(urlsplit(await back(address)).query).items()}
    with pytest.raises(ProviderRefused):
        await oidc.finish(pending={**pending, "verifier": "another verifier that is long enough to be one"}, answer=answer)
    assert provider.refused == ["wrong code_verifier"]

    address, pending = await oidc.begin(next_path="/")
    answer = {name: values[0] for name, values in parse_qs(urlsplit(await back(address)).query).items()}
    assert await oidc.finish(pending=pending, answer=answer)
    assert provider.refused == ["wrong code_verifier"]


async def test_an_answer_works_once_and_only_in_the_browser_that_asked(client: Browser, provider: Provider, server: str) -> None:
    callback = await back(await to_provider(client))
    async with browser(server) as victim:
        assert (await victim.get(callback)).status_code == 400
        assert not await is_signed_in(victim)
    assert (await client.get(callback)).status_code == 303
    assert (await client.get(callback)).status_code == 400


async def test_a_forged_state_and_a_late_answer_are_refused(client: Browser, provider: Provider) -> None:
    callback = await back(await to_provider(client))
    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert (await client.get(oidc.CALLBACK, params={"code": code, "state": "guessed"})).status_code == 400
    callback = await back(await to_provider(client))
    with clock.shifted(timedelta(minutes=11)):
        assert (await client.get(callback)).status_code == 400
    assert not await is_signed_in(client)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["fanfare", "another"]},  # several audiences and nobody authorised
        {"aud": ["fanfare", "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
    ],
    ids=lambda lie: ",".join(f"{name}={value}"[:30] for name, value in lie.items()),
)
async def test_an_id_token_with_a_wrong_claim_opens_nothing(client: Browser, provider: Provider, lie: dict[str, Any]) -> None:
    provider.lies = lie
    answer = await sign_in(client)
    assert answer.status_code == 502
    assert "Café Identité" in answer.text
    assert not await is_signed_in(client)
    assert await Person.count() == 0


async def test_an_id_token_with_a_wrong_signature_opens_nothing(client: Browser, provider: Provider) -> None:
    provider.signs_with = identity_provider.foreign_key()
    assert (await sign_in(client)).status_code == 502
    provider.signs_with, provider.algorithm = identity_provider.shared_secret(), "HS256"
    assert (await sign_in(client)).status_code == 502
    provider.algorithm = "none"
    assert (await sign_in(client)).status_code == 502
    assert await Person.count() == 0


async def test_a_description_of_another_issuer_is_refused(client: Browser, provider: Provider) -> None:
    provider.description_lies = {"issuer": "https://evil.example"}
    answer = await client.get("/sign-in/oidc")
    assert answer.status_code == 502
    provider.description_lies = {"authorization_response_iss_parameter_supported": True}  # RFC 9207: then `iss` must come
    assert (await sign_in(client)).status_code == 400


async def test_a_provider_that_is_away_leaves_the_password(
    client: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:9")
    settings.current.cache_clear()
    answer = await client.get("/sign-in/oidc")
    assert answer.status_code == 502
    assert 'name="password"' in answer.text


async def test_somebody_who_says_no_at_the_provider_is_back_at_the_form(client: Browser, provider: Provider) -> None:
    provider.says_no = True
    answer = await sign_in(client)
    assert answer.status_code == 403
    assert "was not completed" in answer.text


async def test_a_verified_address_opens_the_account_that_has_it(client: Browser, provider: Provider, cast: Cast) -> None:
    sam = await cast.sam()
    provider.claims |= {"sub": "sam-1", "email": sam.email}
    await sign_in(client)
    assert "Sam Petit" in (await client.get("/settings")).text
    assert await ExternalIdentity.count() == 1
    assert "Café Identité" in await mailbox.newest(client, sam.email)
    actions = await AuditEntry.select(AuditEntry.action).where(AuditEntry.object_id == str(sam.id)).output(as_list=True)
    assert {"tie identity", "sign in"} <= set(actions)


@pytest.mark.parametrize("verified", [False, None, "false"])
async def test_an_unverified_address_opens_no_account_and_makes_none(
    client: Browser, provider: Provider, cast: Cast, verified: object
) -> None:
    sam = await cast.sam()
    provider.claims |= {"sub": "mallory", "email": sam.email, "email_verified": verified}
    answer = await sign_in(client)
    assert answer.status_code == 403
    assert "has not checked your e-mail address" in answer.text
    assert not await is_signed_in(client)
    assert (await Person.count(), await ExternalIdentity.count()) == (1, 0)


async def test_a_password_that_a_stranger_prepared_is_dropped(client: Browser, provider: Provider) -> None:
    await accounts.create(email="lea@fanfare.example", display_name="Mallory", password=PASSWORD, confirmed=False)
    await sign_in(client)
    await client.post("/sign-out")
    assert (await client.post("/sign-in", data={"email": "lea@fanfare.example", "password": PASSWORD})).status_code == 422


async def test_a_closed_account_stays_closed(client: Browser, provider: Provider, cast: Cast) -> None:
    await sign_in(client)
    lea = await accounts.by_email("lea@fanfare.example")
    assert lea is not None
    await accounts.disable(person_id=lea.id, by=await cast.root())
    answer = await sign_in(client)
    assert answer.status_code == 403
    assert not await is_signed_in(client)


async def test_an_address_may_come_from_the_user_information(client: Browser, provider: Provider) -> None:
    provider.email_by_userinfo = True
    provider.userinfo_subject = "somebody else"
    assert (await sign_in(client)).status_code == 502
    provider.userinfo_subject = ""
    assert (await sign_in(client)).status_code == 303


async def test_without_a_provider_there_is_no_such_door(client: Browser) -> None:
    assert "/sign-in/oidc" not in (await client.get("/sign-in")).text
    assert (await client.get("/sign-in/oidc")).status_code == 404
    assert (await client.get(oidc.CALLBACK)).status_code == 404
