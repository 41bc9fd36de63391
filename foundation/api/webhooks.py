"""Where Stripe and Mux send their news."""

from __future__ import annotations

import structlog
from litestar import Response, post

from foundation import webhooks
from foundation.web import Web
from foundation.webhooks import ENDPOINTS, LARGEST, NotAWebhook

log = structlog.get_logger(__name__)


@post(
    list(ENDPOINTS),
    status_code=200,
    media_type="text/plain",
    request_max_body_size=LARGEST,
    exclude_from_csrf=True,
    include_in_schema=False,
)
async def receive_webhook(request: Web) -> Response[str]:
    """200 for a webhook that was kept, now or before; 400 for what the vendor cannot have sent; 413 for too much."""
    endpoint = ENDPOINTS[request.scope["path"]]
    try:
        new = await webhooks.receive(
            endpoint=endpoint, body=await request.body(), signature=request.headers.get(endpoint.signature_header, "")
        )
    except NotAWebhook as refusal:
        log.warning("webhook_refused", source=endpoint.source, reason=refusal.data["reason"])
        return Response(refusal.code, status_code=refusal.status, media_type="text/plain")
    return Response("kept" if new else "known", media_type="text/plain")


ROUTES = [receive_webhook]
