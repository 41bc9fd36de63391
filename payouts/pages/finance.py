"""Who may see the finance pages, and the currency that they show."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from foundation.accounts import require_principal
from foundation.errors import Forbidden
from foundation.money import UnknownCurrency, decimals
from foundation.tables import Role
from foundation.web import Web
from payouts import ledger

STAFF = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
READING = ("GET", "HEAD")


async def _finance(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard for people of finance, and for auditors where nothing is changed. Raises `SignInNeeded`, `SessionsAway`, `Forbidden`."""
    allowed = (*STAFF, Role.AUDITOR) if connection.scope.get("method") in READING else STAFF
    if not (await require_principal(connection)).has(*allowed):
        raise Forbidden


FINANCE = _finance


async def currency_of(request: Web) -> str:
    """The currency asked for by `?currency=`, else the busiest of the books."""
    wanted = request.query_params.get("currency", "").upper()
    try:
        decimals(wanted)
    except UnknownCurrency:
        known = await ledger.currencies()
        return known[0] if known else "EUR"
    return wanted
