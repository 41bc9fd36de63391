"""Tracking links and codes for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from creators import codes, links
from foundation.accounts import By
from foundation.api_scopes import scoped
from foundation.api_tokens import Scope
from marketplace.brands import brand_of


class LinkIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A link to make; without a target it leads to the show, else the product, else the brand."""

    collaboration_id: UUID
    show_id: UUID | None = None
    product_id: UUID | None = None
    target: Annotated[str, Meta(max_length=1000)] = ""


class MadeOut(Struct, frozen=True):
    """The link's code and address."""

    code: str
    address: str


class LinkOut(Struct, frozen=True):
    """A link and what it brought; `clicks` are people, `others` bots and prefetches."""

    code: str
    address: str
    target: str
    brand: str
    creator: str
    show: str | None
    product: str | None
    clicks: int
    others: int
    created_at: datetime


class CodeOut(Struct, frozen=True):
    """A promo code and the reported sales that it won."""

    code: str
    creator: str
    sales: int
    created_at: datetime


@get("/api/v1/links", tags=["links"], **scoped(Scope.LINKS_READ))
async def mine(by: By) -> list[LinkOut]:
    """The creator's own links, newest first."""
    return [_out(link) for link in await links.links_of_creator(by=by)]


@get("/api/v1/brand/links", tags=["links"], **scoped(Scope.LINKS_READ))
async def of_brand(by: By) -> list[LinkOut]:
    """The links that lead to the brand, newest first."""
    brand = await brand_of(by=by)
    return [_out(link) for link in await links.links_of_brand(brand_id=brand.id, by=by)]


@post("/api/v1/links", tags=["links"], status_code=200, **scoped(Scope.LINKS_WRITE))
async def make(by: By, data: JSONBody[LinkIn]) -> MadeOut:
    """Make a link of the creator's own collaboration; the same wish again is the same link."""
    code = await links.make_link(
        collaboration_id=data.collaboration_id, show_id=data.show_id, product_id=data.product_id, target=data.target, by=by
    )
    return MadeOut(code=code, address=links.address_of(code))


@get("/api/v1/brand/codes", tags=["links"], **scoped(Scope.LINKS_READ))
async def codes_of_brand(by: By) -> list[CodeOut]:
    """The codes in use at the brand, newest first."""
    brand = await brand_of(by=by)
    return [
        CodeOut(code=row.code, creator=row.handle, sales=row.sales, created_at=row.created_at)
        for row in await codes.codes_of_brand(brand_id=brand.id, by=by)
    ]


def _out(link: links.LinkShown) -> LinkOut:
    return LinkOut(
        code=link.code,
        address=link.address,
        target=link.target,
        brand=link.brand,
        creator=link.handle,
        show=link.show,
        product=link.product,
        clicks=link.clicks,
        others=link.others,
        created_at=link.created_at,
    )


ROUTES = [mine, of_brand, make, codes_of_brand]
