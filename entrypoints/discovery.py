"""What search engines ask for: which addresses they may read, and which there are."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from litestar import Response, get

from foundation import settings
from foundation.database import DB

PRIVATE = (
    "/admin", "/api/", "/bag", "/brand$", "/brand/", "/checkout", "/claim/", "/dev/", "/finance", "/moderation", "/orders", "/report", "/search",
    "/settings", "/sign-", "/studio", "/webhooks/",
)  # fmt: skip
FIXED = ("/", "/schedule", "/replays", "/creators", "/briefs")
MOST = 10_000
"""Addresses of each kind; a sitemap may hold 50,000 (https://www.sitemaps.org/protocol.html)."""
_PAGES = """
    (select '/shows/' || slug as path, coalesce(ended_at, went_live_at) as changed from show
      where status in ('scheduled', 'live') or (status = 'ended' and asset_playback_id is not null)
      order by starts_at desc limit $1)
    union all (select '/creators/' || handle, null from creator order by handle limit $1)
    union all (select '/brands/' || slug, null from brand order by slug limit $1)
    union all (select '/shop/products/' || id, null from product where status = 'active' order by id limit $1)
    union all (select '/briefs/' || id, published_at from brief where status = 'published' order by published_at desc limit $1)
"""


@get("/robots.txt", sync_to_thread=False, include_in_schema=False)
def robots() -> Response[str]:
    """Everything but the places of work and the pages of one person."""
    closed = "".join(f"Disallow: {path}\n" for path in PRIVATE)
    text = f"User-agent: *\n{closed}\nSitemap: {settings.current().base_url}/sitemap.xml\n"
    return Response(text, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"})


@get("/sitemap.xml", include_in_schema=False)
async def sitemap() -> Response[str]:
    """Every page that is for everybody."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_PAGES, MOST)
    pages = [*((path, None) for path in FIXED), *((row["path"], row["changed"]) for row in rows)]
    text = "".join(_entry(path, changed) for path, changed in pages)
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{text}</urlset>\n',
        media_type="application/xml; charset=utf-8",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def _entry(path: str, changed: datetime | None) -> str:
    since = f"<lastmod>{changed.date().isoformat()}</lastmod>" if changed else ""
    return f"<url><loc>{escape(settings.current().base_url + path)}</loc>{since}</url>\n"


ROUTES = [robots, sitemap]
