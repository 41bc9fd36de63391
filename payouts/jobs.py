"""Actors of money: they take ids and call a verb that is safe to call twice."""

from __future__ import annotations

from uuid import UUID

from foundation.each import each
from foundation.jobs import actor
from marketplace import checkout
from payouts import (
    bank_payouts,
    bonuses,
    brand_invoices,
    brand_payments,
    clawbacks,
    connected,
    cooling,
    dispute_losses,
    dispute_notes,
    disputes,
    documents,
    drafting,
    earnings,
    exchange,
    funds,
    looks,
    notices,
    off_platform,
    payees,
    recovery,
    seller_requests,
    transfers,
    undelivered,
    watch,
)


@actor
async def credit_sale(order_id: str) -> None:
    """An order was paid."""
    await earnings.credit_sale(order_id=UUID(order_id))


@actor
async def charge_settled(order_id: str) -> None:
    """Stripe's fee for an order is known."""
    await earnings.charge_settled(order_id=UUID(order_id))


@actor(queue_name="slow", time_limit=3_600_000)
async def tell_brands_of_rule(proposal_id: str) -> None:
    """The platform's fee or one of its rules will change."""
    await notices.platform_rule(proposal_id=UUID(proposal_id))


@actor
async def claw_back(refund_id: str) -> None:
    """A refund was decided, succeeded or failed."""
    await clawbacks.claw_back(refund_id=UUID(refund_id))


@actor(queue_name="slow", max_retries=2)
async def collect_undelivered_of_accounts() -> None:
    """News of connected accounts that Stripe could not deliver."""
    await undelivered.collect()


@actor(queue_name="slow", time_limit=3_600_000)
async def draft_runs() -> None:
    """A midnight has come on which finance wants a run drafted."""
    await drafting.draft_due()


@actor
async def release_due() -> None:
    """Holds that have passed, and what brands have paid for."""
    await each([earnings.release_due, off_platform.release_paid], lambda step: step())


@actor
async def owe_fixed_fee(show_id: str) -> None:
    """For `ShowEnded`: the fixed fee of the terms is owed."""
    await bonuses.owe_fixed_fee(show_id=UUID(show_id))


@actor
async def fold_conversion(conversion_id: str, return_id: str = "") -> None:  # noqa: ARG001  # the event's fields
    """A reported sale was accepted, or something of it came back."""
    await off_platform.fold(conversion_id=UUID(conversion_id))


@actor
async def follow_payment(object_id: str, receipt_id: int = 0, kind: str = "", account: str | None = None) -> None:  # noqa: ARG001
    """For `payment_intent.*`: a brand's payment to us, else a buyer's."""
    if not await brand_payments.settle(intent_id=object_id):
        await checkout.settle_payment(intent_id=object_id)


@actor
async def follow_brand_payments() -> None:
    """Payments of brands whose news may have been lost."""
    await brand_payments.look_again()


@actor(queue_name="slow", time_limit=3_600_000)
async def invoice_brands() -> None:
    """A month is over: its sales are invoiced; who is late is reminded."""
    await each([brand_invoices.issue_due, brand_invoices.remind_due], lambda step: step())


@actor(queue_name="slow", time_limit=3_600_000)
async def issue_documents() -> None:
    """A month is over: what creators and the house did for others in it is put on invoices."""
    await documents.issue_due()


@actor(queue_name="slow", time_limit=3_600_000)
async def ask_sellers() -> None:
    """Who has not said what the report of sellers needs is asked and reminded."""
    await seller_requests.ask_due()


@actor(queue_name="slow", time_limit=3_600_000)
async def execute_run(run_id: str) -> None:
    """A run was approved: its transfers leave."""
    await transfers.execute(run_id=UUID(run_id))


@actor
async def tell_payee(item_id: str) -> None:
    """A payout has left: its payee gets a mail."""
    await notices.paid(item_id=UUID(item_id))


@actor(queue_name="slow", time_limit=3_600_000)
async def resume_transfers() -> None:
    """Transfers, and what two persons have agreed to, without an end."""
    await each([transfers.resume, recovery.resume, dispute_losses.resume], lambda step: step())


@actor
async def follow_transfer(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told something of a transfer."""
    await transfers.confirm(transfer_id=object_id)


@actor
async def follow_account(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told something of a connected account."""
    await payees.sync(account=account or object_id)


@actor
async def follow_bank(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told of a payee's bank account."""
    if account is not None:
        await cooling.note_bank(account=account)


@actor(queue_name="slow", time_limit=3_600_000)
async def sweep_funds() -> None:
    """Read Stripe's balance transactions and book what follows from them."""
    await funds.sweep()


@actor(queue_name="slow", time_limit=3_600_000)
async def reconcile() -> None:
    """Compare the mirror with the ledger, and the bank with the payouts."""
    await looks.look()


@actor
async def revalue() -> None:
    """A month is over: what exchange rates did until its end is booked once."""
    await exchange.revalue_due()


@actor(queue_name="slow", time_limit=3_600_000)
async def look_at_connected_balances() -> None:
    """What payees' Stripe accounts hold, a hundred at a time."""
    await connected.look_around()


@actor
async def follow_payout(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told of a payout to a bank, ours or a payee's."""
    await bank_payouts.note(payout=object_id, account=account)


@actor(queue_name="slow", time_limit=3_600_000)
async def watch_books() -> None:
    """Look at all invariants; what is broken stops payout runs and is told to finance."""
    await watch.check()


@actor
async def fold_dispute(dispute_id: str) -> None:
    """A bank has opened a dispute, moved its money or decided it."""
    await disputes.fold(dispute_id=UUID(dispute_id))
    await dispute_notes.issue(dispute_id=UUID(dispute_id))
