"""The page for the time without a network, and the worker in the browser that keeps it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from litestar import Response, get

from foundation import static_files, templating, web
from foundation.web import Web

KEPT = (
    "css/main.css",
    "js/theme.js",
    "img/icons.svg",
    "vendor/fonts/instrument-sans-latin.woff2",
    "vendor/fonts/bricolage-grotesque-latin.woff2",
)


@get("/offline", include_in_schema=False)
async def offline(request: Web) -> Response[Any]:
    """Kept by the browser; said in the language of the visit that kept it."""
    return web.page(request, "foundation/offline.html")


@get("/service-worker.js", sync_to_thread=False, include_in_schema=False)
def service_worker() -> Response[str]:
    """The worker; its text changes with the files that it keeps, so that browsers fetch them anew."""
    kept = ["/offline", *(static_files.static(path) for path in KEPT)]
    name = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:12]
    text = templating.render("foundation/service_worker.js", kept=json.dumps(kept), name=json.dumps(f"fanfare-{name}"))
    return Response(text, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


ROUTES = [offline, service_worker]
