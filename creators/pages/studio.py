"""The creator's space: what comes next, the shows, planning one, the greenroom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from creators import applications, clip_lists, collaborations, follows, greenroom, shows
from creators.greenroom import Publishing
from creators.profiles import creator_of
from creators.room import room_of
from creators.shows import SlotPlan
from creators.tables import Show, ShowStatus, Slot
from foundation import clock, paging, web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import translate
from foundation.vendor import VendorError
from foundation.web import Form, Web
from marketplace import catalogue
from marketplace.briefs import LANGUAGES
from marketplace.catalogue import Offered
from marketplace.pictures import keep_picture

DEFAULT_MINUTES = 45
SLOT_MINUTES = 5
LONGEST_SHOW = 480


@get("/studio", include_in_schema=False)
async def studio(request: Web, by: By) -> Response[Any]:
    """What comes next, what waits, what is earned."""
    me = await creator_of(by=by)
    mine = await shows.shows_of(by=by)
    live = next((show for show in mine if show.status == ShowStatus.LIVE), None)
    coming = sorted((show for show in mine if show.status == ShowStatus.SCHEDULED), key=lambda show: show.starts_at)
    following = live or next(iter(coming), None)
    return web.page(
        request,
        "creators/studio.html",
        me=me,
        room=await room_of(show=following, by=by) if following else None,
        reminders=await follows.reminders_of(following.id) if following else 0,
        ready=await _checklist(following) if following else [],
        coming=coming[1:] if following in coming else coming,
        past=[show for show in mine if show.status == ShowStatus.ENDED][:4],
        waiting=await applications.my_applications(by=by, waiting=True),
        unplanned=await _unplanned(by, mine),
        today=clock.now(),
    )


@get("/studio/shows", include_in_schema=False)
async def my_shows(request: Web, by: By) -> Response[Any]:
    """All one's shows."""
    await creator_of(by=by)
    return web.page(
        request,
        "creators/studio_shows.html",
        shows=await shows.shows_of(by=by, limit=paging.SIZE, offset=paging.SIZE * (paging.number(request) - 1)),
        page=paging.number(request),
        pages=paging.pages(await shows.count_of(by=by)),
        collaborations=await collaborations.my_collaborations(by=by),
    )


@get("/studio/shows/new", include_in_schema=False)
async def new_show(request: Web, by: By) -> Response[Any]:
    """The planner for a new show of `?collaboration=`."""
    form = Form({**dict(request.query_params), "minutes": DEFAULT_MINUTES})
    collaboration = await _collaboration(form, by)
    form.values["language"] = collaboration["language"]  # the brief's, whatever the reader speaks
    return await _planner(request, by, form, collaboration, None)


@post("/studio/shows", include_in_schema=False)
async def schedule(request: Web, by: By) -> Response[Any]:
    """Schedule a show."""
    form = await web.read_form(request)
    collaboration = await _collaboration(form, by)
    try:
        values = _read(form, by, await _products(collaboration))
        picture = await _picture(form)
        show_id = await shows.schedule_show(collaboration_id=collaboration["id"], **values, picture=picture or "", by=by)
    except Refusal as refusal:
        return await _planner(request, by, form.refused(refusal), collaboration, None, status=refusal.status)
    return web.redirect(request, f"/studio/shows/{show_id}", translate("The show is on the schedule."))


