"""Travelling through the past month: the clock of this process and the clock of the stand-in of Stripe, moved together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime

import httpx

from foundation import clock, settings


class Journey:
    """The moment at which the demo lives; it only moves where it is told to."""

    def __init__(self, stripe: httpx.AsyncClient) -> None:
        self._stripe = stripe
        self._shift = ExitStack()

    def at(self, moment: datetime) -> None:
        """Move the clock of this process alone: for what Stripe does not see."""
        self._shift.close()
        self._shift.enter_context(clock.shifted(moment - datetime.now(UTC)))

    async def to(self, moment: datetime) -> None:
        """Move both clocks; on the way everything happens at Stripe at its own time."""
        self.at(moment)
        await _ask(self._stripe, "clock", {"now": moment.timestamp()})

    async def home(self) -> None:
        """Back to the present."""
        self._shift.close()
        await _ask(self._stripe, "clock", {"now": clock.now().timestamp()})


@asynccontextmanager
async def journey() -> AsyncIterator[Journey]:
    """A journey during which Stripe tells no news: what happens is looked up. In the end both clocks are right again."""
    now = settings.current()
    async with httpx.AsyncClient(base_url=f"{now.stripe_api_base}/_sandbox/", timeout=60) as stripe:
        await _ask(stripe, "webhooks/endpoints", {"endpoints": []})
        travelled = Journey(stripe)
        try:
            yield travelled
        finally:
            await travelled.home()
            address = f"{now.base_url}/webhooks/stripe"
            endpoints = [
                {"url": address, "secret": now.stripe_webhook_secret, "connect": False},
                {"url": f"{address}/connect", "secret": now.stripe_connect_webhook_secret, "connect": True},
            ]
            await _ask(stripe, "webhooks/endpoints", {"endpoints": endpoints})


async def restrict(account: str) -> None:
    """Let Stripe ask a connected account for a document that is overdue."""
    now = settings.current()
    async with httpx.AsyncClient(base_url=f"{now.stripe_api_base}/_sandbox/", timeout=60) as stripe:
        await _ask(stripe, f"accounts/{account}/restrict", {})


async def pay_out(minor: int) -> None:
    """Let Stripe pay so many cents of the platform's balance out by itself, as its schedule does."""
    now = settings.current()
    async with httpx.AsyncClient(base_url=f"{now.stripe_api_base}/_sandbox/", timeout=60) as stripe:
        await _ask(stripe, "payouts", {"amount": minor})


async def dispute(charge: str) -> str:
    """Let a buyer's bank dispute a charge; return Stripe's id of the dispute."""
    now = settings.current()
    async with httpx.AsyncClient(base_url=f"{now.stripe_api_base}/_sandbox/", timeout=60) as stripe:
        answer = await stripe.post("disputes", json={"charge": charge, "reason": "product_not_received"})
        return str(answer.raise_for_status().json()["id"])


async def _ask(stripe: httpx.AsyncClient, path: str, body: dict[str, object]) -> None:
    (await stripe.post(path, json=body)).raise_for_status()
