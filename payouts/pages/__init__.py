"""Pages of money: parse, one verb, render."""

from litestar.types import ControllerRouterHandler

from payouts.pages import accounts, brand_money, cash, earnings, exports, payees, periods, reconciliation, runs, trace, watch

ROUTES: list[ControllerRouterHandler] = [
    *cash.ROUTES,
    *runs.ROUTES,
    *reconciliation.ROUTES,
    *trace.ROUTES,
    *accounts.ROUTES,
    *exports.ROUTES,
    *earnings.ROUTES,
    *payees.ROUTES,
    *brand_money.ROUTES,
    *watch.ROUTES,
    *periods.ROUTES,
]