@get("/studio/shows/{show_id:uuid}", include_in_schema=False)
async def show_plan(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """The greenroom of a show: how it stands, where to publish, what is planned."""
    return await _greenroom(request, by, show_id)


@get("/studio/shows/{show_id:uuid}/plan", include_in_schema=False)
async def edit_plan(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """The planner of a scheduled show."""
    show = await shows.hosted_show(show_id=show_id, by=by)
    collaboration = await collaborations.collaboration_of_creator(collaboration_id=show.collaboration, by=by)
    form = Form(_values(show, await shows.line_up(show.id), by))
    return await _planner(request, by, form, collaboration, show)


@post("/studio/shows/{show_id:uuid}/plan", include_in_schema=False)
async def save_plan(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Change a scheduled show."""
    form = await web.read_form(request)
    show = await shows.hosted_show(show_id=show_id, by=by)
    collaboration = await collaborations.collaboration_of_creator(collaboration_id=show.collaboration, by=by)
    try:
        values = _read(form, by, await _products(collaboration))
        await shows.change_show(show_id=show_id, **values, picture=await _picture(form), by=by)
    except Refusal as refusal:
        return await _planner(request, by, form.refused(refusal), collaboration, show, status=refusal.status)
    return web.redirect(request, f"/studio/shows/{show_id}", translate("The plan is saved."))


@post("/studio/shows/{show_id:uuid}/cancel", include_in_schema=False)
async def cancel(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Cancel a scheduled show."""
    await shows.cancel_show(show_id=show_id, by=by)
    return web.redirect(request, "/studio/shows", translate("The show is cancelled."))


@post("/studio/shows/{show_id:uuid}/key", include_in_schema=False)
async def stream_key(request: Web, by: By, show_id: FromPath[UUID]) -> Response[Any]:
    """Show the address and the key of the encoder; with `reset` a new key. Never kept in any page's history."""
    form = await web.read_form(request)
    ask = greenroom.reset_key if form.flag("reset") else greenroom.publishing
    try:
        publishing: Publishing | None = await ask(show_id=show_id, by=by)
        problem = ""
    except VendorError:
        publishing, problem = None, translate("The video service does not answer. Please try again in a moment.")
    return await _greenroom(request, by, show_id, publishing=publishing, problem=problem)


async def _greenroom(
    request: Web, by: Principal, show_id: UUID, *, publishing: Publishing | None = None, problem: str = ""
) -> Response[Any]:
    show = await shows.hosted_show(show_id=show_id, by=by)
    return web.page(
        request,
        "creators/greenroom.html",
        block="encoder",
        room=await room_of(show=show, by=by),
        reminders=await follows.reminders_of(show_id),
        ready=await _checklist(show),
        clips=await clip_lists.marked_in(show_id),
        publishing=publishing,
        problem=problem,
    )


async def _checklist(show: Show) -> list[tuple[str, bool]]:
    slots = await shows.line_up(show.id)
    stocked = {product.id for product in await catalogue.products_on_sale(ids=[slot.product for slot in slots]) if product.stock}
    return [
        (translate("Terms agreed"), True),
        (translate("Ad label on every picture"), True),
        (translate("Line-up in order"), bool(slots)),
        (translate("Every product in stock"), all(slot.product in stocked for slot in slots)),
        (translate("Poster chosen"), bool(show.picture)),
        (translate("Picture arrives"), show.signal in ("connected", "active")),
    ]


async def _unplanned(by: Principal, mine: list[Show]) -> list[dict[str, Any]]:
    planned = {show.collaboration for show in mine if show.status != ShowStatus.CANCELLED}
    found = await collaborations.my_collaborations(by=by)
    return [row for row in found if row["status"] == "active" and row["id"] not in planned]


async def _collaboration(form: Form, by: Principal) -> dict[str, Any]:
    collaboration_id = form.uuid("collaboration")
    form.check()
    return await collaborations.collaboration_of_creator(collaboration_id=collaboration_id, by=by)


async def _products(collaboration: dict[str, Any]) -> list[Offered]:
    return await catalogue.products_on_sale(ids=collaboration["products"])


def _read(form: Form, by: Principal, products: list[Offered]) -> dict[str, Any]:
    values = {
        "title": form.text("title", max=120, min=3),
        "description": form.text("description", max=2000, required=False),
        "starts_at": form.moment("starts_at", by.time_zone),
        "minutes": form.integer("minutes", low=5, high=LONGEST_SHOW),
        "language": form.choice("language", list(LANGUAGES)),
    }
    line_up = _read_line_up(form, products)
    form.check()
    return {**values, "line_up": line_up}


async def _picture(form: Form) -> str | None:
    sent = form.file("picture")
    return await keep_picture(await sent.read()) if sent else None


def _read_line_up(form: Form, products: list[Offered]) -> list[SlotPlan]:
    """The chosen products in the order of their numbers; a product without a number is not shown."""
    chosen = []
    for product in products:
        if not str(form.values.get(f"place-{product.id}") or "").strip():
            continue
        place = form.integer(f"place-{product.id}", low=1, high=shows.MOST_SLOTS)
        minutes = form.integer(f"minutes-{product.id}", low=1, high=240)
        title = form.text(f"title-{product.id}", max=120, required=False) or product.title
        chosen.append((place, SlotPlan(product_id=product.id, title=title, minutes=minutes)))
    return [plan for _, plan in sorted(chosen, key=lambda pair: pair[0])]


def _values(show: Show, slots: list[Slot], by: Principal) -> dict[str, Any]:
    local: datetime = show.starts_at.astimezone(ZoneInfo(by.time_zone))
    values: dict[str, Any] = {
        "title": show.title,
        "description": show.description,
        "starts_at": local.strftime("%Y-%m-%dT%H:%M"),
        "minutes": show.minutes,
        "language": show.language,
    }
    for slot in slots:
        values |= {
            f"place-{slot.product}": slot.position,
            f"minutes-{slot.product}": slot.minutes,
            f"title-{slot.product}": slot.title,
        }
    return values


async def _planner(
    request: Web, by: Principal, form: Form, collaboration: dict[str, Any], show: Show | None, *, status: int = 200
) -> Response[Any]:
    return web.page(
        request,
        "creators/planner.html",
        status=status,
        form=form,
        collaboration=collaboration,
        products=await _products(collaboration),
        show=show,
        slot_minutes=SLOT_MINUTES,
        time_zone=by.time_zone,
        languages=[(code, translate(name)) for code, name in LANGUAGES.items()],
    )


ROUTES = [studio, my_shows, new_show, schedule, show_plan, edit_plan, save_plan, cancel, stream_key]
