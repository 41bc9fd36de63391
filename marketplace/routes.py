"""Every address of the goods."""

from litestar.types import ControllerRouterHandler

from marketplace.pages import brand_briefs, brand_orders, brands, briefs, catalogue, checkout, orders, shop

ROUTES: list[ControllerRouterHandler] = [
    *shop.ROUTES,
    *checkout.ROUTES,
    *orders.ROUTES,
    *brands.ROUTES,
    *briefs.ROUTES,
    *catalogue.ROUTES,
    *brand_briefs.ROUTES,
    *brand_orders.ROUTES,
]
