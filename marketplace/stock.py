"""Stock that a brand's own shop sets by article."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from foundation import audit
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField
from foundation.i18n import _
from marketplace import waitlist


class ArticlesUnknown(InvalidField):
    """data: `skus` that no product of the brand has, or that several have."""

    code = "articles_unknown"
    message = _("Your products do not have these articles, or have them twice: %(skus)s.")
    field = "lines"


async def set_stock(*, brand_id: UUID, units: Mapping[str, int], by: Principal | None) -> dict[str, int]:
    """Set what can be sold of each article, all or none; returns what stands on the shelf now.

    `units` is what the shop has, with what is reserved here while it is being paid or offered to somebody from the line: those units
    are taken off first. What comes back is offered to who waits. The caller has made sure that it speaks for the brand. Raises
    `ArticlesUnknown`.
    """
    async with DB.transaction(), DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id, v.sku, v.stock from variant v join product p on p.id = v.product
            where p.brand = $1 and v.sku = any($2::text[]) order by v.id for update of v
            """,
            brand_id,
            list(units),
        )
        found = [row["sku"] for row in rows]
        wrong = sorted(sku for sku in units if found.count(sku) != 1)
        if wrong:
            raise ArticlesUnknown(skus=", ".join(wrong[:10]))
        held = await connection.fetch(
            """
            select variant, sum(quantity)::int as held from (
                select variant, quantity from reservation where status = 'held' and variant = any($1)
                union all
                select variant, 1 from waitlist_entry where status = 'offered' and variant = any($1)
            ) as promised group by 1
            """,
            [row["id"] for row in rows],
        )
        reserved = {row["variant"]: row["held"] for row in held}
        now = {row["sku"]: max(0, units[row["sku"]] - reserved.get(row["id"], 0)) for row in rows}
        for row in rows:
            await connection.execute("update variant set stock = $2 where id = $1", row["id"], now[row["sku"]])
            now[row["sku"]] -= await waitlist.serve(row["id"])
            await audit.record(
                by=by, action="variant.stock_set", kind="variant", id=row["id"], stock=[row["stock"], now[row["sku"]]]
            )
    return now
