"""Every address of the goods."""

from litestar.types import ControllerRouterHandler

from marketplace.api import catalogue as catalogue_api
from marketplace.api import orders as orders_api
from marketplace.api import stock as stock_api
from marketplace.pages import (
    bags,
    brand_briefs,
    brand_delivery,
    brand_order_files,
    brand_orders,
    brands,
    briefs,
    catalogue,
    checkout,
    guests,
    invoices,
    orders,
    placing,
    shop,
    vat_rates,
    waitlist,
    withdrawals,
)

ROUTES: list[ControllerRouterHandler] = [
    *shop.ROUTES,
    *waitlist.ROUTES,
    *bags.ROUTES,
    *placing.ROUTES,
    *checkout.ROUTES,
    *guests.ROUTES,
    *invoices.ROUTES,
    *orders.ROUTES,
    *brands.ROUTES,
    *briefs.ROUTES,
    *catalogue.ROUTES,
    *brand_briefs.ROUTES,
    *brand_delivery.ROUTES,
    *brand_orders.ROUTES,
    *brand_order_files.ROUTES,
    *withdrawals.ROUTES,
    *vat_rates.ROUTES,
    *catalogue_api.ROUTES,
    *orders_api.ROUTES,
    *stock_api.ROUTES,
]
