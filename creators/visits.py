"""Which requests are people's visits, and which device they come from: programs and pages fetched ahead leave no touch."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from creators import consent, origins
from foundation import clock, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.web import Web

ROBOTS = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|discord|slack|embed|monitor|lighthouse"
    rb"|curl/|wget/|go-http|java/|okhttp|libwww|scrapy|axios|node-fetch|undici|validator|scan",
    re.IGNORECASE,
)
JOINED = timedelta(days=30)
"""What a device did so long before its person signed in becomes theirs; no terms look back further."""


def is_a_visit(request: Web) -> bool:
    """False for programs that name themselves, and for pages that a browser fetches before anybody asked for them."""
    headers = request.headers
    purpose = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}"
    agent = headers.get("user-agent", "").encode("latin-1", "replace")[:300]
    return bool(agent) and "prefetch" not in purpose and "preview" not in purpose and ROBOTS.search(agent) is None


def device_of(request: Web) -> UUID | None:
    """The random name of a device whose visitor agreed to be recognised; None for everybody else."""
    opted_out = request.headers.get("sec-gpc") == "1"
    return consent.standing(request.cookies.get(consent.COOKIE), opted_out=opted_out).subject


async def arrived(request: Web) -> None:
    """Keep which page a visit began with, and who led there, for a device whose visitor agreed to be recognised.

    A visit begins with a page that none of ours has led to; pieces of pages and pictures are no pages.
    """
    device = device_of(request) if consent.COOKIE in request.cookies else None
    if device is None or request.method != "GET" or not is_a_visit(request):
        return
    headers = request.headers
    if headers.get("sec-fetch-dest", "document") != "document" or headers.get("sec-fetch-site") == "same-origin":
        return
    host = urlsplit(headers.get("referer", "")).hostname or ""
    if host != urlsplit(settings.current().base_url).hostname:
        await origins.arrive(device=device, page=request.url.path, host=host)


async def join_device(request: Web, by: Principal | None) -> None:
    """Give what this device did before its person signed in to them. Only with consent: without it there is no name to join by."""
    device = device_of(request)
    if device is None or by is None:
        return
    async with DB.connection() as connection:
        await connection.execute(
            "update touch set person = $1 where visitor = $2 and person is null and at > $3",
            by.id,
            device.hex,
            clock.now() - JOINED,
        )
        await connection.execute("update watch_time set person = $1 where visitor = $2 and person is null", by.id, device.hex)
