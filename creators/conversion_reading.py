"""What the rules are told about the sales of a brand's own shop, read from the tables: many sales, the same queries."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from creators.conversion_rules import ClickFact, CodeFact
from creators.link_tables import ClickKind
from foundation.database import DB


async def products(brand_id: UUID, skus: Sequence[str]) -> dict[str, UUID]:
    """The products of a brand by article number."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select v.sku, p.id from variant v join product p on p.id = v.product where p.brand = $1 and v.sku = any($2::text[])",
            brand_id,
            list(set(skus)),
        )
    return {row["sku"]: row["id"] for row in rows}


async def codes(brand_id: UUID, folded: set[str]) -> dict[str, CodeFact]:
    """The codes of a brand, by their folded word."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select folded, collaboration, created_at, ended_at from promo_code where brand = $1 and folded = any($2::text[])",
            brand_id,
            list(folded),
        )
    return {
        row["folded"]: CodeFact(collaboration_id=row["collaboration"], given_at=row["created_at"], ended_at=row["ended_at"])
        for row in rows
    }


async def clicks(ids: set[UUID]) -> dict[UUID | None, ClickFact]:
    """The clicks that the links of any brand handed on, and who made them where that is known."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select k.id, l.collaboration, k.show, k.at, k.kind, k.consented, t.person,
                   exists (select 1 from brand_member m where m.person = t.person and m.brand = l.brand and m.since <= k.at) as member
            from click k join tracking_link l on l.id = k.link left join touch t on t.id = k.id where k.id = any($1::uuid[])
            """,
            list(ids),
        )
    return {
        row["id"]: ClickFact(
            id=row["id"],
            collaboration_id=row["collaboration"],
            show_id=row["show"],
            at=row["at"],
            person=row["kind"] == ClickKind.PERSON,
            consented=row["consented"],
            buyer_id=row["person"],
            buyer_is_member=row["member"],
        )
        for row in rows
    }
