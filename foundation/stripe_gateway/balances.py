"""What Stripe holds: balances, every movement of them, payouts to banks and top-ups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.money import Money
from foundation.stripe_gateway.connection import answers, maybe_id, to_money, to_stripe, to_time

if TYPE_CHECKING:
    from stripe import BalanceTransaction, RequestOptions
    from stripe import Payout as StripePayout
    from stripe import Topup as StripeTopup
    from stripe.params import BalanceTransactionListParams, PayoutListParams


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The balance of one account, one entry per currency. Either part may be below zero."""

    available: tuple[Money, ...]
    pending: tuple[Money, ...]
    reserved: tuple[Money, ...]


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One balance transaction. `amount - fee = net`; `source` is the id of what caused it (ch_, re_, tr_, po_, ...)."""

    id: str
    type: str
    reporting_category: str
    amount: Money
    fee: Money
    net: Money
    source: str | None
    status: str
    description: str | None
    created: datetime
    available_on: datetime


@dataclass(frozen=True, kw_only=True)
class BankPayout:
    """Money from a Stripe balance to a bank. `status`: pending, in_transit, paid, failed, canceled; paid can still fail.

    `reconciliation`: not_applicable, in_progress, completed; only automatic payouts can be itemised.
    """

    id: str
    amount: Money
    status: str
    automatic: bool
    arrival_date: datetime
    trace_id: str | None
    balance_transaction: str | None
    failure_code: str | None
    failure_balance_transaction: str | None
    reconciliation: str
    created: datetime


@dataclass(frozen=True, kw_only=True)
class TopUp:
    """Money from our bank into the Stripe balance. `status`: pending, succeeded, failed, canceled, reversed."""

    id: str
    amount: Money
    status: str
    balance_transaction: str | None
    created: datetime


async def balance(*, account: str | None = None) -> Balance:
    """The balance of the platform, or of the connected account `account`."""
    async with answers() as stripe:
        held = await stripe.v1.balance.retrieve_async(None, _scope(account))
    return Balance(
        available=tuple(to_money(part.amount, part.currency) for part in held.available),
        pending=tuple(to_money(part.amount, part.currency) for part in held.pending),
        reserved=tuple(to_money(part.amount, part.currency) for part in getattr(held, "connect_reserved", None) or ()),
    )


async def balance_transactions(
    *,
    since: datetime | None = None,
    after: str | None = None,
    payout: str | None = None,
    source: str | None = None,
    account: str | None = None,
) -> AsyncIterator[Movement]:
    """Every movement of a balance, newest first, page by page.

    `since`: created then or later. `after`: older than this one (to continue a list). `payout`: what an automatic
    payout consists of. `source`: what one object caused.
    """
    params: BalanceTransactionListParams = {"limit": 100}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    if after is not None:
        params["starting_after"] = after
    if payout is not None:
        params["payout"] = payout
    if source is not None:
        params["source"] = source
    more = True
    while more:
        async with answers() as stripe:
            page = await stripe.v1.balance_transactions.list_async(params, _scope(account))
        for entry in page.data:
            yield movement_of(entry)
            params["starting_after"] = entry.id
        more = page.has_more


async def fetch_movement(*, balance_transaction: str) -> Movement:
    """One balance transaction of the platform."""
    async with answers() as stripe:
        return movement_of(await stripe.v1.balance_transactions.retrieve_async(balance_transaction))


async def payouts(*, since: datetime | None = None, account: str | None = None) -> tuple[BankPayout, ...]:
    """All payouts of the platform or of one connected account, newest first, page by page; `since`: created then or later."""
    params: PayoutListParams = {"limit": 100}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    found: list[BankPayout] = []
    more = True
    while more:
        async with answers() as stripe:
            page = await stripe.v1.payouts.list_async(params, _scope(account))
        found += [_payout(made) for made in page.data]
        if page.data:
            params["starting_after"] = page.data[-1].id
        more = page.has_more
    return tuple(found)


async def fetch_payout(*, payout: str, account: str | None = None) -> BankPayout:
    """The payout as it is now."""
    async with answers() as stripe:
        return _payout(await stripe.v1.payouts.retrieve_async(payout, None, _scope(account)))


async def create_payout(*, amount: Money, key: str, account: str | None = None) -> BankPayout:
    """Send money to the bank by hand. Raises `StripeRefused` (`balance_insufficient`) when it is not available."""
    options: RequestOptions = {"idempotency_key": key, **_scope(account)}
    async with answers() as stripe:
        made = await stripe.v1.payouts.create_async({"amount": to_stripe(amount), "currency": amount.currency.lower()}, options)
    return _payout(made)


async def top_up(*, amount: Money, description: str, key: str) -> TopUp:
    """Pull money from our bank into the platform's balance; it is pending until the bank has paid."""
    async with answers() as stripe:
        made = await stripe.v1.topups.create_async(
            {"amount": to_stripe(amount), "currency": amount.currency.lower(), "description": description},
            {"idempotency_key": key},
        )
    return _topup(made)


async def fetch_topup(*, topup: str) -> TopUp:
    """The top-up as it is now."""
    async with answers() as stripe:
        return _topup(await stripe.v1.topups.retrieve_async(topup))


def _scope(account: str | None) -> RequestOptions:
    return {} if account is None else {"stripe_account": account}


def movement_of(entry: BalanceTransaction) -> Movement:
    """Stripe's balance transaction in our words."""
    return Movement(
        id=entry.id,
        type=entry.type,
        reporting_category=entry.reporting_category,
        amount=to_money(entry.amount, entry.currency),
        fee=to_money(entry.fee, entry.currency),
        net=to_money(entry.net, entry.currency),
        source=maybe_id(entry.source),
        status=entry.status,
        description=entry.description,
        created=to_time(entry.created),
        available_on=to_time(entry.available_on),
    )


def _payout(made: StripePayout) -> BankPayout:
    return BankPayout(
        id=made.id,
        amount=to_money(made.amount, made.currency),
        status=made.status,
        automatic=made.automatic,
        arrival_date=to_time(made.arrival_date),
        trace_id=getattr(made.trace_id, "value", None),
        balance_transaction=maybe_id(made.balance_transaction),
        failure_code=made.failure_code,
        failure_balance_transaction=maybe_id(made.failure_balance_transaction),
        reconciliation=made.reconciliation_status,
        created=to_time(made.created),
    )


def _topup(made: StripeTopup) -> TopUp:
    return TopUp(
        id=made.id,
        amount=to_money(made.amount, made.currency),
        status=made.status,
        balance_transaction=maybe_id(made.balance_transaction),
        created=to_time(made.created),
    )
