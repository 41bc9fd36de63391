"""A brand's orders on paper and as files: the pick list, the export, parcels of many orders at once."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from foundation import templating, web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.web import Form, Web
from marketplace import order_files, order_lists
from marketplace.order_lists import Desk, Wanted
from marketplace.pages.brand_orders import wanted_of
from marketplace.pages.here import current_brand
from marketplace.shipping import CARRIERS

MOST = 50_000


@get("/brand/pick-list", include_in_schema=False)
async def pick_list(request: Web, by: By) -> Response[Any]:
    """What is to be taken from the shelves and packed, to print."""
    brand = await current_brand(request, by)
    waiting, total = await order_lists.orders_for(brand_id=brand.id, wanted=Wanted(desk=Desk.TO_SEND), size=500)
    return web.page(
        request,
        "marketplace/pick_list.html",
        brand=brand,
        rows=await order_lists.pick_list(brand_id=brand.id),
        orders=waiting,
        total=total,
    )


@get("/brand/orders.csv", include_in_schema=False)
async def export(request: Web, by: By) -> Response[Any]:
    """The orders that the list shows, all pages, as CSV."""
    brand = await current_brand(request, by)
    rows, _total = await order_lists.orders_for(brand_id=brand.id, wanted=wanted_of(request), size=MOST)
    headers = {"Content-Disposition": f'attachment; filename="orders-{brand.slug}.csv"', "Cache-Control": "no-store"}
    return Response(order_files.orders_file(rows), media_type="text/csv; charset=utf-8", headers=headers)


@get("/brand/ship", include_in_schema=False)
async def many(request: Web, by: By) -> Response[Any]:
    """The form for many parcels."""
    await current_brand(request, by)
    return _page(request, Form())


@post("/brand/ship", include_in_schema=False)
async def ship_many(request: Web, by: By) -> Response[Any]:
    """Ship a selection of orders, or what a file says; each line for itself."""
    brand = await current_brand(request, by)
    form = await web.read_form(request)
    upload = form.file("file")
    numbers = form.values.get("order") or []
    try:
        if upload is not None:
            shipped = await order_files.ship_file(content=await upload.read(), brand=brand, by=by)
        elif numbers:
            carrier = form.choice("carrier", list(CARRIERS))
            form.check()
            chosen = numbers if isinstance(numbers, list) else [numbers]
            shipped = await order_files.ship_chosen(numbers=[str(one) for one in chosen], carrier=carrier, brand=brand, by=by)
        else:
            raise order_files.NotAParcelFile
    except Refusal as refusal:
        return _page(request, form.refused(refusal), status=refusal.status)
    return _page(request, Form(), shipped=shipped)


def _page(request: Web, form: Form, *, shipped: list[order_files.Shipped] | None = None, status: int = 200) -> Response[Any]:
    carriers = [(key, carrier.name) for key, carrier in CARRIERS.items()]
    refused = [(one.place, one.number, templating.sentence(one.refusal)) for one in shipped or [] if one.refusal]
    return web.page(
        request,
        "marketplace/ship_many.html",
        form=form,
        shipped=None if shipped is None else len(shipped),
        refused=refused,
        carriers=carriers,
        status=status,
    )


ROUTES = [pick_list, export, many, ship_many]
