"""Where brands' shops on Shopify and WooCommerce send their news."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from litestar import Response, post
from litestar.params import FromPath

from creators import conversion_returns, conversions, shop_payloads, shop_refusals, shops
from creators.conversion_tables import ShopKind
from creators.shop_payloads import Back
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
    """`orders/paid` and `refunds/create`; everything else is let go.

    Shopify keeps no order among its news: a refund that comes before its order is asked for again for a while.
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


Fold = Callable[[UUID, dict[str, Any]], Awaitable[str]]


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
        said = await fold(brand, json.loads(body)) if fold else "ignored"
    except SignatureInvalid as refusal:
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain")
    except OrderAwaited as refusal:
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain", headers={"Retry-After": "60"})
    except Refusal as refusal:
        log.warning("shop_report_refused", shop=kind.value, connection=connection_id, reason=refusal.code)
        await shop_refusals.keep_refusal(connection_id=UUID(connection_id), topic=topic, order=_order_in(body), code=refusal.code)
        said = f"refused: {refusal.code}"
    except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("shop_report_unreadable", shop=kind.value, connection=connection_id, error=type(error).__name__)
        await shop_refusals.keep_refusal(connection_id=UUID(connection_id), topic=topic, order=_order_in(body), code="unreadable")
        said = "unreadable"
    return Response(said, media_type="text/plain")


async def _shopify_order(brand: UUID, payload: dict[str, Any]) -> str:
    sale = shop_payloads.shopify_order(payload)
    return await _keep(brand, sale, shop_payloads.shopify_refunds(payload), ShopKind.SHOPIFY) if sale else "ignored"


async def _shopify_refund(brand: UUID, payload: dict[str, Any]) -> str:
    back = shop_payloads.shopify_refund(payload)
    try:
        return await _keep_return(brand, back, ShopKind.SHOPIFY)
    except NotFound:
        if back and clock.now() - back.happened_at < WAITS_FOR_ORDER:
            raise OrderAwaited from None
        raise


async def _woo_order(brand: UUID, payload: dict[str, Any]) -> str:
    sale, backs = shop_payloads.woo_order(payload), shop_payloads.woo_returns(payload)
    return await _keep(brand, sale, backs, ShopKind.WOOCOMMERCE)


async def _keep(brand: UUID, sale: conversions.Sale | None, backs: Sequence[Back], kind: ShopKind) -> str:
    """Keep a sale with what came back of it by now. Of an order that is known something comes back also when its new contents are refused."""
    said, refused = ["ignored"], None
    try:
        said += [await _keep_sale(brand, sale, kind)] if sale else []
    except Refusal as refusal:
        refused = refusal
    for back in backs:
        with suppress(NotFound):  # an order that was never a sale here
            said.append(await _keep_return(brand, back, kind))
    if refused is not None:
        raise refused
    return "kept" if "kept" in said else said[-1]


async def _keep_sale(brand: UUID, sale: conversions.Sale, kind: ShopKind) -> str:
    report = await conversions.report_sale(brand_id=brand, sale=sale, source=kind.value)
    return "kept" if report.new else "known"


async def _keep_return(brand: UUID, back: Back | None, kind: ShopKind) -> str:
    if back is None:
        return "ignored"
    _id, new = await conversion_returns.report_return(
        brand_id=brand,
        order=back.order,
        return_id=back.return_id,
        lines=back.lines,
        happened_at=back.happened_at,
        source=kind.value,
    )
    return "kept" if new else "known"


def _order_in(body: bytes) -> str:
    """The order that a report names, when it can be read at all."""
    with suppress(ValueError, AttributeError):
        payload = json.loads(body)
        return str(payload.get("order_id") or payload.get("id") or "").replace("\x00", "")[:100]
    return ""


_SHOPIFY: dict[str, Fold] = {"orders/paid": _shopify_order, "refunds/create": _shopify_refund}
_WOO: dict[str, Fold] = {"order.created": _woo_order, "order.updated": _woo_order}
ROUTES = [from_shopify, from_woocommerce]
