"""Pages of money: parse, one verb, render."""

from litestar.types import ControllerRouterHandler

from payouts.pages import (
    accounts,
    brand_invoices,
    brand_money,
    cash,
    earnings,
    exports,
    payees,
    periods,
    receivables,
    reconciliation,
    rules,
    runs,
    trace,
    watch,
)

ROUTES: list[ControllerRouterHandler] = [
    *cash.ROUTES,
    *runs.ROUTES,
    *rules.ROUTES,
    *reconciliation.ROUTES,
    *trace.ROUTES,
    *accounts.ROUTES,
    *exports.ROUTES,
    *earnings.ROUTES,
    *payees.ROUTES,
    *brand_money.ROUTES,
    *brand_invoices.ROUTES,
    *receivables.ROUTES,
    *watch.ROUTES,
    *periods.ROUTES,
]
