"""Faults on demand: what goes wrong, how often, and with which call.

Faults of calls: `lost_response` (the effect happens, the connection breaks), `fail_before` (it breaks before any effect),
`rate_limit` (429), `server_error` (500 without an effect, not saved), `server_error_saved` (500 without an effect, saved
under the idempotency key as Stripe does), `server_error_after` (the effect happens, 500 is answered and saved), `delay`.
Faults of things: `balance_insufficient`, `payout_fails`, `topup_fails`, `refund_fails_later`.
Faults of webhooks: `webhook_drop`, `webhook_duplicate`, `webhook_delay`, `webhook_reorder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sandbox.stripe.errors import StripeError

if TYPE_CHECKING:
    from sandbox.stripe.world import World

OF_CALLS = ("lost_response", "fail_before", "rate_limit", "server_error", "server_error_saved", "server_error_after", "delay")
OF_THINGS = ("balance_insufficient", "payout_fails", "topup_fails", "refund_fails_later")
OF_WEBHOOKS = ("webhook_drop", "webhook_duplicate", "webhook_delay", "webhook_reorder")


@dataclass(kw_only=True)
class Fault:
    """`operation` is a pattern of method and path, such as `POST /v1/transfers` or `* /v1/*`."""

    kind: str
    operation: str = "*"
    times: int = 1
    seconds: float = 0


def switch_on(world: World, fault: Fault) -> None:
    """Let it go wrong `times` times from now on."""
    if fault.kind not in OF_CALLS + OF_THINGS:
        raise StripeError(f"Unknown fault: {fault.kind}", param="kind")
    world.faults.append(fault)


def of_call(world: World, method: str, path: str) -> Fault | None:
    """The fault that strikes this call, counted down."""
    for fault in world.faults:
        if fault.kind in OF_CALLS and fault.times > 0 and fnmatchcase(f"{method} {path}", fault.operation):
            fault.times -= 1
            return fault
    return None


def struck(world: World, kind: str) -> bool:
    """Whether a fault of things strikes now, counted down."""
    for fault in world.faults:
        if fault.kind == kind and fault.times > 0:
            fault.times -= 1
            return True
    return False
