"""Signing in through any OpenID Connect provider: authorization code flow with state, nonce and PKCE (S256).

Checked as OpenID Connect Core 1.0, 3.1.3.7 asks: signature by the provider's published keys with an algorithm that it
announces, issuer, audience and authorised party, expiry, nonce. RFC 9700 gives the rest: PKCE always, one `state` for one use,
and RFC 9207's `iss` when it is there.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypedDict
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import msgspec
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from foundation import accounts, audit, clock, i18n, mails, settings
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.tables import ExternalIdentity, OneTimeLink, Person

CALLBACK = "/sign-in/oidc/callback"
LASTS = timedelta(minutes=10)
SECONDS = 10
LEEWAY = 60  # seconds by which the provider's clock may differ
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
log = structlog.get_logger(__name__)


class ProviderAway(Refusal):
    """The provider does not answer, or not as its own description says. data: `name`."""

    code = "provider_away"
    status = 502
    message = _("%(name)s does not answer as it should. Please try again, or use your password.")


class ProviderRefused(Refusal):
    """The person, or the provider, said no. data: `name`."""

    code = "provider_refused"
    status = 403
    message = _("Signing in with %(name)s was not completed.")


class AnswerUnexpected(Refusal):
    """An answer that this browser has not asked for, or too late."""

    code = "answer_unexpected"
    status = 400
    message = _("This sign-in has run out. Please begin again.")


class AddressUnverified(Refusal):
    """The provider does not vouch for an e-mail address, so it opens no account. data: `name`."""

    code = "address_unverified"
    status = 403
    message = _("%(name)s has not checked your e-mail address. Please sign up with a password.")


class AccountClosed(Refusal):
    """The account of this identity is disabled."""

    code = "account_closed"
    status = 403
    message = _("This account is closed. Please write to us.")


class Provider(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Pending(TypedDict):
    """A sign-in on its way, kept in the browser's session and nowhere else."""

    state: str
    nonce: str
    verifier: str
    next: str
    begun_at: str


async def begin(*, next_path: str) -> tuple[str, Pending]:
    """The provider's address to which the browser goes, and what its session is to keep until it comes back.

    Raises `ProviderAway`.
    """
    pending = Pending(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        next=next_path,
        begun_at=clock.now().isoformat(),
    )
    async with _talking() as http:
        provider = await _discover(http)
    async with _client(provider) as client:
        url, _state = client.create_authorization_url(
            provider.authorization_endpoint, state=pending["state"], nonce=pending["nonce"], code_verifier=pending["verifier"]
        )
    return str(url), pending


async def finish(*, pending: Pending | None, answer: Mapping[str, str]) -> UUID:
    """Who came back from the provider; the caller opens the session.

    `pending` is what `begin` gave, taken out of the session so that it works once; `answer` the query of the callback.
    Raises `AnswerUnexpected`, `ProviderRefused`, `ProviderAway`, `AddressUnverified`, `AccountClosed`.
    """
    _check_expected(pending, answer.get("state", ""))
    assert pending is not None  # noqa: S101  # for the type checker: just checked
    name = settings.current().oidc_name
    async with _talking() as http:
        provider = await _discover(http)
        if answer.get("iss", provider.issuer) != provider.issuer or (
            provider.authorization_response_iss_parameter_supported and "iss" not in answer
        ):
            raise AnswerUnexpected
        if "error" in answer or "code" not in answer:
            raise ProviderRefused(name=name)
        token = await _exchange(provider, answer["code"], pending["verifier"])
        claims = await _checked(http, provider, str(token.get("id_token", "")), pending["nonce"])
        if "email" not in claims and provider.userinfo_endpoint:
            claims = {**await _userinfo(http, provider, str(token["access_token"]), str(claims["sub"])), **claims}
    return await person_for(issuer=provider.issuer, claims=claims)


async def person_for(*, issuer: str, claims: Mapping[str, Any]) -> UUID:
    """The person of an identity; the first time it is tied to the account with its verified address, or to a new one.

    An account whose address nobody had confirmed loses its password: whoever chose it was not shown to own the address.
    Raises `AddressUnverified`, `AccountClosed`.
    """
    subject, name = str(claims["sub"])[:255], settings.current().oidc_name
    async with DB.transaction():
        known = await ExternalIdentity.select(ExternalIdentity.person).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject
        )
        if known:
            person_id = UUID(str(known[0]["person"]))
            if await accounts.principal(person_id) is None:
                raise AccountClosed
        else:
            if claims.get("email_verified") not in (True, "true") or not claims.get("email"):
                raise AddressUnverified(name=name)
            person_id = await _owner_of(accounts.normal_email(str(claims["email"])), claims)
            await ExternalIdentity(person=person_id, issuer=issuer, subject=subject, created_at=clock.now()).save()
            await audit.record(by=None, action="tie identity", kind="person", id=person_id, issuer=issuer)
        await audit.record(by=None, action="sign in", kind="person", id=person_id, issuer=issuer)
    return person_id


