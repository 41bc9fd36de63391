"""Addresses of people, shows, links and reported sales for programs, under /api/v1; and where shops send their news."""

from litestar.types import ControllerRouterHandler

from creators.api import conversions, links, pixel, shop_webhooks, shows

ROUTES: list[ControllerRouterHandler] = [*shows.ROUTES, *conversions.ROUTES, *links.ROUTES, *shop_webhooks.ROUTES, *pixel.ROUTES]
