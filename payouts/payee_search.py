"""Finding a creator or brand by name, for the forms of finance."""

from __future__ import annotations

from foundation.database import DB

MOST = 50


async def find(words: str, chosen: str = "") -> list[tuple[str, str]]:
    """Up to 50 payees whose name holds the words, as pairs of `creator:<id>` and name; the chosen one is always among them."""
    pattern = "%" + words.strip()[:80].replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select key, name from (
                select 'creator:' || id as key, display_name || ' (@' || handle || ')' as name from creator
                union all select 'brand:' || id, name from brand
            ) payee where name ilike $1 or key = $2 order by (key = $2) desc, name limit $3
            """,
            pattern,
            chosen,
            MOST,
        )
    return [(row["key"], row["name"]) for row in rows]
