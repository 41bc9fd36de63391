"""Mails to payees about money on its way to them."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from foundation import mails
from foundation.database import DB
from foundation.money import Money
from payouts import cooling, platform_rules
from payouts.tables import ItemStatus, Payee, PayoutItem, PayoutRun


async def platform_rule(*, proposal_id: UUID) -> None:
    """Tell everybody of every brand, brand by brand, what will change and when; whoever was told is left out when it is called again."""
    proposal = await platform_rules.proposal_of(proposal_id)
    for brand_id, readers in groupby(await _brand_readers(), key=itemgetter("brand")):
        async with DB.transaction():
            for reader in readers:
                await mails.write(
                    to=reader["email"],
                    locale=reader["locale"],
                    template="platform_rule.html",
                    once=f"platform rule {proposal.id} {brand_id}",
                    brand=reader["name"],
                    fee_bp=proposal.fee_bp,
                    begins=proposal.begins_at,
                    reason=proposal.reason,
                )


async def _brand_readers() -> list[dict[str, Any]]:
    """Everybody of every brand, brand by brand."""
    async with DB.connection() as connection:
        rows: Any = await connection.fetch(
            "select b.id as brand, b.name, p.email, p.locale from brand b join brand_member m on m.brand = b.id join person p on p.id = m.person "
            "order by b.id, p.id"
        )
    return [dict(row) for row in rows]


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
