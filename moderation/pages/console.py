"""The moderators' console: what is held, who is silenced, the words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import paging, web
from foundation.accounts import By, role
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.tables import Role
from foundation.web import Form, Web
from moderation import restrictions, sanctions, words
from moderation.chat_filter import check
from moderation.tables import WordAction

MODERATORS = [role(Role.MODERATOR)]
MINUTES = (10, 60, 24 * 60, 7 * 24 * 60)


@get("/moderation", include_in_schema=False, guards=MODERATORS)
async def console(request: Web) -> Response[Any]:
    """What waits for a decision; the live rooms are a piece of the storey above."""
    return await _console(request, Form())


@post("/moderation/held/{restriction_id:uuid}/release", include_in_schema=False, guards=MODERATORS)
async def release(request: Web, by: By, restriction_id: FromPath[UUID]) -> Response[Any]:
    """Let a held message through."""
    await restrictions.release(restriction_id=restriction_id, by=by)
    return web.redirect(request, "/moderation", translate("The message is shown."))


@post("/moderation/held/{restriction_id:uuid}/remove", include_in_schema=False, guards=MODERATORS)
async def remove(request: Web, by: By, restriction_id: FromPath[UUID]) -> Response[Any]:
    """Keep a held message hidden."""
    form = await web.read_form(request)
    try:
        reason = form.text("reason", max=500, required=False)
        await restrictions.remove_held(restriction_id=restriction_id, reason=reason, by=by)
    except Refusal as refusal:
        return await _console(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, "/moderation", translate("The message stays hidden."))


@get("/moderation/sanctions", include_in_schema=False, guards=MODERATORS)
async def sanction_list(request: Web) -> Response[Any]:
    """Who is silenced, where and why."""
    return await _sanctions(request, Form(dict(request.query_params)))


@post("/moderation/sanctions", include_in_schema=False, guards=MODERATORS)
async def sanction(request: Web, by: By) -> Response[Any]:
    """Time somebody out, or ban them."""
    form = await web.read_form(request)
    try:
        person_id = form.uuid("person")
        place = form.text("place", max=80, required=False)
        reason = form.text("reason", max=500, required=False)
        ban = form.flag("ban")
        minutes = 1 if ban else form.integer("minutes", low=1, high=sanctions.LONGEST_TIMEOUT)
        form.check()
        if ban:
            await sanctions.ban(person_id=person_id, place=place, reason=reason, by=by)
        else:
            await sanctions.time_out(person_id=person_id, minutes=minutes, place=place, reason=reason, by=by)
    except Refusal as refusal:
        return await _sanctions(request, form.refused(refusal), status=refusal.status)
    back = web.own_path(str(form.values.get("next") or ""), "/moderation/sanctions")
    return web.redirect(request, back, translate("The person is told the reason."))


@post("/moderation/sanctions/{sanction_id:uuid}/lift", include_in_schema=False, guards=MODERATORS)
async def lift(request: Web, by: By, sanction_id: FromPath[UUID]) -> Response[Any]:
    """End a sanction."""
    await sanctions.lift(sanction_id=sanction_id, by=by)
    return web.redirect(request, "/moderation/sanctions", translate("The sanction is lifted."))


@get("/moderation/words", include_in_schema=False, guards=MODERATORS)
async def word_list(request: Web) -> Response[Any]:
    """The words of the filter, and a field to try a sentence."""
    return await _words(request, Form(dict(request.query_params)))


@post("/moderation/words", include_in_schema=False, guards=MODERATORS)
async def add_word(request: Web, by: By) -> Response[Any]:
    """Put a word on the list."""
    form = await web.read_form(request)
    try:
        word = form.text("word", max=60)
        action = WordAction(form.choice("action", WordAction))
        form.check()
        await words.add_word(word=word, action=action, by=by)
    except Refusal as refusal:
        return await _words(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, "/moderation/words", translate("The word is on the list."))


@post("/moderation/words/{word_id:uuid}/remove", include_in_schema=False, guards=MODERATORS)
async def remove_word(request: Web, by: By, word_id: FromPath[UUID]) -> Response[Any]:
    """Take a word off the list."""
    await words.remove_word(word_id=word_id, by=by)
    return web.redirect(request, "/moderation/words", translate("The word is off the list."))


async def _console(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    return web.page(
        request,
        "moderation/console.html",
        status=status,
        held=await restrictions.queue(),
        decided=await restrictions.decided(12),
        form=form,
        minutes=MINUTES,
    )


async def _sanctions(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    part = paging.part_of(request, await sanctions.standing())
    return web.page(request, "moderation/sanctions.html", status=status, rows=part.rows, part=part, form=form, minutes=MINUTES)


async def _words(request: Web, form: Form, *, status: int = 200) -> Response[Any]:
    sentence = str(form.values.get("try") or "")[:500]
    verdict = check(sentence, await words.word_list()) if sentence else None
    part = paging.part_of(request, await words.listed_words(), 50)
    return web.page(
        request,
        "moderation/words.html",
        status=status,
        rows=part.rows,
        part=part,
        form=form,
        sentence=sentence,
        verdict=verdict,
    )


ROUTES = [console, release, remove, sanction_list, sanction, lift, word_list, add_word, remove_word]