async def _owner_of(address: str, claims: Mapping[str, Any]) -> UUID:
    row = await Person.select().where(Person.email == address).lock_rows("UPDATE").first()
    if row is None:
        shown = str(claims.get("name") or address.partition("@")[0])
        locale = i18n.negotiate(str(claims.get("locale", ""))[:2], i18n.locale.get())
        return (await accounts.create(email=address, display_name=shown, locale=locale)).id
    if row["disabled_at"] is not None:
        raise AccountClosed
    if row["email_confirmed_at"] is None:
        await Person.update({Person.email_confirmed_at: clock.now(), Person.password_hash: None}).where(Person.id == row["id"])
        await OneTimeLink.delete().where(OneTimeLink.person == row["id"])
    await mails.write(to=address, locale=row["locale"], template="identity_tied.html", provider_name=settings.current().oidc_name)
    return UUID(str(row["id"]))


def _check_expected(pending: Pending | None, state: str) -> None:
    if pending is None or not secrets.compare_digest(pending["state"].encode(), state.encode()):
        raise AnswerUnexpected
    if clock.now() - datetime.fromisoformat(pending["begun_at"]) > LASTS:
        raise AnswerUnexpected


async def _discover(http: httpx2.AsyncClient) -> Provider:
    """The provider's description, asked anew each time: nothing to go stale, and signing in is rare."""
    issuer = settings.current().oidc_issuer
    answer = await http.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
    answer.raise_for_status()
    provider = msgspec.json.decode(answer.content, type=Provider)
    addresses = (provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri, provider.userinfo_endpoint)
    if provider.issuer != issuer or any(urlsplit(url).scheme != urlsplit(issuer).scheme for url in addresses if url):
        raise msgspec.ValidationError("the description is of another issuer, or leaves https")
    return provider


async def _exchange(provider: Provider, code: str, verifier: str) -> Mapping[str, Any]:
    async with _client(provider) as client:
        token: Mapping[str, Any] = await client.fetch_token(provider.token_endpoint, code=code, code_verifier=verifier)
    return token


async def _checked(http: httpx2.AsyncClient, provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
    """The claims of a good ID token. Raises `JoseError`."""
    client_id = settings.current().oidc_client_id
    answer = await http.get(provider.jwks_uri)
    answer.raise_for_status()
    announced = [name for name in provider.id_token_signing_alg_values_supported if name in ALGORITHMS]
    claims = jwt.decode(id_token, KeySet.import_key_set(answer.json()), algorithms=announced).claims
    rules = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
        azp={"essential": isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1, "value": client_id},
    )
    rules.validate(claims)
    return claims


async def _userinfo(http: httpx2.AsyncClient, provider: Provider, access_token: str, subject: str) -> dict[str, Any]:
    answer = await http.get(provider.userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"})
    answer.raise_for_status()
    claims = msgspec.json.decode(answer.content, type=dict[str, Any])
    if claims.get("sub") != subject:
        raise msgspec.ValidationError("the user's information is of somebody else")
    return claims


@asynccontextmanager
async def _talking() -> AsyncIterator[httpx2.AsyncClient]:
    """Whatever goes wrong between us and the provider is logged without tokens and becomes a refusal."""
    try:
        async with httpx2.AsyncClient(timeout=SECONDS) as http:
            yield http
    except OAuthError as error:
        log.warning("oidc_refused", issuer=settings.current().oidc_issuer, error=error.error)
        raise ProviderRefused(name=settings.current().oidc_name) from error
    except (httpx2.HTTPError, JoseError, msgspec.MsgspecError, ValueError, KeyError) as error:
        log.warning("oidc_failed", issuer=settings.current().oidc_issuer, error=type(error).__name__)
        raise ProviderAway(name=settings.current().oidc_name) from error


def _client(provider: Provider) -> AsyncOAuth2Client:
    now = settings.current()
    methods = provider.token_endpoint_auth_methods_supported
    method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    return AsyncOAuth2Client(
        client_id=now.oidc_client_id,
        client_secret=now.oidc_client_secret or None,
        token_endpoint_auth_method=method if now.oidc_client_secret else "none",
        redirect_uri=now.base_url + CALLBACK,
        scope="openid email profile",
        code_challenge_method="S256",
        timeout=SECONDS,
    )
