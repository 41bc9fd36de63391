"""Transfers from the platform's balance to connected accounts, and their reversals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.money import Money
from foundation.stripe_gateway.connection import answers, id_of, maybe_id, metadata_of, to_money, to_stripe, to_time

if TYPE_CHECKING:
    from stripe import Transfer as StripeTransfer
    from stripe import TransferReversal
    from stripe.params import TransferCreateParams


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Money given to a connected account. `item_id` is the payout item it was made for, from its metadata; `payment` is what it is
    called over there (`py_`)."""

    id: str
    amount: Money
    reversed: Money
    destination: str
    payment: str | None
    group: str | None
    item_id: str | None
    balance_transaction: str | None
    metadata: Mapping[str, str]
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """Money taken back from a connected account."""

    id: str
    transfer: str
    amount: Money
    balance_transaction: str | None
    metadata: Mapping[str, str]
    created: datetime


async def transfer(
    *, amount: Money, destination: str, group: str, item_id: str, key: str, source_charge: str | None = None
) -> Transfer:
    """Send `amount` to the connected account `destination`.

    `group` and `item_id` are what an unknown outcome is looked up by; `key` is the idempotency key of the attempt.
    Without `source_charge` the platform's available balance must cover it: else `StripeRefused` with the code
    `balance_insufficient`, and Stripe does not try again by itself.
    """
    params: TransferCreateParams = {
        "amount": to_stripe(amount),
        "currency": amount.currency.lower(),
        "destination": destination,
        "transfer_group": group,
        "metadata": {"payout_item_id": item_id},
    }
    if source_charge is not None:
        params["source_transaction"] = source_charge
    async with answers() as stripe:
        return _transfer(await stripe.v1.transfers.create_async(params, {"idempotency_key": key}))


async def fetch_transfer(*, transfer: str) -> Transfer:
    """The transfer as it is now."""
    async with answers() as stripe:
        return _transfer(await stripe.v1.transfers.retrieve_async(transfer))


async def find_transfers(*, group: str) -> tuple[Transfer, ...]:
    """All transfers of a group, newest first; to look up what an unanswered call left behind."""
    found: list[Transfer] = []
    more, last = True, ""
    while more:
        async with answers() as stripe:
            page = await stripe.v1.transfers.list_async(
                {"transfer_group": group, "limit": 100, **({"starting_after": last} if last else {})}
            )
        found += [_transfer(made) for made in page.data]
        more, last = page.has_more, page.data[-1].id if page.data else ""
    return tuple(found)


async def reverse_transfer(*, transfer: str, amount: Money, key: str, metadata: Mapping[str, str]) -> Reversal:
    """Take `amount` of a transfer back. Raises `StripeRefused` when the connected account's balance does not cover it."""
    async with answers() as stripe:
        made = await stripe.v1.transfers.reversals.create_async(
            transfer, {"amount": to_stripe(amount), "metadata": dict(metadata)}, {"idempotency_key": key}
        )
    return _reversal(made)


async def find_reversals(*, transfer: str) -> tuple[Reversal, ...]:
    """The reversals of a transfer, newest first, a hundred at most."""
    async with answers() as stripe:
        page = await stripe.v1.transfers.reversals.list_async(transfer, {"limit": 100})
    return tuple(_reversal(made) for made in page.data)


def _transfer(made: StripeTransfer) -> Transfer:
    metadata = metadata_of(made)
    return Transfer(
        id=made.id,
        amount=to_money(made.amount, made.currency),
        reversed=to_money(made.amount_reversed, made.currency),
        destination=maybe_id(made.destination) or "",
        payment=maybe_id(made.destination_payment),
        group=made.transfer_group,
        item_id=metadata.get("payout_item_id"),
        balance_transaction=maybe_id(made.balance_transaction),
        metadata=metadata,
        created=to_time(made.created),
    )


def _reversal(made: TransferReversal) -> Reversal:
    return Reversal(
        id=made.id,
        transfer=id_of(made.transfer),
        amount=to_money(made.amount, made.currency),
        balance_transaction=maybe_id(made.balance_transaction),
        metadata=metadata_of(made),
        created=to_time(made.created),
    )
