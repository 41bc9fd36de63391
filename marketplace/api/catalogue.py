"""Brands, products and briefs for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, Parameter

from marketplace import brands, briefs, catalogue
from marketplace.api.shapes import BrandOut, BriefOut, ProductOut, brand_out, brief_out, product_out

PAGE = 50
Number = Annotated[int, Parameter(ge=1, le=1000)]
Rate = Annotated[int, Parameter(ge=0, le=5000)]


@get("/api/v1/brands/{slug:str}", tags=["goods"])
async def show_brand(slug: FromPath[str]) -> BrandOut:
    """A brand as everybody sees it."""
    return brand_out(await brands.brand_named(slug=slug))


@get("/api/v1/brands/{slug:str}/products", tags=["goods"])
async def products_of_brand(slug: FromPath[str]) -> list[ProductOut]:
    """What a brand has on sale."""
    brand = await brands.brand_named(slug=slug)
    return [product_out(product) for product in await catalogue.products_on_sale(brand_id=brand.id)]


@get("/api/v1/products/{product_id:uuid}", tags=["goods"])
async def show_product(product_id: FromPath[UUID]) -> ProductOut:
    """A product on sale with its variants and what is left of them."""
    return product_out(await catalogue.product_on_sale(product_id=product_id))


@get("/api/v1/briefs", tags=["goods"])
async def open_briefs(
    trade: FromQuery[str] = "", language: FromQuery[str] = "", commission_bp: FromQuery[Rate] = 0, page: FromQuery[Number] = 1
) -> list[BriefOut]:
    """Briefs that creators can apply to, newest first, fifty a page."""
    found, _count = await briefs.open_briefs(
        trade=trade, language=language, min_commission_bp=commission_bp, page=page, size=PAGE
    )
    return [brief_out(brief) for brief in found]


@get("/api/v1/briefs/{brief_id:uuid}", tags=["goods"])
async def show_brief(brief_id: FromPath[UUID]) -> BriefOut:
    """One published brief."""
    return brief_out(await briefs.published_brief(brief_id=brief_id))


ROUTES = [show_brand, products_of_brand, show_product, open_briefs, show_brief]
