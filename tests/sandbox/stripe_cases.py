"""What several tests of the stand-in of Stripe need: a payment, a payable account, a lasting key."""

from __future__ import annotations

import itertools

from foundation import stripe_gateway
from foundation.money import Money
from foundation.stripe_gateway import Payment, Transfer
from tests.stand_ins import StandIn

_numbers = itertools.count(1)


def key() -> str:
    """A fresh idempotency key."""
    return f"case:{next(_numbers)}"


async def paid(minor: int = 6000, card: str = "pm_card_bypassPending", currency: str = "EUR") -> Payment:
    """A payment that was taken; its money is available at once unless another card is named."""
    opened = await stripe_gateway.open_payment(amount=Money(minor, currency), order_id=key(), key=key())
    return await stripe_gateway.confirm_payment(payment=opened.id, payment_method=card, key=key())


async def payable(sandbox: StandIn, name: str = "Nour") -> str:
    """The id of a connected account that may receive money."""
    account = await stripe_gateway.create_recipient(
        email="nour@example.com", display_name=name, country="FR", payee_id="3", key=key()
    )
    await sandbox.admin(f"accounts/{account.id}/activate")
    return account.id


async def sent(destination: str, minor: int, *, using: str | None = None) -> Transfer:
    """A transfer to a connected account."""
    return await stripe_gateway.transfer(
        amount=Money(minor, "EUR"), destination=destination, group="run_1", item_id="5", key=using or key()
    )


async def available(account: str | None = None) -> int:
    """The available euros of an account, in cents."""
    held = await stripe_gateway.balance(account=account)
    return sum(part.minor for part in held.available if part.currency == "EUR")


async def pending() -> int:
    """The pending euros of the platform, in cents."""
    held = await stripe_gateway.balance()
    return sum(part.minor for part in held.pending if part.currency == "EUR")
