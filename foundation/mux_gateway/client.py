"""Calling Mux: one client per account, explicit time-outs, our own retries, errors by their meaning.

The library is synchronous, so each call runs in a thread. Bodies are plain dictionaries, because the
library's request models slip in defaults that a PATCH would then set; answers are read as JSON,
because its response models raise on a value of an enumeration that Mux added later.
"""

import asyncio
import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import mux_python
import urllib3.exceptions

from foundation import settings
from foundation.vendor import Exchange, OutcomeUnknown, VendorBusy, VendorError, VendorRefused, observers

MUX = "https://api.mux.com"

TIMEOUT = (2.0, 10.0)
"""Seconds to connect, seconds to answer."""

PAUSES = (0.2, 0.6)
"""Seconds before the second and the third attempt of a call that is safe to repeat."""

Operation = Callable[..., Any]


def _observed(send: Operation, method: str, url: str, **options: Any) -> Any:
    """Send one request by the library, show the exchange to the observers and leave the answer undecoded."""
    options["_preload_content"] = True
    query, body = options.get("query_params"), options.get("body")
    sent = json.dumps(body).encode() if body is not None else b""
    address = f"{url}?{urlencode(query)}" if query else url
    try:
        response = send(method, url, **options)
    except mux_python.ApiException as error:
        if error.status:
            tell_observers(method=method, url=address, request_body=sent, status=error.status, response_body=error.body or b"")
        raise
    tell_observers(method=method, url=address, request_body=sent, status=response.status, response_body=response.data)
    return response


def tell_observers(*, method: str, url: str, request_body: bytes, status: int, response_body: bytes = b"") -> None:
    """Show an exchange with Mux to whoever compares them with its contract; a verified webhook has the method WEBHOOK."""
    exchange = Exchange(
        vendor="mux",
        method=method,
        url=url,
        request_type="application/json" if request_body else "",
        request_body=request_body,
        status=status,
        response_type="application/json" if response_body else "",
        response_body=response_body,
    )
    for observer in observers:
        observer(exchange)


@cache
def _client(base: str, token_id: str, token_secret: str) -> Any:
    configuration = mux_python.Configuration(host=base, username=token_id, password=token_secret)
    configuration.retries = False
    made = mux_python.ApiClient(configuration)
    made.request = partial(_observed, made.request)
    return made


def client() -> Any:
    """Return the library's client of the account named by the settings."""
    current = settings.current()
    return _client(current.mux_api_base or MUX, current.mux_token_id, current.mux_token_secret)


async def call(operation: Operation, *arguments: Any, **options: Any) -> dict[str, Any]:
    """Call Mux once and return the JSON object of the answer (empty when there is no body).

    Raises `OutcomeUnknown` (connection, time-out, 5xx), `VendorBusy` (429) or `VendorRefused` (any other 4xx).
    """
    return await asyncio.to_thread(_call, operation, arguments, options)


async def call_again(operation: Operation, *arguments: Any, **options: Any) -> dict[str, Any]:
    """Call Mux like `call`, up to three times: only for what may be sent twice without a second effect."""
    for pause in PAUSES:
        try:
            return await call(operation, *arguments, **options)
        except (OutcomeUnknown, VendorBusy):
            await asyncio.sleep(pause)
    return await call(operation, *arguments, **options)


def _call(operation: Operation, arguments: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = operation(*arguments, **options, _preload_content=False, _request_timeout=TIMEOUT)
    except mux_python.ApiException as error:
        raise _meaning(error) from None
    except urllib3.exceptions.HTTPError as error:
        raise OutcomeUnknown(f"Mux did not answer: {type(error).__name__}") from None
    if not answer.data:
        return {}
    try:
        decoded = json.loads(answer.data)
    except ValueError:
        raise OutcomeUnknown("Mux answered with something other than JSON") from None
    return decoded if isinstance(decoded, dict) else {"data": decoded}


def _meaning(error: mux_python.ApiException) -> VendorError:
    """Translate a status into what it means; the cause is dropped because its text repeats the answer's body."""
    status = error.status or 0
    if status == 429:
        return VendorBusy("Mux asks for patience")
    if status == 0 or status >= 500:
        return OutcomeUnknown(f"Mux answered with status {status}")
    try:
        detail = json.loads(error.body or "")["error"]
        return VendorRefused(str(detail["type"]), "; ".join(map(str, detail.get("messages", []))))
    except (ValueError, KeyError, TypeError):
        return VendorRefused(str(status), error.reason or "refused")
