"""Charges that the ledger does not know: Stripe says for which order they were, and an order is paid once (E06, docs/money.md, chapter 7)."""

from __future__ import annotations

from typing import Final

import structlog

from foundation import clock, stripe_gateway
from foundation.database import DB
from foundation.vendor import VendorError
from payouts.reconciliation import OVERLAP

AT_ONCE: Final = 20
log = structlog.get_logger()

_UNKNOWN: Final = """
    select id, source_id from reconciliation_exception
    where status = 'open' and code = 'E01' and finding = 'charge' and found_at >= $1 order by found_at limit $2
"""
# Paid by another charge: the order, or a brand's payment to us (its order id at Stripe is `brand-payment-<id>`).
_PAID: Final = """
    select exists (select 1 from payment p where p."order"::text = $1 and p.status = 'succeeded' and p.charge_id is distinct from $2)
        or exists (select 1 from brand_payment w where 'brand-payment-' || w.id = $1 and w.status = 'succeeded' and w.charge_id is distinct from $2)
"""


async def name() -> int:
    """Tell second charges from charges that are only unknown; how many were found. Stripe's silence leaves them for the next time."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_UNKNOWN, clock.now() - OVERLAP, AT_ONCE)
    found = 0
    for row in rows:
        try:
            is_second = await _is_second(row["source_id"])
        except VendorError as silent:
            log.warning("charge.lookup_failed", charge=row["source_id"], reason=str(silent))
            continue
        if is_second:
            async with DB.connection() as connection:
                await connection.execute(
                    "update reconciliation_exception set code = 'E06' where id = $1 and code = 'E01'", row["id"]
                )
            found += 1
    return found


async def _is_second(charge_id: str) -> bool:
    charge = await stripe_gateway.fetch_charge(charge=charge_id)
    payment = await stripe_gateway.fetch_payment(payment=charge.payment) if charge.payment else None
    if payment is None or payment.order_id is None:
        return False
    async with DB.connection() as connection:
        return bool(await connection.fetchval(_PAID, payment.order_id, charge_id))
