"""The choice whether a creator's link may be remembered: a strip where somebody came by one, and a page for ever."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import Cookie

from creators import consent, origins
from creators.consent import Standing
from creators.links import PARAMETER
from foundation import i18n, settings, web
from foundation.accounts import Principal, Visitor
from foundation.i18n import translate
from foundation.web import Web

HERE = "/privacy/choices"
PLACES = ("page", "strip")


@get(HERE, include_in_schema=False)
async def choices(request: Web, principal: Visitor) -> Response[Any]:
    """What is chosen, what it means, and both buttons."""
    return web.page(
        request,
        "creators/consent.html",
        stands=standing_of(request),
        opted_out=opted_out(request),
        proofs=await consent.proofs_of(by=principal) if principal else [],
        days=consent.CHOICE_KEPT.days,
        click_days=consent.CLICK_KEPT.days,
    )


@post(HERE, include_in_schema=False)
async def choose(request: Web, principal: Visitor) -> Response[Any]:
    """Give or refuse; to refuse after having given is to withdraw. Both take one tap."""
    form = await web.read_form(request)
    wish = form.choice("choice", ["given", "refused"])
    place = form.choice("place", PLACES) if form.values.get("place") else PLACES[0]
    form.check()
    back = web.own_path(str(form.values.get("next") or ""), HERE)
    language = i18n.locale.get()
    if wish == "given" and not opted_out(request):
        subject = await consent.give(language=language, place=place, by=principal)
        answer = web.redirect(
            request, back, translate("We remember the link. You can change your mind at the foot of every page.")
        )
        _keep(answer, consent.COOKIE, consent.cookie_of(subject), consent.CHOICE_KEPT.days)
        if place == "strip":  # it is shown on the page that a link led to, which is where the visit began
            await origins.arrive(device=subject, page=urlsplit(back).path, host="")
        await _keep_click(answer, back, principal)
        return answer
    await consent.refuse(language=language, place=place, by=principal, subject=standing_of(request).subject)
    answer = web.redirect(request, back, translate("Nothing is remembered."), "plain")
    _keep(answer, consent.COOKIE, consent.cookie_of(None), consent.CHOICE_KEPT.days)
    if PARAMETER in request.cookies:
        answer.delete_cookie(PARAMETER)
        if click := _uuid(request.cookies[PARAMETER]):
            await consent.agree_to_click(click_id=click, agreed=False)
    return answer


def standing_of(request: Web) -> Standing:
    """What this device has chosen."""
    return consent.standing(request.cookies.get(consent.COOKIE), opted_out=opted_out(request))


def opted_out(request: Web) -> bool:
    """The browser sends Global Privacy Control."""
    return request.headers.get("sec-gpc") == "1"


def strip(request: Web) -> str:
    """Where the strip leads back to, when there is something to ask: somebody came by a link and has not chosen yet."""
    if request.method != "GET" or not request.query_params.get(PARAMETER) or standing_of(request).asked:
        return ""
    return f"{request.url.path}?{request.url.query}"


async def recognise(request: Web, by: Principal | None) -> UUID | None:
    """Tie the click that this device may be recognised by to the person who is signed in on it; returns it."""
    click = _uuid(request.cookies.get(PARAMETER, "")) if standing_of(request).given else None
    if by is not None and click is not None:
        await consent.remember_click(click_id=click, by=by)
    return click


async def _keep_click(answer: Response[Any], back: str, by: Principal | None) -> None:
    click = _uuid((parse_qs(urlsplit(back).query).get(PARAMETER) or [""])[0])
    if click is None or await consent.click_that_counts(click) is None:
        return
    _keep(answer, PARAMETER, str(click), consent.CLICK_KEPT.days)
    await consent.agree_to_click(click_id=click, agreed=True)
    if by is not None:
        await consent.remember_click(click_id=click, by=by)


def _keep(answer: Response[Any], name: str, value: str, days: int) -> None:
    secure = settings.current().production
    answer.set_cookie(
        Cookie(key=name, value=value, max_age=days * 24 * 3600, path="/", httponly=True, samesite="lax", secure=secure)
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [choices, choose]
