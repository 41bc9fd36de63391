"""What every page shares: rendering, forms, redirects with a notice, and the answer to a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import quote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from foundation import i18n, logs, settings, templating
from foundation.errors import InvalidField, InvalidForm, Refusal, SignInNeeded
from foundation.i18n import _
from foundation.money import Money

if TYPE_CHECKING:
    from foundation.accounts import Principal

FLASH: Final = "flash"
Choice = TypeVar("Choice", bound=StrEnum)
Web = Request[Any, Any, Any]


class FieldMissing(InvalidField):
    """A field that must be filled."""

    code = "missing"
    message = _("Please fill this in.")


class FieldTooLong(InvalidField):
    """data: `max` characters."""

    code = "too_long"
    message = _("At most %(max)s characters, please.")


class FieldTooShort(InvalidField):
    """data: `min` characters."""

    code = "too_short"
    message = _("At least %(min)s characters, please.")


class NotANumber(InvalidField):
    """data: `low` and `high`, both allowed."""

    code = "not_a_number"
    message = _("A whole number from %(low)s to %(high)s, please.")


class NotAnAmount(InvalidField):
    """Not an amount of money of that currency."""

    code = "not_an_amount"
    message = _("An amount such as 59.90, please.")


class RateOutOfRange(InvalidField):
    """Not a rate between the lowest and the highest; data: `low`, `high` in percent."""

    code = "rate_out_of_range"
    message = _("A rate from %(low)s to %(high)s percent, with two decimals at most.")


class NotAChoice(InvalidField):
    """Not one of the offered values."""

    code = "not_a_choice"
    message = _("Please choose one of these.")


class NotADay(InvalidField):
    """Not a date, or not a date and time."""

    code = "not_a_date"
    message = _("Please choose a date.")


class Form:
    """A form as it was sent: typed values out, errors kept beside their field, what was typed kept for the next try."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.refusals: dict[str, Refusal] = {}

    @property
    def errors(self) -> dict[str, str]:
        """Field -> sentence in the language of the request; `""` holds what belongs to no field."""
        return {name: str(templating.sentence(refusal)) for name, refusal in self.refusals.items()}

    def refused(self, refusal: Refusal) -> Form:
        """This form with what a verb said of it."""
        if isinstance(refusal, InvalidForm):
            self.refusals.update(refusal.errors)
        else:
            self.refusals[refusal.field or ""] = refusal
        return self

    def check(self) -> None:
        """Raise `InvalidForm` when any field read so far was wrong."""
        if self.refusals:
            raise InvalidForm(self.refusals)

    def text(self, name: str, *, min: int = 0, max: int = 10_000, required: bool = True) -> str:  # noqa: A002
        """A line or a text without spaces around it and without NUL."""
        value = str(self.values.get(name) or "").replace("\x00", "").replace("\r\n", "\n").strip()
        if not value and required:
            self.refusals[name] = FieldMissing(field=name)
        elif len(value) > max:
            self.refusals[name] = FieldTooLong(field=name, max=max)
        elif value and len(value) < min:
            self.refusals[name] = FieldTooShort(field=name, min=min)
        return value[:max]

    def integer(self, name: str, *, low: int, high: int) -> int:
        text = str(self.values.get(name) or "").strip()
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19 and low <= int(text) <= high):
            self.refusals[name] = NotANumber(field=name, low=low, high=high)
            return low
        return int(text)

    def money(self, name: str, currency: str, *, low: int = 0, high: int = 100_000_000) -> Money:
        """An amount between `low` and `high` minor units."""
        try:
            value = Money.parse(str(self.values.get(name) or ""), currency)
        except ValueError:
            value = Money(-1, currency)
        if not low <= value.minor <= high:
            self.refusals[name] = NotAnAmount(field=name)
            return Money.zero(currency)
        return value

    def percent_bp(self, name: str, *, low: int, high: int) -> int:
        """Percent as people write it, in basis points between `low` and `high`: "12" and "12,5" and "12.50"."""
        text = str(self.values.get(name) or "").strip().removesuffix("%").strip().replace(",", ".")
        whole, _dot, part = text.partition(".")
        good = all(one.isascii() and one.isdigit() and len(one) <= 2 for one in (whole, part or "0"))
        value = int(whole) * 100 + int((part + "00")[:2]) if good else -1
        if not low <= value <= high:
            self.refusals[name] = RateOutOfRange(field=name, low=low // 100, high=high // 100)
        return value

    def uuid(self, name: str) -> UUID:
        try:
            return UUID(str(self.values.get(name) or ""))
        except ValueError:
            self.refusals[name] = NotAChoice(field=name)
            return UUID(int=0)

    def uuids(self, name: str) -> list[UUID]:
        """The values of a field that may be sent several times."""
        raw = self.values.get(name) or []
        try:
            return [UUID(str(value)) for value in (raw if isinstance(raw, list) else [raw])]
        except ValueError:
            self.refusals[name] = NotAChoice(field=name)
            return []

    def texts(self, name: str) -> list[str]:
        """The values of a field that may be sent several times, as texts without NUL."""
        raw = self.values.get(name) or []
        return [str(value).replace("\x00", "")[:200] for value in (raw if isinstance(raw, list) else [raw])]

    def choice(self, name: str, options: type[Choice] | Sequence[str]) -> str:
        value = str(self.values.get(name) or "")
        allowed = [str(option) for option in options]
        if value not in allowed:
            self.refusals[name] = NotAChoice(field=name)
            return allowed[0] if allowed else ""
        return value

    def flag(self, name: str) -> bool:
        return str(self.values.get(name) or "") in {"on", "true", "1", "yes"}

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(str(self.values.get(name) or ""))
        except ValueError:
            self.refusals[name] = NotADay(field=name)
            return date.min

    def moment(self, name: str, time_zone: str) -> datetime:
        """A local date and time (`2026-11-21T20:30`) of that time zone, as UTC."""
        try:
            local = datetime.fromisoformat(str(self.values.get(name) or "")).replace(tzinfo=ZoneInfo(time_zone))
        except ValueError:
            self.refusals[name] = NotADay(field=name)
            return datetime.min.replace(tzinfo=UTC)
        return local.astimezone(UTC)

    def file(self, name: str) -> UploadFile | None:
        value = self.values.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None


async def read_form(request: Web) -> Form:
    """The form of a POST: url-encoded or multipart; a field that is sent several times is a list."""
    data = await request.form()
    values: dict[str, Any] = {}
    for name, value in data.multi_items():
        if name in values:
            values[name] = [*(values[name] if isinstance(values[name], list) else [values[name]]), value]
        else:
            values[name] = value
    return Form(values)


def page(request: Web, template: str, *, block: str | None = None, status: int = 200, **context: object) -> Response[str]:
    """The whole page, or only its named `block` when HTMX asked for a fragment."""
    everything = {**shared_context(request), **context}
    everything.setdefault("form", Form())
    htmx = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    if block and htmx:
        text = templating.render_block(template, block, **everything)
    else:
        everything["flashes"] = take_flashes(request)
        text = templating.render(template, **everything)
    headers = {"Cache-Control": "no-store"} if everything["person"] else {"Cache-Control": "private, no-cache"}
    return Response(text, media_type=MediaType.HTML, status_code=status, headers={**headers, "Vary": "Cookie, HX-Request"})


def shared_context(request: Web) -> dict[str, Any]:
    """What every template may use."""
    principal = cast("Principal | None", request.scope.get("principal"))
    token = ScopeState.from_scope(request.scope).csrf_token
    return {
        "request": request,
        "person": principal,
        "roles": principal.roles if principal else frozenset(),
        "locale": i18n.locale.get(),
        "theme": principal.theme if principal else "auto",
        "sandbox": settings.current().sandbox,
        "csrf_token": lambda: token if isinstance(token, str) else "",
        "path": request.url.path,
        **request.app.state.get("page_context", _nothing)(request),
    }


def _nothing(_request: Web) -> dict[str, Any]:
    return {}


def redirect(request: Web, to: str, notice: str = "", tone: str = "done") -> Response[Any]:
    """Go on to another page (303), where the `notice` (a translated sentence) is shown once. HTMX follows by `HX-Redirect`."""
    if notice:
        request.session[FLASH] = [*request.session.get(FLASH, []), [tone, notice]][-5:]
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=204, headers={"HX-Redirect": to})
    return Redirect(to, status_code=303)


