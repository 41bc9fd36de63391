"""The line for what is sold out: where somebody stands in it, joining and leaving."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import rate_limits, web
from foundation.accounts import By, Principal, Visitor
from foundation.web import Form, Web
from marketplace import catalogue, waitlist
from marketplace.waitlist import OFFER, StillThere

TEMPLATE = "marketplace/line.html"


@get("/shop/variants/{variant_id:uuid}/line", include_in_schema=False)
async def show(request: Web, principal: Visitor, variant_id: FromPath[UUID]) -> Response[Any]:
    """Where the person stands in the line of this variant."""
    return await _page(request, principal, variant_id)


@post("/shop/variants/{variant_id:uuid}/line", include_in_schema=False)
async def join(request: Web, by: By, variant_id: FromPath[UUID]) -> Response[Any]:
    """Stand in the line, once."""
    form = await web.read_form(request)
    await rate_limits.spend(f"line:{by.id}", limit=20, seconds=60)
    with suppress(StillThere):  # the page says that it is there
        await waitlist.join(variant_id=variant_id, by=by, show_id=_show(request, form))
    return await _after(request, by, variant_id)


@post("/shop/variants/{variant_id:uuid}/line/leave", include_in_schema=False)
async def leave(request: Web, by: By, variant_id: FromPath[UUID]) -> Response[Any]:
    """Leave the line; what was offered goes to the next."""
    await waitlist.leave(variant_id=variant_id, by=by)
    return await _after(request, by, variant_id)


async def _after(request: Web, by: Principal, variant_id: UUID) -> Response[Any]:
    if request.headers.get("hx-request") == "true":
        return await _page(request, by, variant_id)
    return web.redirect(request, f"/shop/variants/{variant_id}/line")


async def _page(request: Web, principal: Principal | None, variant_id: UUID) -> Response[Any]:
    product = await catalogue.product_of_variant(variant_id=variant_id)
    mine = await waitlist.places_of(by=principal, variant_id=variant_id) if principal else []
    return web.page(
        request,
        TEMPLATE,
        block="line",
        product=product,
        choice=product.choice(variant_id),
        place=mine[0] if mine else None,
        minutes=int(OFFER.total_seconds() // 60),
        show_id=_show(request, Form()),
    )


def _show(request: Web, form: Form) -> UUID | None:
    """The show in whose room somebody began to wait."""
    try:
        return UUID(str(form.values.get("show") or request.query_params.get("show") or ""))
    except ValueError:
        return None


ROUTES = [show, join, leave]
