"""Actors of money: they take ids and call a verb that is safe to call twice."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs import actor
from payouts import clawbacks, earnings, funds, notices, payees, reconciliation, transfers, watch


@actor
async def credit_sale(order_id: str) -> None:
    """An order was paid."""
    await earnings.credit_sale(order_id=UUID(order_id))


@actor
async def charge_settled(order_id: str) -> None:
    """Stripe's fee for an order is known."""
    await earnings.charge_settled(order_id=UUID(order_id))


@actor
async def claw_back(refund_id: str) -> None:
    """A refund was decided, succeeded or failed."""
    await clawbacks.claw_back(refund_id=UUID(refund_id))


@actor
async def release_due() -> None:
    """Holds that have passed."""
    await earnings.release_due()


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
    """Transfers without an end."""
    await transfers.resume()


@actor
async def follow_transfer(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told something of a transfer."""
    await transfers.confirm(transfer_id=object_id)


@actor
async def follow_account(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:  # noqa: ARG001  # every webhook's
    """Stripe told something of a connected account."""
    await payees.sync(account=account or object_id)


@actor(queue_name="slow", time_limit=3_600_000)
async def sweep_funds() -> None:
    """Read Stripe's balance transactions and book what follows from them."""
    await funds.sweep()


@actor(queue_name="slow", time_limit=3_600_000)
async def reconcile() -> None:
    """Compare the mirror with the ledger."""
    await funds.sweep()
    await reconciliation.reconcile()


@actor(queue_name="slow", time_limit=3_600_000)
async def watch_books() -> None:
    """Look at all invariants; what is broken stops payout runs and is told to finance."""
    await watch.check()
