"""One look of the reconciliation: everything is read, booked, matched and compared, in this order (docs/money.md, chapter 7)."""

from __future__ import annotations

from payouts import bank_matching, bank_payouts, differences_found, differences_undone, funds, reconciliation, second_charges
from payouts.reconciliation import Reconciled


async def look() -> Reconciled:
    """Read Stripe's movements and payouts, book what follows, match the bank, and name what does not agree. Raises the gateway's errors."""
    await funds.sweep()
    await bank_payouts.pull()
    await bank_matching.match_all()
    found = await reconciliation.reconcile()
    await differences_undone.take_back_explained()
    await second_charges.name()
    await differences_found.find()
    return found
