"""Customers of Stripe: the shoppers, their saved cards, and the key that lets the payment form show them."""

from dataclasses import dataclass, field
from datetime import datetime

from foundation.stripe_gateway.connection import answers, to_time


@dataclass(frozen=True, kw_only=True)
class CustomerSession:
    """A short-lived secret for the payment form of one shopper."""

    client_secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SavedCard:
    """A card that a shopper chose to keep; only what may be shown."""

    id: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int


async def create_customer(*, email: str, name: str, user_id: str, key: str) -> str:
    """Create the customer of one person and return its id. `key` makes a second call return the same customer."""
    async with answers() as stripe:
        customer = await stripe.v1.customers.create_async(
            {"email": email, "name": name, "metadata": {"user_id": user_id}}, {"idempotency_key": key}
        )
    return customer.id


async def create_customer_session(*, customer: str) -> CustomerSession:
    """Let the payment form show, save and remove the cards of `customer`; cards are kept for on-session use only."""
    async with answers() as stripe:
        session = await stripe.v1.customer_sessions.create_async(
            {
                "customer": customer,
                "components": {
                    "payment_element": {
                        "enabled": True,
                        "features": {
                            "payment_method_redisplay": "enabled",
                            "payment_method_allow_redisplay_filters": ["always", "unspecified"],
                            "payment_method_save": "enabled",
                            "payment_method_save_usage": "on_session",
                            "payment_method_remove": "enabled",
                        },
                    }
                },
            }
        )
    return CustomerSession(client_secret=session.client_secret, expires_at=to_time(session.expires_at))


async def saved_cards(*, customer: str) -> tuple[SavedCard, ...]:
    """The cards that `customer` keeps, newest first, ten at most."""
    async with answers() as stripe:
        page = await stripe.v1.customers.payment_methods.list_async(customer, {"type": "card", "limit": 10})
    return tuple(
        SavedCard(
            id=method.id,
            brand=method.card.brand,
            last4=method.card.last4 or "",
            expires_month=method.card.exp_month,
            expires_year=method.card.exp_year,
        )
        for method in page.data
        if method.card is not None
    )


async def forget_card(*, card: str) -> None:
    """Detach a saved card; it cannot be used again."""
    async with answers() as stripe:
        await stripe.v1.payment_methods.detach_async(card)
