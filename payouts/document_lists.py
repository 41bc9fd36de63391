"""Documents as their supplier, their customer and finance read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts.document_rules import CREDIT_CODES
from payouts.exports import File

PAGE = 50


@dataclass(frozen=True)
class Listed:
    """One document; `total` is below zero for credit notes."""

    id: UUID
    number: str
    kind: str
    is_credit: bool
    supplier: str
    customer: str
    period: str
    net: Money
    vat: Money
    issued_at: datetime

    @property
    def total(self) -> Money:
        return self.net + self.vat


_LISTED = """
    select d.id, d.number, d.kind, d.type_code, d.currency, d.period, d.net_minor, d.vat_minor, d.issued_at,
           d.content::jsonb -> 'seller' ->> 'name' as supplier, d.content::jsonb -> 'buyer' ->> 'name' as customer
    from document d
    where ($1::uuid is null or d.supplier = $1) and ($2::uuid is null or d.customer = $2) and d.number ilike $3
    order by d.issued_at desc, d.number desc limit $4 offset $5
"""


async def listed(
    *, supplier: UUID | None = None, customer: UUID | None = None, number: str = "", after: int = 0
) -> tuple[list[Listed], bool]:
    """A page of documents, the newest first, and whether more follow. The caller has checked who asks."""
    like = "%" + number.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    async with DB.connection() as connection:
        rows = await connection.fetch(_LISTED, supplier, customer, like, PAGE + 1, after)
    found = []
    for row in rows[:PAGE]:
        is_credit = row["type_code"] in CREDIT_CODES.values()
        sign = -1 if is_credit else 1
        found.append(
            Listed(
                id=row["id"],
                number=row["number"],
                kind=row["kind"],
                is_credit=is_credit,
                supplier=row["supplier"],
                customer=row["customer"],
                period=row["period"],
                net=Money(sign * row["net_minor"], row["currency"]),
                vat=Money(sign * row["vat_minor"], row["currency"]),
                issued_at=row["issued_at"],
            )
        )
    return found, len(rows) > PAGE


async def file_of(*, document_id: UUID, supplier: UUID | None = None, customer: UUID | None = None) -> File:
    """The file of a document of that supplier or customer, of any for finance (neither is given). Raises `NotFound`."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select d.number, f.content from document d join document_file f on f.document = d.id
            where d.id = $1 and ($2::uuid is null or d.supplier = $2) and ($3::uuid is null or d.customer = $3)
            """,
            document_id,
            supplier,
            customer,
        )
    if row is None:
        raise NotFound
    return File(f"{row['number']}.pdf", "application/pdf", row["content"])
