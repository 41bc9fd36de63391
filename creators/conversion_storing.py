"""Reported sales as they are stored: many at once, in two statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from creators.conversion_tables import ConversionStatus
from foundation.database import DB


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A sale that is about to be stored, with its credit. The fields are the columns of `conversion`."""

    id: UUID
    brand: UUID
    shop_order: str
    source: str
    fingerprint: str
    currency: str
    net_minor: int
    code: str
    click: UUID | None
    consented: bool
    happened_at: datetime
    received_at: datetime
    status: ConversionStatus
    accepts_at: datetime
    creator: UUID | None
    rule: str
    reason: str
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeLine:
    """A line of it. The fields are the columns of `conversion_line`."""

    id: UUID
    conversion: UUID
    sku: str
    title: str
    quantity: int
    net_minor: int
    product: UUID | None
    terms: UUID | None
    show: UUID | None
    reason: str
    number: int = 0


_KINDS = {
    "brand": "uuid", "id": "uuid", "click": "uuid", "creator": "uuid", "conversion": "uuid", "product": "uuid", "terms": "uuid",
    "show": "uuid", "net_minor": "bigint", "quantity": "int", "number": "int", "consented": "boolean", "evidence": "jsonb",
    "happened_at": "timestamptz", "received_at": "timestamptz", "accepts_at": "timestamptz",
}  # fmt: skip


def _statement(table: str, of: type) -> str:
    names = [each.name for each in fields(of)]
    columns = ", ".join(f'"{name}"' for name in names)
    arrays = ", ".join(f"${number}::{_KINDS.get(name, 'text')}[]" for number, name in enumerate(names, 1))
    return f"insert into {table} ({columns}) select * from unnest({arrays})"  # noqa: S608  # names of this module


_SALES = f"{_statement('conversion', Made)} on conflict (brand, shop_order) do nothing returning shop_order"
_LINES = _statement("conversion_line", MadeLine)


async def store_sales(made: Sequence[Made]) -> set[str]:
    """Store those whose order is not known; return their orders. No order twice among them."""
    if not made:
        return set()
    async with DB.connection() as connection:
        rows = await connection.fetch(_SALES, *_columns(made, Made))
    return {row["shop_order"] for row in rows}


async def store_lines(made: Sequence[MadeLine]) -> None:
    """Store lines of sales that are stored."""
    if made:
        async with DB.connection() as connection:
            await connection.execute(_LINES, *_columns(made, MadeLine))


def _columns(made: Sequence[Made | MadeLine], of: type) -> list[list[Any]]:
    return [[getattr(each, field.name) for each in made] for field in fields(of)]
