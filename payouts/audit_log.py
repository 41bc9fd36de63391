"""The audit log as auditors read it: who did what to which object and when, filtered, by pages, each entry with the way to its object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec

from foundation.database import DB
from payouts.exports import BOOKS_ZONE, Sheet

PAGE: Final = 50
MOST_EXPORTED: Final = 100_000
SYSTEM: Final = "system"

_PLACES: Final = {
    **dict.fromkeys(("payout_item", "commission", "order_line", "charge", "transfer", "refund"), "/finance/trace?q={}"),
    "adjustment": "/finance/adjustments",
    "bank_match": "/finance/bank",
    "bank_statement": "/finance/bank/statements/{}",
    "books": "/finance/exports",
    "brief": "/briefs/{}",
    "difference": "/finance/reconciliation",
    "dispute": "/finance/disputes/{}",
    "drafts": "/finance/runs?currency={}#by-itself",
    "fraud_case": "/finance/cases/{}",
    "journal": "/finance/accounts/journals/{}",
    "period": "/finance/close/{}",
    "product": "/shop/products/{}",
    "reconciliation_exception": "/finance/reconciliation",
    "rule_proposal": "/finance/rules/proposals/{}",
    "tax_payment": "/finance/tax",
}
"""Where objects are shown whose id is in the address, or whose list is short."""

_NAMED: Final = {
    "brand": ("select id::text, slug as name from brand where id::text = any($1)", "/brands/{}"),
    "brand_invoice": ("select id::text, number as name from brand_invoice where id::text = any($1)", "/finance/invoices/{}"),
    "creator": ("select id::text, handle as name from creator where id::text = any($1)", "/creators/{}"),
    "document": ("select id::text, number as name from document where id::text = any($1)", "/finance/documents?q={}"),
    "order": ("select id::text, number as name from shop_order where id::text = any($1)", "/finance/trace?q={}"),
    "payout_run": ("select id::text, number as name from payout_run where id::text = any($1)", "/finance/runs/{}"),
    "person": ("select id::text, email as name from person where id::text = any($1)", "/finance/audit?person={}"),
    "show": ("select id::text, slug as name from show where id::text = any($1)", "/shows/{}"),
    "tax_report": ("select id::text, year::text as name from tax_report where id::text = any($1)", "/finance/tax?year={}"),
}
"""Where objects are shown that have a name in the address."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; empty means all. `person` is a part of a name or an address, or `system`; `action` is how it begins."""

    person: str = ""
    action: str = ""
    kind: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Entry:
    """One deed. `href` leads to its object, or to everything that was done to it; `name` is the object's own."""

    id: int
    at: datetime
    person: str
    person_id: str
    action: str
    kind: str
    object_id: str
    name: str
    href: str
    details: dict[str, Any] = field(default_factory=dict)
    request_id: str = ""


async def listed(wanted: Wanted, *, before: int | None = None, size: int = PAGE) -> list[Entry]:
    """Entries, the newest first: one page and one more; `before` is the last id of the page before."""
    rows = await _rows(wanted, before, size + 1)
    named = await _names(rows)
    return [_entry(row, named) for row in rows]


async def sheet(wanted: Wanted) -> Sheet:
    """The same entries as a table to take away, at most 100,000."""
    rows = [
        (
            one.id, one.at.isoformat(), one.person, one.person_id, one.action, one.kind, one.object_id, one.name,
            msgspec.json.encode(one.details).decode(), one.request_id,
        )
        for one in await listed(wanted, size=MOST_EXPORTED)
    ]  # fmt: skip
    columns = ("id", "at", "person", "person_id", "action", "object_kind", "object_id", "object", "details", "request")
    return Sheet("audit", columns, rows[:MOST_EXPORTED])


async def kinds() -> list[str]:
    """The kinds of objects to which something was done."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_KINDS)
    return [row["kind"] for row in rows if row["kind"]]


_KINDS: Final = """
    with recursive found (kind) as (
        (select min(object_kind) from audit_entry)
        union all select (select min(object_kind) from audit_entry where object_kind > found.kind) from found where found.kind is not null
    ) select kind from found where kind is not null
"""


async def _rows(wanted: Wanted, before: int | None, limit: int) -> list[Any]:
    since = datetime.combine(wanted.since, time(), BOOKS_ZONE) if wanted.since else None
    until = datetime.combine(wanted.until + timedelta(days=1), time(), BOOKS_ZONE) if wanted.until else None
    async with DB.connection() as connection:
        actors = await _actors(connection, wanted.person)
        return list(
            await connection.fetch(
                """
                select e.*, coalesce(p.display_name, '') as person from audit_entry e
                left join person p on p.id = case when e.actor like 'person:%' then substr(e.actor, 8)::uuid end
                where ($1::text[] is null or e.actor = any($1)) and ($2 = '' or starts_with(e.action, $2)) and ($3 = '' or e.object_kind = $3)
                  and ($4 = '' or e.object_id = $4) and ($5::timestamptz is null or e.at >= $5) and ($6::timestamptz is null or e.at < $6)
                  and ($7::bigint is null or e.id < $7)
                order by e.id desc limit $8
                """,
                actors,
                wanted.action,
                wanted.kind,
                wanted.object_id,
                since,
                until,
                before,
                limit,
            )
        )


async def _actors(connection: Any, person: str) -> list[str] | None:
    """The actors meant by a part of a name; None for everybody."""
    if not person:
        return None
    if person.casefold() == SYSTEM:
        return [SYSTEM]
    rows = await connection.fetch(
        "select id from person where strpos(lower(display_name), lower($1)) > 0 or strpos(email, lower($1)) > 0 limit 200", person
    )
    return [f"person:{row['id']}" for row in rows]


async def _names(rows: Iterable[Any]) -> dict[tuple[str, str], str]:
    """The names of the objects of a page, kind by kind."""
    ids: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["object_kind"] in _NAMED:
            ids[row["object_kind"]].add(row["object_id"])
    found = {}
    async with DB.connection() as connection:
        for kind, wanted in ids.items():
            for row in await connection.fetch(_NAMED[kind][0], sorted(wanted)):
                found[kind, row["id"]] = row["name"]
    return found


def _entry(row: Any, named: dict[tuple[str, str], str]) -> Entry:
    kind, object_id = row["object_kind"], row["object_id"]
    name = named.get((kind, object_id), "")
    return Entry(
        id=row["id"],
        at=row["at"],
        person=row["person"],
        person_id=row["actor"].removeprefix("person:"),
        action=row["action"],
        kind=kind,
        object_id=object_id,
        name=name,
        href=_href(kind, object_id, name),
        details=msgspec.json.decode(row["details"]),
        request_id=row["request_id"],
    )


def _href(kind: str, object_id: str, name: str) -> str:
    if name:
        return _NAMED[kind][1].format(quote(name, safe=""))
    if kind in _PLACES:
        return _PLACES[kind].format(quote(object_id, safe=""))
    return f"/finance/audit?kind={quote(kind, safe='')}&object={quote(object_id, safe='')}"


def said(details: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """The details in plain words: name and value."""
    return [(name.replace("_", " "), _plain(value)) for name, value in details.items() if value not in ("", None)]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
