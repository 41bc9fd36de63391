"""Where brands' shops on Shopify and WooCommerce send their news."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from litestar import Response, post
from litestar.params import FromPath

from creators import shop_edits, shop_refusals, shopify_payloads, shops, woo_payloads
from creators.conversion_tables import ShopKind
from creators.conversions import Sale
from creators.shop_facts import Facts
from creators.shop_reading import moment
from creators.shops import SignatureInvalid
from foundation import clock
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.web import Web

LARGEST = 1024 * 1024
PING = re.compile(rb"webhook_id=\d{1,12}")
WAITS_FOR_ORDER = timedelta(minutes=10)
log = structlog.get_logger(__name__)


@post(
    "/webhooks/shopify/{connection_id:str}",
    status_code=200,
    media_type="text/plain",
    request_max_body_size=LARGEST,
    include_in_schema=False,
)
async def from_shopify(request: Web, connection_id: FromPath[str]) -> Response[str]:
    """`orders/paid`, `orders/updated`, `orders/edited` and `refunds/create`; everything else is let go.

    Shopify keeps no order among its news: a refund or an edit that comes before its order is asked for again for a while.
    """
    signature, topic = request.headers.get("x-shopify-hmac-sha256", ""), request.headers.get("x-shopify-topic", "")
    return await _receive(request, connection_id, ShopKind.SHOPIFY, signature, topic, _SHOPIFY.get(topic))


@post(
    "/webhooks/woocommerce/{connection_id:str}",
    status_code=200,
    media_type="text/plain",
    request_max_body_size=LARGEST,
    include_in_schema=False,
)
async def from_woocommerce(request: Web, connection_id: FromPath[str]) -> Response[str]:
    """`order.created` and `order.updated`; everything else is let go. A webhook that is saved there asks first, unsigned, whether we are here."""
    if not request.headers.get("x-wc-webhook-signature") and PING.fullmatch(await request.body()):
        return Response("here", media_type="text/plain")
    signature, topic = request.headers.get("x-wc-webhook-signature", ""), request.headers.get("x-wc-webhook-topic", "")
    return await _receive(request, connection_id, ShopKind.WOOCOMMERCE, signature, topic, _WOO.get(topic))


class OrderAwaited(Refusal):
    """A return whose order may still be on its way: the shop shall send it again."""

    code = "order_awaited"
    status = 503
    message = _("The order of this return is not known yet. Send it again in a minute.")


class EditUntold(Refusal):
    """An order was edited, and nothing told how: its shop does not send `orders/updated`."""

    code = "edit_untold"
    message = _("This order was edited, and your shop did not tell us how. Send us orders/updated too.")


@dataclass(frozen=True)
class Sender:
    """A connected shop and its brand."""

    brand: UUID
    connection: str


Fold = Callable[[Sender, dict[str, Any]], Awaitable[str]]


async def _receive(
    request: Web, connection_id: str, kind: ShopKind, signature: str, topic: str, fold: Fold | None
) -> Response[str]:
    """200 for what was kept, known or let go; 401 for a wrong signature.

    A report that our rules refuse, or that we cannot read, is answered 200 too, with the reason: shops send again for days what is refused, it
    would be refused again, and after some refusals they end the webhook. The brand reads of it beside its sales.
    """
    body = await request.body()
    try:
        brand = await shops.sent_by_shop(connection_id=connection_id, kind=kind, body=body, signature=signature)
        said = await fold(Sender(brand, connection_id), json.loads(body)) if fold else "ignored"
    except SignatureInvalid as refusal:
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain")
    except OrderAwaited as refusal:
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain", headers={"Retry-After": "60"})
    except Refusal as refusal:
        log.warning("shop_report_refused", shop=kind.value, connection=connection_id, reason=refusal.code)
        await shop_refusals.keep_refusal(connection_id=UUID(connection_id), topic=topic, order=_order_in(body), code=refusal.code)
        said = f"refused: {refusal.code}"
    except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        log.warning("shop_report_unreadable", shop=kind.value, connection=connection_id, error=type(error).__name__)
        await shop_refusals.keep_refusal(connection_id=UUID(connection_id), topic=topic, order=_order_in(body), code="unreadable")
        said = "unreadable"
    return Response(said, media_type="text/plain")


async def _shopify_paid(sender: Sender, payload: dict[str, Any]) -> str:
    return await _shopify_order(sender, payload, new=True)


async def _shopify_updated(sender: Sender, payload: dict[str, Any]) -> str:
    """News of any change. What is not known is a sale when it was placed since the shop is connected: `orders/paid` may be late."""
    since = await shops.connected_at(connection_id=sender.connection)
    return await _shopify_order(sender, payload, new=moment(payload.get("processed_at") or payload["created_at"]) >= since)


async def _shopify_order(sender: Sender, payload: dict[str, Any], *, new: bool) -> str:
    found = shopify_payloads.shopify_order(payload)
    if found is None:
        return "ignored"
    told_at = moment(payload.get("updated_at") or payload.get("processed_at") or payload["created_at"])
    return await _keep(sender.brand, *found, ShopKind.SHOPIFY, told_at, new=new)


async def _shopify_refund(sender: Sender, payload: dict[str, Any]) -> str:
    order, told_at = shopify_payloads.order_of(payload), moment(payload["created_at"])
    try:
        currency = await shop_edits.currency_of(brand_id=sender.brand, order=order)
    except NotFound:
        if clock.now() - told_at < WAITS_FOR_ORDER:
            raise OrderAwaited from None
        raise
    refund = shopify_payloads.shopify_refund(payload, currency)
    changed = await shop_edits.follow_refund(
        brand_id=sender.brand,
        order=order,
        facts=refund.facts,
        source=ShopKind.SHOPIFY.value,
        told_at=told_at,
    )
    return "kept" if changed else "known"


async def _shopify_edit(sender: Sender, payload: dict[str, Any]) -> str:
    """An edit names ids and no amounts; the order itself, which comes with it, tells what changed."""
    order, edited_at = shopify_payloads.shopify_edit(payload)
    with suppress(NotFound):
        if await shop_edits.told_since(brand_id=sender.brand, order=order, moment=edited_at):
            return "known"
        if clock.now() - edited_at < WAITS_FOR_ORDER:
            raise OrderAwaited
        raise EditUntold
    return "ignored"


async def _woo_order(sender: Sender, payload: dict[str, Any]) -> str:
    found = woo_payloads.woo_order(payload)
    if found is None:
        return "ignored"
    told_at = found[1].told_at or found[0].happened_at
    return await _keep(sender.brand, *found, ShopKind.WOOCOMMERCE, told_at, new=woo_payloads.is_paid(payload))


async def _keep(brand: UUID, sale: Sale, facts: Facts, kind: ShopKind, told_at: datetime, *, new: bool) -> str:
    try:
        changed = await shop_edits.follow_order(
            brand_id=brand, sale=sale, facts=facts, source=kind.value, told_at=told_at, new=new
        )
    except NotFound:  # an order that was never a sale here
        return "ignored"
    return "kept" if changed else "known"


def _order_in(body: bytes) -> str:
    """The order that a report names, when it can be read at all."""
    with suppress(ValueError, AttributeError, RecursionError):
        payload = json.loads(body)
        payload = payload.get("order_edit") or payload
        return str(payload.get("order_id") or payload.get("id") or "").replace("\x00", "")[:100]
    return ""


_SHOPIFY: dict[str, Fold] = {
    "orders/paid": _shopify_paid,
    "orders/updated": _shopify_updated,
    "orders/edited": _shopify_edit,
    "refunds/create": _shopify_refund,
}
_WOO: dict[str, Fold] = {"order.created": _woo_order, "order.updated": _woo_order}
ROUTES = [from_shopify, from_woocommerce]
