"""Reading what brands owe: invoices with their lines, the brand's statement, and how old everybody's open amounts are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from marketplace.brands import brand_of
from payouts.brand_credit import unpaid
from payouts.off_platform_tables import BrandInvoice

PAGE = 50
AGES = (0, 30, 60, 90)
"""Days late at which an open amount counts as older."""


@dataclass(frozen=True)
class InvoiceShown:
    """An invoice with its brand's name and what is open of it. `late` is in whole days, 0 while it is not due."""

    row: BrandInvoice
    brand: str
    legal_name: str
    legal_address: str
    total: Money
    open: Money
    late: int


@dataclass(frozen=True)
class InvoiceLine:
    """One line of a reported sale on an invoice, as it stood when it was invoiced less what came back since. `order` is its name for people."""

    order: str
    title: str
    at: datetime
    creator: str
    handle: str
    net: Money
    returned: Money
    rate_bp: int
    commission: Money
    fee: Money


@dataclass(frozen=True)
class Movement:
    """One line of a brand's statement. `change` is above zero when the brand owes more; `balance` is what it owes after it."""

    at: datetime
    kind: str
    memo: str
    journal_id: int
    change: Money
    balance: Money


@dataclass(frozen=True)
class Standing:
    """A brand's position: not invoiced yet, open invoices by age (not due, 30, 60, 90, more days late), and credit."""

    brand_id: UUID
    brand: str
    unbilled: Money
    ages: tuple[Money, ...]
    credit: Money

    @property
    def open(self) -> Money:
        return sum(self.ages[1:], self.ages[0])


async def invoices_of_brand(*, brand_id: UUID, by: Principal, after: int = 0) -> list[InvoiceShown]:
    """The brand's invoices, newest first; one page and one more. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    return await _invoices("i.brand = $1 order by i.issued_at desc, i.id limit $2 offset $3", brand.id, PAGE + 1, after)


async def open_invoices(currency: str, *, after: int = 0) -> list[InvoiceShown]:
    """All brands' open invoices of a currency, the latest due first; one page and one more."""
    return await _invoices(
        "i.status = 'open' and i.currency = $1 order by i.due_at, i.id limit $2 offset $3", currency, PAGE + 1, after
    )


async def invoice_of_brand(*, number: str, brand_id: UUID, by: Principal) -> InvoiceShown:
    """One invoice of the person's brand. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    return await _one("i.number = $1 and i.brand = $2", number, brand.id)


async def invoice(*, number: str) -> InvoiceShown:
    """Any invoice, for finance. Raises `NotFound`."""
    return await _one("i.number = $1", number)


async def lines_of(*, invoice_id: UUID, after: int = 0, limit: int = PAGE + 1) -> list[InvoiceLine]:
    """The lines of an invoice in the order of the sales."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select coalesce(nullif(n.called, ''), v.shop_order) as called, coalesce(nullif(l.title, ''), l.sku) as title, v.happened_at, c.display_name, c.handle, k.currency,
                   k.net_minor, k.returned_minor, k.rate_bp, k.amount_minor - k.reversed_minor as commission,
                   k.fee_minor - k.fee_reversed_minor as fee
            from shop_commission k join conversion v on v.id = k.conversion join conversion_line l on l.id = k.conversion_line
            join creator c on c.id = k.creator
            left join shop_standing n on n.conversion = v.id where k.invoice = $1 order by v.happened_at, k.id limit $2 offset $3
            """,
            invoice_id,
            limit,
            after,
        )
    return [_line(row) for row in rows]


async def statement(*, brand_id: UUID, currency: str, limit: int = 200) -> list[Movement]:
    """What changed what the brand owes on invoices, less its credit, newest first, from the postings themselves."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select j.event_at, j.kind, j.memo, j.id,
                   sum(sum(case p.side when 'D' then p.amount else -p.amount end)) over (order by j.id)::bigint as balance,
                   sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as change
            from posting p join journal j on j.id = p.journal join ledger_account a on a.id = p.account
            where a.code in ('1220', '2181') and a.owner_id = $1 and a.currency = $2 group by j.id order by j.id desc limit $3
            """,
            str(brand_id),
            currency,
            limit,
        )
    return [
        Movement(
            row["event_at"], row["kind"], row["memo"], row["id"], Money(row["change"], currency), Money(row["balance"], currency)
        )
        for row in rows
        if row["change"]
    ]


async def standing(currency: str, brand_id: UUID | None = None) -> list[Standing]:
    """Where brands stand, who owes most first; brands with nothing open and no credit are left out."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            with ages as (
                select brand, case when due_at >= $2 then 0 when $2 - due_at <= interval '30 days' then 1
                                   when $2 - due_at <= interval '60 days' then 2 when $2 - due_at <= interval '90 days' then 3 else 4 end as age,
                       sum(total_minor - credited_minor - paid_minor)::bigint as minor
                from brand_invoice where status = 'open' and currency = $1 group by 1, 2
            ), held as (
                select owner_id::uuid as brand, max(case code when '1205' then balance end) as unbilled, max(case code when '2181' then balance end) as credit
                from ledger_account where code in ('1205', '2181') and currency = $1 group by 1
            )
            select b.id, b.name, coalesce(h.unbilled, 0) as unbilled, coalesce(h.credit, 0) as credit,
                   array(select coalesce((select minor from ages where ages.brand = b.id and age = n), 0) from generate_series(0, 4) n) as ages
            from brand b left join held h on h.brand = b.id
            where (b.id in (select brand from ages) or coalesce(h.unbilled, 0) + coalesce(h.credit, 0) <> 0) and ($3::uuid is null or b.id = $3)
            order by (select coalesce(sum(minor), 0) from ages where ages.brand = b.id) desc, unbilled desc, b.name
            """,
            currency,
            clock.now(),
            brand_id,
        )
    return [
        Standing(
            row["id"],
            row["name"],
            Money(row["unbilled"], currency),
            tuple(Money(minor, currency) for minor in row["ages"]),
            Money(row["credit"], currency),
        )
        for row in rows
    ]


async def _one(condition: str, *values: object) -> InvoiceShown:
    found = await _invoices(condition, *values)
    if not found:
        raise NotFound
    return found[0]


async def _invoices(condition: str, *values: object) -> list[InvoiceShown]:
    query = (
        f"select i.*, b.name, b.legal_name, b.legal_address from brand_invoice i join brand b on b.id = i.brand where {condition}"  # noqa: S608  # `condition` is one of the literals above
    )
    async with DB.connection() as connection:
        rows = await connection.fetch(query, *values)
    return [_shown(dict(row)) for row in rows]


def _shown(row: dict[str, Any]) -> InvoiceShown:
    name, legal_name, legal_address = row.pop("name"), row.pop("legal_name"), row.pop("legal_address")
    made = BrandInvoice(**row)
    late = max(0, (clock.now() - made.due_at).days) if made.status == "open" else 0
    return InvoiceShown(made, name, legal_name, legal_address, Money(made.total_minor, made.currency), unpaid(made), late)


def _line(row: Any) -> InvoiceLine:
    def money(name: str) -> Money:
        return Money(row[name], row["currency"])

    return InvoiceLine(
        order=row["called"],
        title=row["title"],
        at=row["happened_at"],
        creator=row["display_name"],
        handle=row["handle"],
        net=money("net_minor"),
        returned=money("returned_minor"),
        rate_bp=row["rate_bp"],
        commission=money("commission"),
        fee=money("fee"),
    )
