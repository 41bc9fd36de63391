"""The money trace of a line that was sold in a brand's own shop: report, invoice, the brand's payment, and the creator's payout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts import trace, trace_bank
from payouts.accounts import JournalShown
from payouts.trace import Movement, Paid
from payouts.trace_bank import Banked


@dataclass(frozen=True)
class Invoiced:
    """The brand's invoice that the line stands on, and the charge that paid it, as far as it has been."""

    number: str
    total: Money
    status: str
    issued_at: datetime
    charge_id: str
    paid_at: datetime | None


@dataclass(frozen=True)
class ShopTrace:
    """One such line on its way; `paid` are the payouts that can hold its commission: the first one drafted after its release."""

    number: str
    title: str
    brand: str
    creator: str
    rule: str
    reason: str
    happened_at: datetime
    accepted_at: datetime
    released_at: datetime | None
    status: str
    net: Money
    rate_bp: int
    commission: Money
    fee_bp: int
    fee: Money
    reversed: Money
    invoice: Invoiced | None
    journals: list[JournalShown]
    movements: list[Movement]
    paid: list[Paid]
    banked: list[Banked]


_SALE = """
    select s.*, coalesce(nullif(n.called, ''), c.shop_order) as called, c.rule, c.reason, c.happened_at, coalesce(nullif(l.title, ''), l.sku) as title, b.name as brand_name, k.display_name as creator_name,
           v.number, v.total_minor, v.status as invoice_status, v.issued_at, v.paid_at, w.charge_id
    from shop_commission s join conversion c on c.id = s.conversion join conversion_line l on l.id = s.conversion_line
    join brand b on b.id = s.brand join creator k on k.id = s.creator left join brand_invoice v on v.id = s.invoice
    left join shop_standing n on n.conversion = c.id
    left join lateral (select charge_id from brand_payment p where p.invoice = v.id and p.status = 'succeeded' order by p.settled_at desc limit 1) w on true
    where s.id = $1
"""
_ITEM = """
    payee p join payout_item i on i.payee = p.id join payout_run r on r.id = i.run
    where p.creator = $1 and i.currency = $2 and r.cutoff >= $3 and i.status not in ('failed', 'released') order by r.cutoff limit 1
"""


async def shop_trace(sale_id: UUID) -> ShopTrace | None:
    """The way of one line sold in a shop; None when there is none."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(_SALE, sale_id)
    if row is None:
        return None
    currency = row["currency"]
    paid = await trace.paid_by(_ITEM, row["creator"], currency, row["released_at"]) if row["released_at"] else []
    charge = row["charge_id"] or ""
    banked = await trace_bank.banked([text for text in (charge, *(one.payment_id for one in paid)) if text])
    sources = [
        str(sale_id),
        str(row["invoice"] or ""),
        charge,
        *(text for one in paid for text in (str(one.item_id), one.transfer_id)),
    ]
    sources = [text for text in (*sources, *(one.payout_id for one in banked)) if text]
    return ShopTrace(
        number=row["called"],
        title=row["title"],
        brand=row["brand_name"],
        creator=row["creator_name"],
        rule=row["rule"],
        reason=row["reason"],
        happened_at=row["happened_at"],
        accepted_at=row["accepted_at"],
        released_at=row["released_at"],
        status=row["status"],
        net=Money(row["net_minor"], currency),
        rate_bp=row["rate_bp"],
        commission=Money(row["amount_minor"], currency),
        fee_bp=row["fee_bp"],
        fee=Money(row["fee_minor"], currency),
        reversed=Money(row["reversed_minor"] + row["fee_reversed_minor"], currency),
        invoice=Invoiced(
            row["number"], Money(row["total_minor"], currency), row["invoice_status"], row["issued_at"], charge, row["paid_at"]
        )
        if row["number"]
        else None,
        journals=await trace.journals_of(sources),
        movements=await trace.movements_of(sources),
        paid=paid,
        banked=banked,
    )
