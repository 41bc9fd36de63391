"""Who may see the finance pages, and the currency that they show."""

from __future__ import annotations

from foundation.accounts import role
from foundation.money import UnknownCurrency, decimals
from foundation.tables import Role
from foundation.web import Web
from payouts import ledger

FINANCE = role(Role.FINANCE_MAKER, Role.FINANCE_CHECKER)


async def currency_of(request: Web) -> str:
    """The currency asked for by `?currency=`, else the busiest of the books."""
    wanted = request.query_params.get("currency", "").upper()
    try:
        decimals(wanted)
    except UnknownCurrency:
        known = await ledger.currencies()
        return known[0] if known else "EUR"
    return wanted
