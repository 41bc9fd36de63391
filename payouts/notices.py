"""Mails to payees about money on its way to them."""

from __future__ import annotations

from uuid import UUID

from foundation import mails
from foundation.database import DB
from foundation.money import Money
from payouts import cooling
from payouts.tables import ItemStatus, Payee, PayoutItem, PayoutRun


async def paid(*, item_id: UUID) -> None:
    """Tell a payee that their payout has left; safe to call twice."""
    item = await PayoutItem.objects().get(PayoutItem.id == item_id)
    if item is None or item.status != ItemStatus.SENT:
        return
    payee = await Payee.objects().get(Payee.id == item.payee)
    run = await PayoutRun.select(PayoutRun.number, PayoutRun.cutoff).where(PayoutRun.id == item.run).first()
    if payee is None or run is None:
        return
    page = "/studio/earnings" if payee.creator else "/brand/money"
    async with DB.transaction():
        for reader in await cooling.readers(payee):
            await mails.write(
                to=reader["email"],
                locale=reader["locale"],
                template="payout_sent.html",
                once=f"payout {item.id}",
                name=payee.name,
                number=run["number"],
                until=run["cutoff"],
                amount=Money(item.amount_minor, item.currency),
                page=page,
            )
