"""Connected accounts of payees: creation, onboarding on Stripe's pages, and whether money may go there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from foundation.stripe_gateway.connection import answers

if TYPE_CHECKING:
    from stripe.v2.core import Account

INCLUDED: list[Literal["configuration.recipient", "defaults", "identity", "requirements"]] = [
    "configuration.recipient",
    "defaults",
    "identity",
    "requirements",
]
"""Stripe leaves these parts out unless they are named: missing does not mean empty."""


@dataclass(frozen=True, kw_only=True)
class OnboardingLink:
    """An address on Stripe's pages that works once, for the payee alone; never stored, never mailed."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AccountState:
    """What Stripe says of a connected account now.

    `transfers` and `payouts` are capability states: active, pending, restricted, unsupported. `requirements` are the
    descriptions of what is missing; `awaiting_user` tells whether the payee must act (else Stripe is checking).
    `payable`: a transfer would be accepted and reach a bank.
    """

    id: str
    email: str | None
    country: str | None
    transfers: str
    payouts: str
    requirements: tuple[str, ...]
    awaiting_user: bool
    deadline: str | None
    payable: bool
    closed: bool
    created: datetime


async def create_recipient(
    *,
    email: str,
    display_name: str,
    country: str,
    payee_id: str,
    key: str,
    entity_type: Literal["individual", "company"] = "individual",
) -> AccountState:
    """Create the connected account of a payee, who receives transfers and is no merchant.

    `country` is an ISO 3166 code. Fanfare answers for fees and losses; Stripe collects the requirements.
    """
    async with answers() as stripe:
        account = await stripe.v2.core.accounts.create_async(
            {
                "contact_email": email,
                "display_name": display_name,
                "dashboard": "express",
                "identity": {"country": country.lower(), "entity_type": entity_type},
                "defaults": {"responsibilities": {"fees_collector": "application", "losses_collector": "application"}},
                "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
                "metadata": {"payee_id": payee_id},
                "include": [*INCLUDED],
            },
            {"idempotency_key": key},
        )
    return _state(account)


async def onboarding_link(*, account: str, refresh_url: str, return_url: str) -> OnboardingLink:
    """A fresh link to Stripe's onboarding. Coming back to `return_url` proves nothing: fetch the account.

    `refresh_url` is where Stripe sends the payee when the link is used up; it must make a new one.
    """
    onboarding: Any = {
        "configurations": ["recipient"],  # required by the pinned version, unknown to the library's newer types
        "refresh_url": refresh_url,
        "return_url": return_url,
        "collection_options": {"fields": "eventually_due"},
    }
    async with answers() as stripe:
        link = await stripe.v2.core.account_links.create_async(
            {"account": account, "use_case": {"type": "account_onboarding", "account_onboarding": onboarding}}
        )
    return OnboardingLink(url=link.url, expires_at=_time(link.expires_at))


async def fetch_account(*, account: str) -> AccountState:
    """The account as it is now. Raises `StripeRefused` (`not_found`) when it does not exist or is not ours."""
    async with answers() as stripe:
        return _state(await stripe.v2.core.accounts.retrieve_async(account, {"include": [*INCLUDED]}))


async def bank_of(*, account: str) -> str:
    """What names the bank account that the account's payouts go to now, the same for the same bank account; empty when there is none."""
    async with answers() as stripe:
        found = await stripe.v1.accounts.retrieve_async(account)
    banks = list(getattr(getattr(found, "external_accounts", None), "data", None) or [])
    chosen = next((bank for bank in banks if getattr(bank, "default_for_currency", False)), banks[0] if banks else None)
    return str(getattr(chosen, "fingerprint", None) or getattr(chosen, "id", "")) if chosen is not None else ""


async def close_account(*, account: str, key: str) -> AccountState:
    """Close the connected account; it can no longer receive transfers."""
    async with answers() as stripe:
        await stripe.v2.core.accounts.close_async(account, {"applied_configurations": ["recipient"]}, {"idempotency_key": key})
    return await fetch_account(account=account)


def _state(account: Account) -> AccountState:
    recipient = getattr(getattr(account, "configuration", None), "recipient", None)
    balance = getattr(getattr(recipient, "capabilities", None), "stripe_balance", None)
    transfers, payouts = _status(balance, "stripe_transfers"), _status(balance, "payouts")
    required = getattr(account, "requirements", None)
    entries = list(getattr(required, "entries", None) or [])
    deadline = getattr(getattr(getattr(required, "summary", None), "minimum_deadline", None), "status", None)
    closed = bool(getattr(account, "closed", False))
    return AccountState(
        id=account.id,
        email=getattr(account, "contact_email", None),
        country=getattr(getattr(account, "identity", None), "country", None),
        transfers=transfers,
        payouts=payouts,
        requirements=tuple(entry.description for entry in entries),
        awaiting_user=any(entry.awaiting_action_from == "user" for entry in entries),
        deadline=deadline,
        payable=transfers == "active" and payouts == "active" and deadline != "past_due" and not closed,
        closed=closed,
        created=_time(account.created),
    )


def _status(balance: Any, capability: str) -> str:
    return str(getattr(getattr(balance, capability, None), "status", "unsupported"))


def _time(moment: Any) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
