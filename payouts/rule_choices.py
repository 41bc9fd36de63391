"""What the rules of a brand and of the platform can speak about: its products and their categories, its creators and shows; and how its ladders stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from foundation import audit
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import rule_book


@dataclass(frozen=True)
class Choices:
    """Pairs of value and label for the form."""

    products: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    creators: list[tuple[str, str]]
    shows: list[tuple[str, str]]


@dataclass(frozen=True)
class Categorised:
    """A product and its category, empty for none."""

    id: UUID
    title: str
    category: str


@dataclass(frozen=True)
class Ladder:
    """A creator's month under a rule in tiers. `extra` is what the higher tiers added, before VAT."""

    creator: str
    rule: str
    month: str
    base: Money
    extra: Money


@dataclass(frozen=True)
class BrandWithRules:
    """A brand in finance's list."""

    slug: str
    name: str
    rules: int
    changed_at: datetime


async def choices(brand_id: UUID) -> Choices:
    """Everything of the brand that a rule can name."""
    return Choices(
        products=await _pairs("select id, title from product where brand = $1 order by title", brand_id),
        categories=await _pairs(
            "select distinct g.category, g.category as label from product_category g join product p on p.id = g.product"
            " where p.brand = $1 order by 1",
            brand_id,
        ),
        creators=await _pairs(
            "select distinct c.id, c.display_name from collaboration k join creator c on c.id = k.creator where k.brand = $1 order by 2",
            brand_id,
        ),
        shows=await _pairs("select id, title from show where brand = $1 order by starts_at desc limit 100", brand_id),
    )


async def choices_of_platform() -> Choices:
    """What a rule of the platform can name: the words that brands sort their products by, and creators who work with a brand."""
    return Choices(
        products=[],
        categories=await _pairs("select distinct category, category as label from product_category order by 1 limit 500"),
        creators=await _pairs(
            "select id, display_name from creator c where exists (select 1 from collaboration k where k.creator = c.id) order by 2 limit 500"
        ),
        shows=[],
    )


async def categories(brand_id: UUID) -> list[Categorised]:
    """The brand's products with their categories."""
    rows = await _all(
        "select p.id, p.title, coalesce(g.category, '') as category from product p"
        " left join product_category g on g.product = p.id where p.brand = $1 order by p.title, p.id",
        brand_id,
    )
    return [Categorised(row["id"], row["title"], row["category"]) for row in rows]


async def set_categories(*, brand_id: UUID, categories: Mapping[str, str], by: Principal) -> None:
    """Keep the categories of the brand's products (product id to words, empty for none); other products are left alone. Raises `NotFound`."""
    async with DB.transaction():
        await rule_book.demand_member(brand_id, by)
        own = await _all("select id from product where brand = $1", brand_id)
        if not own:
            raise NotFound
        wanted = {row["id"]: " ".join(categories[str(row["id"])].split())[:40] for row in own if str(row["id"]) in categories}
        async with DB.connection() as connection:
            await connection.execute("delete from product_category where product = any($1)", list(wanted))
            await connection.executemany(
                "insert into product_category (id, product, category) values ($1, $2, $3)",
                [(uuid4(), product, category) for product, category in wanted.items() if category],
            )
        await audit.record(by=by, action="product_category.set", kind="brand", id=brand_id, products=len(wanted))


async def ladders(brand_id: UUID) -> list[Ladder]:
    """The ladders of the last months, the highest first within a month."""
    rows = await _all(
        """
        select c.display_name, r.name, t.month, t.base_minor, t.extra_minor, t.currency from tier_month t
        join creator c on c.id = t.creator join commission_rule r on r.id = t.rule
        where t.brand = $1 order by t.month desc, t.base_minor desc limit 50
        """,
        brand_id,
    )
    return [
        Ladder(
            row["display_name"],
            row["name"],
            row["month"],
            Money(row["base_minor"], row["currency"]),
            Money(row["extra_minor"], row["currency"]),
        )
        for row in rows
    ]


async def brands_with_rules() -> list[BrandWithRules]:
    """Brands that ever published a rule, the latest change first."""
    rows = await _all(
        """
        select b.slug, b.name, max(r.valid_from) as changed_at,
               (select count(*) from (
                   select distinct on (rule) kind from commission_rule where brand = b.id order by rule, version desc
               ) latest where kind <> 'off') as rules
        from commission_rule r join brand b on b.id = r.brand group by b.id order by changed_at desc limit 500
        """
    )
    return [BrandWithRules(row["slug"], row["name"], row["rules"], row["changed_at"]) for row in rows]


async def _pairs(query: str, *values: object) -> list[tuple[str, str]]:
    return [(str(row[0]), row[1]) for row in await _all(query, *values)]


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
