"""Jobs of the inbox."""

from __future__ import annotations

from foundation import jobs, webhooks


@jobs.actor(queue_name="slow", max_retries=2)
async def collect_undelivered_webhooks() -> None:
    await webhooks.collect_undelivered()
