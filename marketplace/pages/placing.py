"""The tap that orders: one product from its sheet, or the whole bag; for somebody signed in, or for a guest's e-mail address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, post

from foundation import client_address, guests, i18n, rate_limits, web
from foundation.accounts import Principal, Visitor, normal_email
from foundation.errors import Refusal
from foundation.vendor import VendorError
from foundation.web import Form, Web
from marketplace import bag, catalogue, checkout
from marketplace.pages import bags, buying, own_orders, shop
from marketplace.pages.addresses import read_address
from marketplace.pages.bag_owner import owner_of
from marketplace.pages.checkout import ORDERS_A_MINUTE, is_fragment, paying, status_of
from marketplace.prices import MAX_QUANTITY, EmptyCart

LOOK = "look"
"""The step that only looks what it would cost now."""


@dataclass(frozen=True)
class Wanted:
    """What is to be ordered, and the page to which a refusal returns."""

    lines: Sequence[tuple[UUID, int]]
    show_id: UUID | None
    touch_id: UUID | None
    back: Callable[[int], Awaitable[Response[Any]]]


@post("/checkout", include_in_schema=False)
async def place(request: Web, principal: Visitor) -> Response[Any]:
    """Place the order and go on to its payment; what is wrong comes back beside its field with everything kept.

    Without a tap in a room the order carries the link that this device may be recognised by, which the visit has looked up.
    """
    form = await web.read_form(request)
    wanted = await (_bag if form.flag("bag") else _product)(request, principal, form)
    if form.values.get("step") == LOOK:
        return await wanted.back(200)
    email = _email(form) if principal is None else ""
    ship_to = read_address(form)
    cart_key = str(form.uuid("cart_key"))
    expected = form.integer("expected", low=0, high=10**12) if form.values.get("expected") else None
    try:
        form.check()
        if not wanted.lines:
            raise EmptyCart
        await _spend(request, principal)
        by = principal or await _guest(email, ship_to.name)
        await _give_up_others(request, [variant for variant, _count in wanted.lines], cart_key, by, guest=principal is None)
        order_id = await checkout.place_order(
            lines=wanted.lines,
            show_id=wanted.show_id,
            touch_id=wanted.touch_id or _came_by(request),
            cart_key=cart_key,
            ship_to=ship_to,
            by=by,
            expected_minor=expected,
            ways=buying.ways_of(form),
            codes=buying.codes_of(form),
            guest=principal is None,
            locale=i18n.locale.get(),
        )
    except Refusal as refusal:
        form.refused(refusal)
        return await wanted.back(status_of(request, refusal))
    if principal is None:
        own_orders.remember(request, order_id)
    if is_fragment(request):
        return await paying(request, order_id, by)
    return web.redirect(request, f"/checkout/{order_id}")


async def _product(request: Web, principal: Principal | None, form: Form) -> Wanted:
    offered = await catalogue.product_on_sale(product_id=form.uuid("product"))
    variant, quantity = form.uuid("variant"), form.integer("quantity", low=1, high=MAX_QUANTITY)

    async def back(status: int) -> Response[Any]:
        return await shop.choosing(request, principal, offered, form=form, status=status)

    return Wanted([(variant, quantity)], _maybe(form, "show"), _maybe(form, "touch"), back)


async def _bag(request: Web, principal: Principal | None, form: Form) -> Wanted:
    found = await bag.contents(owner=await owner_of(request, principal), kept=await bags.kept_for(principal))

    async def back(status: int) -> Response[Any]:
        return await bags.shown(request, principal, form=form, status=status)

    show, touch = found.origin
    here = _maybe(form, "show")
    return Wanted(list(found.able.items()), show or here, touch if show else None, back)


async def _spend(request: Web, principal: Principal | None) -> None:
    who = principal.id if principal else f"guest:{client_address.of(request)}"
    await rate_limits.spend(f"orders:{who}", limit=ORDERS_A_MINUTE, seconds=60)


def _email(form: Form) -> str:
    """A guest's address; what is wrong with it is kept in the form, to be said together with the rest."""
    typed = form.text("email", max=254)
    try:
        return normal_email(typed) if typed else ""
    except Refusal as refusal:
        form.refused(refusal)
        return ""


async def _guest(email: str, name: str) -> Principal:
    return await guests.person_for(email=email, display_name=name, locale=i18n.locale.get())


async def _give_up_others(request: Web, variants: list[UUID], cart_key: str, by: Principal, *, guest: bool) -> None:
    """An order of the same thing that still waits for its payment gives way to this one: nobody outbids themselves.

    A guest's orders are those of this browser: whoever types somebody's address ends nothing of theirs.
    """
    for order_id in await checkout.open_orders(variant_ids=variants, by=by, except_cart=cart_key):
        if guest and not own_orders.remembers(request, order_id):
            continue
        with suppress(VendorError):
            await checkout.give_up(order_id=order_id, by=by)


def _came_by(request: Web) -> UUID | None:
    found = request.scope.get("came_by")
    return found if isinstance(found, UUID) else None


def _maybe(form: Form, name: str) -> UUID | None:
    return form.uuid(name) if form.values.get(name) else None


ROUTES = [place]
