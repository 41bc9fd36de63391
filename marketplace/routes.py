"""Every address of the goods."""

from litestar.types import ControllerRouterHandler

from marketplace.api import catalogue as catalogue_api
from marketplace.api import orders as orders_api
from marketplace.api import stock as stock_api
from marketplace.pages import brand_briefs, brand_orders, brands, briefs, catalogue, checkout, orders, shop, waitlist

ROUTES: list[ControllerRouterHandler] = [
    *shop.ROUTES,
    *waitlist.ROUTES,
    *checkout.ROUTES,
    *orders.ROUTES,
    *brands.ROUTES,
    *briefs.ROUTES,
    *catalogue.ROUTES,
    *brand_briefs.ROUTES,
    *brand_orders.ROUTES,
    *catalogue_api.ROUTES,
    *orders_api.ROUTES,
    *stock_api.ROUTES,
]
