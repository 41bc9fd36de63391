"""The connection to Stripe: one client per event loop, its time-outs, and the meaning of its failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import httpx
import stripe

from foundation import settings, vendor
from foundation.money import Money
from foundation.vendor import Exchange, OutcomeUnknown, VendorBusy, VendorRefused

if TYPE_CHECKING:
    from stripe._base_address import BaseAddresses

VERSION = "2026-05-27.dahlia"
"""The version of Stripe's API that every request names (docs/decisions: Stripe's version is pinned)."""

TIMEOUT = httpx.Timeout(connect=3.0, read=20.0, write=10.0, pool=5.0)
RETRIES = 2

stripe.enable_telemetry = False  # else the library writes a file into the home folder


class _Connection(NamedTuple):
    client: stripe.StripeClient
    http: stripe.HTTPXClient


_in_doubt: ContextVar[list[bool]] = ContextVar("stripe_call_in_doubt")
_connections: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], _Connection]] = WeakKeyDictionary()


class StripeRefused(VendorRefused):
    """Stripe said no for good (4xx). `decline_code` is the bank's reason, `param` the parameter that was wrong."""

    def __init__(self, code: str, message: str, *, decline_code: str | None = None, param: str | None = None) -> None:
        super().__init__(code, message)
        self.decline_code = decline_code
        self.param = param


class _ObservedClient(stripe.HTTPXClient):
    """Stripe's own HTTP client that also tells the observers, and remembers attempts whose outcome is not known."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            body, status, answer_headers = await super().request_async(method, url, headers, post_data)
        except stripe.APIConnectionError:
            _doubt()
            raise
        if status >= 500 or status == 409:
            _doubt()
        tell_observers(
            Exchange(
                vendor="stripe",
                method=method.upper(),
                url=url,
                request_type=headers.get("Content-Type", ""),
                request_body=post_data.encode() if isinstance(post_data, str) else (post_data or b""),
                status=status,
                response_type=answer_headers.get("content-type", ""),
                response_body=body,
            )
        )
        return body, status, answer_headers


def client() -> stripe.StripeClient:
    """The client of the running event loop (connections of one loop cannot serve another)."""
    loop = asyncio.get_running_loop()
    current = settings.current()
    wanted = (current.stripe_secret_key, current.stripe_api_base)
    of_loop = _connections.setdefault(loop, {})
    if wanted not in of_loop:
        of_loop[wanted] = _connect(*wanted)
    return of_loop[wanted].client


async def close() -> None:
    """Close the connections of the running event loop; call it when the loop is about to end."""
    for known in _connections.pop(asyncio.get_running_loop(), {}).values():
        await known.http.close_async()  # type: ignore[no-untyped-call]  # the library left it without types


@asynccontextmanager
async def answers() -> AsyncIterator[stripe.StripeClient]:
    """Give the client and translate its errors.

    Raises `OutcomeUnknown` (connection, time-out, 5xx, same key in flight), `VendorBusy` (429) or `StripeRefused` (4xx).
    An answer that comes before Stripe looks at the idempotency key (401, 403, 429) says nothing about an earlier
    attempt of the same call, so it leaves the outcome unknown when there was one.
    """
    doubt = [False]
    token = _in_doubt.set(doubt)
    try:
        yield client()
    except stripe.StripeError as error:
        raise _translated(error, earlier_attempt=doubt[0]) from error
    finally:
        _in_doubt.reset(token)


def to_stripe(amount: Money) -> int:
    """The amount as Stripe wants it: ISK and UGX have two decimals there that are always 00."""
    return amount.minor * 100 if amount.currency in ("ISK", "UGX") else amount.minor


def to_money(minor: int, currency: str) -> Money:
    """An amount of Stripe as `Money`."""
    code = currency.upper()
    return Money(minor // 100 if code in ("ISK", "UGX") else minor, code)


def to_time(seconds: int) -> datetime:
    """A time of Stripe (seconds since 1970) as an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def id_of(reference: Any) -> str:
    """The id of a field that holds either an id or the object itself."""
    return reference if isinstance(reference, str) else str(reference.id)


def maybe_id(reference: Any) -> str | None:
    """As `id_of`; None stays None."""
    return None if reference is None else id_of(reference)


def metadata_of(thing: Any) -> dict[str, str]:
    """The metadata of an object as a plain dict."""
    held = getattr(thing, "metadata", None)
    return {} if held is None else {name: str(value) for name, value in held.to_dict().items()}


def _connect(secret_key: str, api_base: str) -> _Connection:
    addresses: BaseAddresses = {}
    if api_base:
        addresses = {"api": api_base, "connect": api_base, "files": api_base, "meter_events": api_base}
    http = _ObservedClient(timeout=TIMEOUT)
    client = stripe.StripeClient(
        secret_key, base_addresses=addresses, http_client=http, max_network_retries=RETRIES, stripe_version=VERSION
    )
    return _Connection(client, http)


def _doubt() -> None:
    doubt = _in_doubt.get(None)
    if doubt is not None:
        doubt[0] = True


def _translated(error: stripe.StripeError, *, earlier_attempt: bool) -> Exception:
    status = error.http_status or 0
    reason = f"{error.code or type(error).__name__} (HTTP {status or 'none'}, request {error.request_id or 'unknown'})"
    if isinstance(error, stripe.APIConnectionError | stripe.APIError) or status >= 500 or status in (0, 409):
        return OutcomeUnknown(reason)
    if earlier_attempt and status in (401, 403, 429):
        return OutcomeUnknown(f"an earlier attempt got no answer, a later one: {reason}")
    if status == 429:
        return VendorBusy(reason)
    described = error.error
    return StripeRefused(
        error.code or _kind(error),
        error.user_message or str(error),
        decline_code=getattr(described, "decline_code", None),
        param=getattr(error, "param", None),
    )


def _kind(error: stripe.StripeError) -> str:
    if isinstance(error, stripe.IdempotencyError):
        return "idempotency_error"
    if isinstance(error, stripe.AuthenticationError):
        return "authentication_error"
    if isinstance(error, stripe.PermissionError):
        return "permission_error"
    return "invalid_request_error"


def tell_observers(exchange: Exchange) -> None:
    """Tell those who compare exchanges with Stripe's contract."""
    for observer in vendor.observers:
        observer(exchange)
