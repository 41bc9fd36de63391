"""Where brands' shops on Shopify and WooCommerce send their news."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog
from litestar import Response, post
from litestar.params import FromPath

from creators import conversion_returns, conversions, shop_payloads, shop_refusals, shops
from creators.conversion_tables import ShopKind
from creators.shop_payloads import Back
from creators.shops import SignatureInvalid
from foundation.errors import Refusal
from foundation.web import Web

LARGEST = 1024 * 1024
log = structlog.get_logger(__name__)


@post(
    "/webhooks/shopify/{connection_id:str}",
    status_code=200,
    media_type="text/plain",
    request_max_body_size=LARGEST,
    include_in_schema=False,
)
async def from_shopify(request: Web, connection_id: FromPath[str]) -> Response[str]:
    """`orders/paid` and `refunds/create`; everything else is let go."""
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
    """`order.created` and `order.updated`; everything else is let go."""
    signature, topic = request.headers.get("x-wc-webhook-signature", ""), request.headers.get("x-wc-webhook-topic", "")
    return await _receive(request, connection_id, ShopKind.WOOCOMMERCE, signature, topic, _WOO.get(topic))


Fold = Callable[[UUID, dict[str, Any]], Awaitable[str]]


async def _receive(
    request: Web, connection_id: str, kind: ShopKind, signature: str, topic: str, fold: Fold | None
) -> Response[str]:
    """200 for what was kept, known or let go; 401 for a wrong signature.

    A report that our rules refuse is answered 200 too, with the reason: shops send again for days what is refused, and it would be refused again.
    The brand reads of it beside its sales.
    """
    body = await request.body()
    try:
        brand = await shops.sent_by_shop(connection_id=connection_id, kind=kind, body=body, signature=signature)
        said = await fold(brand, json.loads(body)) if fold else "ignored"
    except SignatureInvalid as refusal:
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain")
    except Refusal as refusal:
        log.warning("shop_report_refused", shop=kind.value, connection=connection_id, reason=refusal.code)
        await shop_refusals.keep_refusal(connection_id=UUID(connection_id), topic=topic, order=_order_in(body), code=refusal.code)
        said = f"refused: {refusal.code}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("shop_report_unreadable", shop=kind.value, connection=connection_id, error=type(error).__name__)
        return Response("unreadable", status_code=400, media_type="text/plain")
    return Response(said, media_type="text/plain")


async def _shopify_order(brand: UUID, payload: dict[str, Any]) -> str:
    sale = shop_payloads.shopify_order(payload)
    return await _keep_sale(brand, sale, ShopKind.SHOPIFY) if sale else "ignored"


async def _shopify_refund(brand: UUID, payload: dict[str, Any]) -> str:
    return await _keep_return(brand, shop_payloads.shopify_refund(payload), ShopKind.SHOPIFY)


async def _woo_order(brand: UUID, payload: dict[str, Any]) -> str:
    sale = shop_payloads.woo_order(payload)
    if sale is None:
        return "ignored"
    said = [await _keep_sale(brand, sale, ShopKind.WOOCOMMERCE)]
    said += [await _keep_return(brand, back, ShopKind.WOOCOMMERCE) for back in shop_payloads.woo_returns(payload)]
    return "kept" if "kept" in said else "known"


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
    """The order that a readable report names."""
    payload = json.loads(body)
    return str(payload.get("order_id") or payload.get("id") or "")[:100]


_SHOPIFY: dict[str, Fold] = {"orders/paid": _shopify_order, "refunds/create": _shopify_refund}
_WOO: dict[str, Fold] = {"order.created": _woo_order, "order.updated": _woo_order}
ROUTES = [from_shopify, from_woocommerce]
