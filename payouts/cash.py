"""The cash position: what Stripe holds, what the books say, what is owed to whom, and the lights of the invariants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation import stripe_gateway
from foundation.database import DB
from foundation.money import Money
from foundation.vendor import VendorError
from payouts import invariants, proofs
from payouts.chart import Code
from payouts.proofs import Proof


@dataclass(frozen=True)
class Owed:
    """What one kind of payee has, over all of them."""

    pending: Money
    available: Money
    held: Money
    in_payout: Money
    debt: Money

    @property
    def total(self) -> Money:
        return self.pending + self.available + self.held + self.in_payout


@dataclass(frozen=True)
class Position:
    """One currency at one moment. `stripe_*` are None when Stripe did not answer."""

    currency: str
    stripe_available: Money | None
    stripe_pending: Money | None
    ledger_available: Money
    ledger_pending: Money
    in_transit: Money
    creators: Owed
    brands: Owed
    refunds: Money
    fees_earned: Money
    stripe_fees: Money
    lights: list[Proof]
    proved_at: datetime
    """When I1, I2 and I9 were proved; the other lights are of this moment."""

    @property
    def due(self) -> Money:
        """What could be asked for now."""
        return self.creators.available + self.creators.in_payout + self.brands.available + self.brands.in_payout + self.refunds

    @property
    def free(self) -> Money:
        """What would be left at Stripe if everything due were paid."""
        return self.ledger_available - self.due


async def position(currency: str) -> Position:
    """The cash position in one currency. Asks Stripe, and does without when there is no answer."""
    sums = await _sums(currency)

    def of(code: Code) -> Money:
        return Money(sums.get(code.value, 0), currency)

    available, pending, agreement = await _at_stripe(currency)
    proved, proved_at = await proofs.lately()
    return Position(
        currency=currency,
        stripe_available=available,
        stripe_pending=pending,
        ledger_available=of(Code.STRIPE_AVAILABLE),
        ledger_pending=of(Code.STRIPE_PENDING),
        in_transit=of(Code.IN_TRANSIT),
        creators=Owed(
            of(Code.CREATOR_PENDING),
            of(Code.CREATOR_AVAILABLE),
            of(Code.CREATOR_HELD),
            of(Code.CREATOR_IN_PAYOUT),
            of(Code.CREATOR_DEBT),
        ),
        brands=Owed(
            of(Code.BRAND_PENDING), of(Code.BRAND_AVAILABLE), of(Code.BRAND_HELD), of(Code.BRAND_IN_PAYOUT), of(Code.BRAND_DEBT)
        ),
        refunds=of(Code.REFUND_PAYABLE),
        fees_earned=of(Code.PLATFORM_FEE),
        stripe_fees=of(Code.STRIPE_FEES),
        lights=sorted([*proved, *await invariants.check(), agreement], key=lambda proof: int(proof.code[1:])),
        proved_at=proved_at,
    )


async def _at_stripe(currency: str) -> tuple[Money | None, Money | None, Proof]:
    try:
        held = await stripe_gateway.balance()
        agreement = await invariants.stripe_agrees()
    except VendorError:
        return None, None, Proof("I3", holds=False, offenders=("Stripe",))
    zero = Money(0, currency)
    available = next((part for part in held.available if part.currency == currency), zero)
    return available, next((part for part in held.pending if part.currency == currency), zero), agreement


async def _sums(currency: str) -> dict[str, int]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select code, sum(balance)::bigint as minor from ledger_account where currency = $1 group by code", currency
        )
    return {row["code"]: row["minor"] for row in rows}
