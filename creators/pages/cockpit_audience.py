"""What the host does about the audience while on air: questions and polls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from creators import audience_news, polls, questions
from creators.pages import cockpit
from creators.shows import hosted_show
from creators.tables import ShowStatus
from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import translate
from foundation.web import Form, Web
from marketplace import offers


@post("/studio/shows/{show_id:uuid}/audience/{act:str}", include_in_schema=False)
async def tap(request: Web, by: By, show_id: FromPath[UUID], act: FromPath[str]) -> Response[Any]:
    """One tap of the host: answer, answered, dismiss (a question), prepare, start, count (a poll), offer, offer-end."""
    form = await web.read_form(request)
    await hosted_show(show_id=show_id, by=by)
    fragment = request.headers.get("hx-request") == "true"
    try:
        await _do(act, form, show_id, by)
    except Refusal as refusal:
        if not fragment:
            raise
        return await cockpit.page(request, by, show_id, block="audience", form=form.refused(refusal), status=422)
    if fragment:
        return await cockpit.page(request, by, show_id, block="audience")
    return web.redirect(request, web.own_path(str(form.values.get("next") or ""), f"/studio/shows/{show_id}/live"))


async def _do(act: str, form: Form, show_id: UUID, by: Principal) -> None:
    if act in ("answer", "answered", "dismiss"):
        await _question(act, form, by)
    elif act in ("start", "count"):
        poll_id = form.uuid("poll")
        form.check()
        await (polls.start if act == "start" else polls.close)(poll_id=poll_id, by=by)
    elif act in ("offer", "offer-end"):
        await _offer(act, form, show_id, by)
    elif act == "prepare":
        answers = form.values.get("answers") or []
        labels = [str(answer) for answer in (answers if isinstance(answers, list) else [answers])]
        await polls.prepare(show_id=show_id, question=str(form.values.get("poll") or ""), answers=labels, by=by)
    else:
        raise NotFound


async def _offer(act: str, form: Form, show_id: UUID, by: Principal) -> None:
    """Start or end a flash offer that the brand prepared for this show."""
    offer_id = form.uuid("offer")
    form.check()
    show = await hosted_show(show_id=show_id, by=by)
    if act == "offer" and show.status != ShowStatus.LIVE:
        raise WrongState
    await (offers.start if act == "offer" else offers.end)(offer_id=offer_id, show_id=show_id, by=by)
    await audience_news.tell_offer(show_id)


async def _question(act: str, form: Form, by: Principal) -> None:
    question_id = form.uuid("question")
    form.check()
    if act == "answer":
        await questions.take(question_id=question_id, by=by)
    elif act == "answered":
        await questions.answered(question_id=question_id, by=by)
    else:
        reason = form.text("reason", max=300, required=False) or translate("Against the rules of this room")
        await questions.remove(question_id=question_id, reason=reason, by=by)


ROUTES = [tap]
