"""Pages of money: parse, one verb, render."""

from litestar.types import ControllerRouterHandler

from payouts.pages import (
    accounts,
    adjustments,
    bonuses,
    brand_invoices,
    brand_money,
    cash,
    disputes,
    earnings,
    exports,
    line_money,
    monthly,
    payee_choices,
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
    *bonuses.ROUTES,
    *adjustments.ROUTES,
    *disputes.ROUTES,
    *reconciliation.ROUTES,
    *trace.ROUTES,
    *accounts.ROUTES,
    *exports.ROUTES,
    *earnings.ROUTES,
    *monthly.ROUTES,
    *line_money.ROUTES,
    *payees.ROUTES,
    *payee_choices.ROUTES,
    *brand_money.ROUTES,
    *brand_invoices.ROUTES,
    *receivables.ROUTES,
    *watch.ROUTES,
    *periods.ROUTES,
]