def take_flashes(request: Web) -> list[tuple[str, str]]:
    if "session" not in request.scope or not request.session or FLASH not in request.session:
        return []
    return [(tone, text) for tone, text in request.session.pop(FLASH)]


def own_path(target: str | None, default: str = "/") -> str:
    """A path of this site for a redirect, never another site's address."""
    parts = urlsplit(target or "")
    good = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and "\\" not in target
    return str(target) if good and all(ord(sign) >= 32 for sign in str(target)) else default


def refuse(request: Web, refusal: Refusal) -> Response[Any]:
    """The answer to a refusal that no page handled: problem JSON for programs, a page or a fragment for people."""
    headers = {"Retry-After": str(refusal.data["seconds"])} if "seconds" in refusal.data else {}
    if request.url.path.startswith("/api/"):
        return problem(refusal, {**headers, **({"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {})})
    if isinstance(refusal, SignInNeeded):
        here = quote(request.url.path if request.method == "GET" else own_path(urlsplit(request.headers.get("referer", "")).path))
        return redirect(request, f"/sign-in?next={here}")
    fragment = request.headers.get("hx-request") == "true"
    answer = page(
        request,
        "foundation/refusal.html",
        block="refusal" if fragment else None,
        status=refusal.status,
        refusal=refusal,
        sentence_text=templating.sentence(refusal),
        request_id=logs.request_id.get(),
    )
    answer.headers.update(headers)
    return answer


def problem(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response[dict[str, Any]]:
    """RFC 9457 problem details."""
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": str(templating.sentence(refusal)),
    }
    if isinstance(refusal, InvalidForm):
        body["errors"] = [
            {"field": name, "code": error.code, "detail": str(templating.sentence(error))}
            for name, error in refusal.errors.items()
        ]
    elif refusal.field:
        body["field"] = refusal.field
    return Response(body, status_code=refusal.status, media_type="application/problem+json", headers=dict(headers or {}))
