"""What people and programs get to see when something goes wrong."""

from __future__ import annotations

import re
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from foundation import web
from foundation.errors import Forbidden, InvalidField, InvalidForm, NotFound, Refusal, SignInNeeded, TooManyRequests, WrongState
from foundation.i18n import _
from foundation.vendor import VendorError, VendorRefused

_NAMED = re.compile(r"Object (?:missing required|contains unknown) field `([^`]*)`")
log = structlog.get_logger(__name__)


class WrongMethod(Refusal):
    """This address does not take this method."""

    code = "wrong_method"
    status = 405
    message = _("This address cannot be used like that.")


class TooLarge(Refusal):
    """The body is larger than we read."""

    code = "too_large"
    status = 413
    message = _("This is too large.")


class Malformed(Refusal):
    """The request cannot be understood."""

    code = "malformed"
    status = 400
    message = _("This request cannot be understood.")


class NotJson(Malformed):
    """A program's body that is no JSON."""

    message = _("The body must be JSON, sent with Content-Type: application/json.")


class NotAsDescribed(InvalidField):
    """A part of a program's call that is not what the description says; data: `why`, in the words of who read it, always English."""

    message = _("Not as described: %(why)s")


class VendorAway(Refusal):
    """Stripe or Mux does not answer, and the page cannot do without."""

    code = "vendor_away"
    status = 503
    message = _("The service behind this page does not answer right now. Nothing was lost; please try again in a moment.")


class Broken(Refusal):
    """Our fault; the log has the rest under the request's id."""

    code = "broken"
    status = 500
    message = _("Something broke on our side. It has been noted; please try again.")


_BY_STATUS: dict[int, type[Refusal]] = {
    400: Malformed,
    401: SignInNeeded,
    403: Forbidden,
    404: NotFound,
    405: WrongMethod,
    409: WrongState,
    413: TooLarge,
    429: TooManyRequests,
}


def _refusal(request: web.Web, error: Refusal) -> Response[Any]:
    return web.refuse(request, error)


def _invalid(request: web.Web, error: ValidationException) -> Response[Any]:
    fields = error.extra if isinstance(error.extra, list) else []
    found = [_part(item) for item in fields if isinstance(item, dict)]
    errors: dict[str, Refusal] = {part.field or "": part for part in found}
    if not request.url.path.startswith("/api/"):
        return web.refuse(request, NotFound() if request.method == "GET" else Malformed())
    return web.refuse(request, InvalidForm(errors) if errors else Malformed())


def _part(item: dict[str, Any]) -> NotAsDescribed:
    """What is missing or unknown is named by the reader's sentence and stands in the body itself, or in what `key` leads to."""
    key, why = str(item.get("key", "")), str(item.get("message", ""))[:200]
    named = _NAMED.fullmatch(why)
    return NotAsDescribed(field=named[1] if named and key in {"data", ""} else key, why=why)


def _http(request: web.Web, error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        return _broken(request, error)
    refusal = _BY_STATUS.get(error.status_code, Malformed)
    if refusal is Malformed and request.url.path.startswith("/api/") and request.method != "GET":
        refusal = NotJson
    return web.refuse(request, refusal(seconds=60) if refusal is TooManyRequests else refusal())


def _vendor(request: web.Web, error: VendorError) -> Response[Any]:
    if isinstance(error, VendorRefused):
        return _broken(request, error)
    log.warning("vendor_away", path=request.url.path, method=request.method, error=f"{type(error).__name__}: {error}")
    return web.refuse(request, VendorAway())


def _broken(request: web.Web, error: Exception) -> Response[Any]:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return web.refuse(request, Broken())


HANDLERS: ExceptionHandlersMap = {
    Refusal: _refusal,
    ValidationException: _invalid,
    HTTPException: _http,
    VendorError: _vendor,
    Exception: _broken,
}
