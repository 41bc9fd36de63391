"""Whose order it is, on the pages of one order: somebody who signed in, or a guest whose browser or mail opens it."""

from __future__ import annotations

from uuid import UUID

from foundation import accounts
from foundation.accounts import Principal
from foundation.errors import NotFound, SignInNeeded
from foundation.web import Web
from marketplace.tables import Order

ORDERS = "orders"
MOST = 20


def remember(request: Web, order_id: UUID) -> None:
    """From now on this browser may see and pay this guest's order."""
    known = [one for one in request.session.get(ORDERS, []) if one != str(order_id)]
    request.session[ORDERS] = [*known, str(order_id)][-MOST:]


async def buyer_of(
    request: Web, principal: Principal | None, *, order_id: UUID | None = None, number: str | None = None
) -> Principal:
    """The buyer of an order for somebody who may act for it here: the buyer, signed in, or a guest with this very order.

    The answer is good for this one order only. Raises `NotFound` for the orders of others, `SignInNeeded` when nobody is signed in.
    """
    key = Order.number == number if number is not None else Order.id == order_id
    row = await Order.select(Order.id, Order.buyer, Order.guest).where(key).first()
    if row is not None and principal is not None and row["buyer"] == principal.id:
        return principal
    if row is not None and row["guest"] and remembers(request, row["id"]):
        return await accounts.person(row["buyer"])
    if principal is None:
        raise SignInNeeded
    raise NotFound


def remembers(request: Web, order_id: UUID) -> bool:
    """Whether this browser has placed, or opened by its mail, this guest's order."""
    return str(order_id) in (request.session or {}).get(ORDERS, [])
