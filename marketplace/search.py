"""Finding what is sold, and who sells it, by words."""

from __future__ import annotations

from uuid import UUID

from foundation.database import DB
from marketplace import catalogue
from marketplace.catalogue import Offered
from marketplace.tables import Brand

_PRODUCTS = """
    select p.id from product p join brand b on b.id = p.brand
    where p.status = 'active' and (p.title ilike $1 or p.description ilike $1 or b.name ilike $1)
    order by (p.title ilike $1) desc, p.title, p.id limit $2 offset $3
"""


async def products_by_words(words: str, limit: int = 12, offset: int = 0) -> list[Offered]:
    """Products on sale whose title, description or brand holds the words; those whose title does come first."""
    async with DB.connection() as connection:
        ids: list[UUID] = [row["id"] for row in await connection.fetch(_PRODUCTS, _pattern(words), limit, offset)]
    return await catalogue.products_on_sale(ids=ids)


async def brands_by_words(words: str, limit: int = 12, offset: int = 0) -> list[Brand]:
    """Brands whose name or line holds the words."""
    pattern = _pattern(words)
    matching = Brand.name.ilike(pattern) | Brand.tagline.ilike(pattern)
    return await Brand.objects().where(matching).order_by(Brand.name).order_by(Brand.id).limit(limit).offset(offset)


def _pattern(words: str) -> str:
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
