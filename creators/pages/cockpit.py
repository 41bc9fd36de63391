"""The host's controls while on air."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from creators import chat, cockpit, on_air, pins
from creators.shows import hosted_show
from foundation import realtime, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.web import Form, Web

TEMPLATE = "creators/cockpit.html"
TIMEOUT_MINUTES = (1, 10, 60)


@get("/studio/shows/{show_id:uuid}/live", include_in_schema=False)
async def controls(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """The cockpit; `?part=` asks for one piece of it."""
    part = request.query_params.get("part", "")
    return await page(request, by, show_id, block=part if part in ("figures", "slot", "audience", "lines") else None)


@post("/studio/shows/{show_id:uuid}/live/{act:str}", include_in_schema=False)
async def tap(request: Web, by: By, show_id: FromPath[UUID], act: FromPath[str]) -> Response[Any]:
    """One tap of the host: pin, beside, unpin, next, say, slow, remove, silence or end."""
    form = await web.read_form(request)
    try:
        notice = await _do(act, form, show_id, by)
    except Refusal as refusal:
        return await page(request, by, show_id, block=_BLOCKS.get(act), form=form.refused(refusal), status=refusal.status)
    if act == "end":
        return web.redirect(request, f"/studio/shows/{show_id}", translate("The show has ended. The replay follows."))
    if request.headers.get("hx-request") == "true":
        return await page(request, by, show_id, block=_BLOCKS.get(act, "slot"))
    return web.redirect(request, f"/studio/shows/{show_id}/live", notice)


_BLOCKS = {
    "pin": "slot",
    "beside": "slot",
    "unpin": "slot",
    "next": "slot",
    "say": "lines",
    "remove": "lines",
    "silence": "lines",
    "slow": "lines",
}


async def _do(act: str, form: Form, show_id: UUID, by: Principal) -> str:
    """Do it and say what was done, where the page itself does not show it."""
    if act == "next":
        await pins.next_slot(show_id=show_id, by=by)
    elif act == "unpin":
        product = form.uuid("product") if form.values.get("product") else None
        form.check()
        await pins.unpin(show_id=show_id, product_id=product, by=by)
    elif act == "end":
        await on_air.end_show(show_id=show_id, by=by)
    elif act in ("pin", "beside"):
        product_id = form.uuid("product")
        form.check()
        await (pins.pin_product if act == "pin" else pins.pin_beside)(show_id=show_id, product_id=product_id, by=by)
    else:
        return await _talk(act, form, show_id, by)
    return ""


async def _talk(act: str, form: Form, show_id: UUID, by: Principal) -> str:
    if act == "say":
        client_key = form.uuid("client_key")
        form.check()
        await chat.say(show_id=show_id, body=str(form.values.get("body") or ""), client_key=client_key, by=by)
        return ""
    if act == "slow":
        seconds = form.integer("seconds", low=0, high=max(chat.SLOW_STEPS))
        form.check()
        await chat.set_slow_mode(show_id=show_id, seconds=seconds, by=by)
        return translate("Slow mode is set.")
    await hosted_show(show_id=show_id, by=by)
    message_id = form.integer("message", low=1, high=2**62)
    reason = form.text("reason", max=300, required=False) or translate("Against the rules of this room")
    minutes = form.integer("minutes", low=1, high=24 * 60) if act == "silence" else 0
    form.check()
    if act == "silence":
        await chat.time_out_writer(message_id=message_id, minutes=minutes, reason=reason, by=by)
        return translate("The person cannot write here for a while.")
    await chat.remove(message_id=message_id, reason=reason, by=by)
    return translate("The message is removed.")


async def page(
    request: Web, by: Principal, show_id: UUID, *, block: str | None = None, form: Form | None = None, status: int = 200
) -> Response[Any]:
    """The cockpit, or one of its pieces; shared with what the host does about the audience."""
    found = await cockpit.cockpit(show_id=show_id, by=by)
    if not found.room.live and block is None:
        return web.redirect(request, f"/studio/shows/{show_id}")
    return web.page(
        request,
        TEMPLATE,
        block=block,
        status=status,
        cockpit=found,
        room=found.room,
        since=await realtime.position(found.room.channel),
        form=form or Form(),
        client_key=uuid4(),
        clip_key=uuid4(),
        slow_steps=chat.SLOW_STEPS,
        timeouts=TIMEOUT_MINUTES,
    )


ROUTES = [controls, tap]
