"""The pixel: a picture on the thank-you page of a shop without a server of its own that calls us. Its address is signed, so nobody can make up a sale."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from litestar import Response, get
from litestar.params import FromPath

from creators import conversions, shops
from creators.conversions import MOST_LINES, Sale, SoldLine
from creators.shops import SignatureInvalid
from foundation import rate_limits
from foundation.errors import Refusal
from foundation.web import Web

PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
CALLS = 600
LONGEST = 8_000
log = structlog.get_logger(__name__)


class QueryUnreadable(ValueError):
    """A parameter is missing or cannot be what it says."""


@get("/pixel/{name:str}", include_in_schema=False, media_type="image/gif", exclude_from_csrf=True)
async def pixel(request: Web, name: FromPath[str]) -> Response[bytes]:
    """`{shop}.gif`: keep the sale that the address tells. The picture comes in any case; the header `Fanfare-Said` says what became of it."""
    headers = {
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Fanfare-Said": await _said(request, name.removesuffix(".gif")),
    }
    return Response(PICTURE, media_type="image/gif", headers=headers)


def sign(secret: str, query: str) -> str:
    """The signature over the query as it stands before `&sig=`: hexadecimal HMAC-SHA256 with the shop's secret."""
    return hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()


async def _said(request: Web, shop: str) -> str:
    query, _sign, given = request.url.query.rpartition("&sig=")
    try:
        if len(query) > LONGEST:
            raise QueryUnreadable("long")
        brand, secret = await shops.reporting_shop(connection_id=shop)
        if not hmac.compare_digest(sign(secret, query).encode(), given.lower().encode()):
            raise SignatureInvalid
        await rate_limits.spend(f"pixel:{shop}", limit=CALLS, seconds=60)
        report = await conversions.report_sale(brand_id=brand, sale=read(query), source="pixel")
    except Refusal as refusal:
        return refusal.code
    except ValueError as error:
        log.warning("pixel_unreadable", shop=shop[:40], error=type(error).__name__)
        return "unreadable"
    return "kept" if report.new else "known"


def read(query: str) -> Sale:
    """`order`, `t` (Unix seconds), `currency`, one `line=sku:units:net minor` for each article; `code`, `click`, `consented=1` as they apply.

    Raises `ValueError` for what cannot be read.
    """
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_LINES + 20)
    given = dict(pairs)
    order, currency, moment = given.get("order", ""), given.get("currency", ""), given.get("t", "")
    if not (0 < len(order) <= 100 and order.isprintable() and moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise QueryUnreadable("order")
    lines = [_line(value) for name, value in pairs if name == "line"]
    if not 0 < len(lines) <= MOST_LINES:
        raise QueryUnreadable("line")
    click = given.get("click", "")
    return Sale(
        order=order,
        currency=currency.upper(),
        happened_at=datetime.fromtimestamp(int(moment), UTC),
        lines=lines,
        code=given.get("code", "")[:100].replace("\x00", ""),
        click=str(UUID(click)) if click else "",
        consented=given.get("consented") == "1",
    )


def _line(text: str) -> SoldLine:
    sku, units, net = ([*text.rsplit(":", 2), "", ""])[:3]
    digits = units.isascii() and units.isdigit() and net.isascii() and net.isdigit()
    if not (0 < len(sku) <= 60 and sku.isprintable() and digits and 0 < len(units) < 6 and len(net) < 13 and int(units)):
        raise QueryUnreadable("line")
    return SoldLine(sku=sku, quantity=int(units), net_minor=int(net))


ROUTES = [pixel]
