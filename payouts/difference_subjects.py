"""What a difference is about in words that people know: the text of the bank, a payee, a month, where its source is an id of ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from foundation.database import DB
from payouts.differences import Case


@dataclass(frozen=True)
class Subject:
    """`words` for people, the `day` of the fact where it has one, and its page, empty where it has none."""

    words: str
    day: date | None = None
    href: str = ""


_NAMED: Final = """
    select l.id::text as source, l.text as words, l.booked_on as day, '/finance/bank/statements/' || l.statement as href from bank_line l
    where l.id = any($2)
    union all
    select i.id::text, p.name || ' · ' || r.number, r.created_at::date, '/finance/runs/' || r.number
    from payout_item i join payee p on p.id = i.payee join payout_run r on r.id = i.run where i.id = any($2)
    union all
    select y.id, concat_ws(' · ', y.id, nullif(y.trace_id, '')), y.arrives_on, '/finance/trace?q=' || y.id from stripe_payout y where y.id = any($1)
    union all
    select 'tax:' || t.id, t.reference, t.paid_on, '/finance/tax' from tax_payment t where t.id = any($3)
    union all
    select p.id::text, p.name, null, '' from payee p where p.id = any($2)
    union all
    select c.id::text, c.display_name, null, '/finance/documents' from creator c where c.id = any($2)
    union all
    select w.id::text, b.name || coalesce(' · ' || v.number, ''), w.created_at::date, coalesce('/finance/invoices/' || v.number, '')
    from brand_payment w join brand b on b.id = w.brand left join brand_invoice v on v.id = w.invoice where w.id = any($2)
    union all
    select v.number, b.name || ' · ' || v.number, v.due_at::date, '/finance/invoices/' || v.number
    from brand_invoice v join brand b on b.id = v.brand where v.number = any($1)
"""


async def of(cases: Iterable[Case]) -> dict[str, Subject]:
    """By source; what only Stripe has a name for is missing."""
    texts = sorted({case.source_id for case in cases})
    async with DB.connection() as connection:
        rows = await connection.fetch(
            _NAMED, texts, _ids(texts), _ids(text.removeprefix("tax:") for text in texts if text.startswith("tax:"))
        )
    return {row["source"]: Subject(row["words"], row["day"], row["href"]) for row in rows}


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [id_ for text in texts if (id_ := _uuid(text))]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
