"""What is to be put on documents: the difference between the books' rows and the documents that were issued."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts.document_rules import Due
from payouts.document_tables import DocumentKind
from payouts.exports import local_day


@dataclass(frozen=True, order=True)
class Parties:
    """Whose document it is; an empty id is the house."""

    kind: str
    supplier: str
    customer: str
    currency: str

    @property
    def supplier_id(self) -> UUID | None:
        return UUID(self.supplier) if self.supplier else None

    @property
    def customer_id(self) -> UUID | None:
        return UUID(self.customer) if self.customer else None


SOURCES = f"""
    select '{DocumentKind.ON_BEHALF}' as kind, 'commission' as source, k.id, k.creator as supplier, k.brand as customer, k.currency,
           case when k.replaced_at is null then k.amount_minor - k.reversed_minor else 0 end as amount, k.commission_vat_bp as vat_bp,
           null::bigint as vat, k.released_at as at, o.number || ' · ' || l.title as words
    from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
    where k.creator is not null and k.released_at is not null
    union all
    select '{DocumentKind.ON_BEHALF}', 'shop_sale', s.id, s.creator, s.brand, s.currency, s.amount_minor - s.reversed_minor, 0, null, s.released_at,
           coalesce(nullif(n.called, ''), c.shop_order)
    from shop_commission s join conversion c on c.id = s.conversion left join shop_standing n on n.conversion = c.id where s.released_at is not null
    union all
    select '{DocumentKind.ON_BEHALF}', 'bonus', u.id, u.creator, u.brand, u.currency, u.net_minor + u.vat_minor, u.vat_bp, null, u.booked_at, u.reason
    from bonus u where u.booked_at is not null
    union all
    select '{DocumentKind.ON_BEHALF}', 'tier', t.id, t.creator, t.brand, t.currency, t.extra_minor + t.extra_vat_minor, t.vat_bp, null,
           (to_date(t.month || '-01', 'YYYY-MM-DD') + interval '1 month - 1 second') at time zone 'Europe/Paris', t.month
    from tier_month t
    union all
    select '{DocumentKind.SELF_BILLED}', 'goodwill', a.id, a.owner, null, a.currency, a.amount_minor, 0, null, a.decided_at, a.reason
    from adjustment a where a.kind = 'goodwill' and a.payee_kind = 'creator' and a.status = 'booked'
    union all
    select '{DocumentKind.FEE}', 'fee', k.id, null, k.brand, k.currency,
           case when k.replaced_at is null
                then k.fee_minor - k.fee_reversed_minor + k.fee_vat_minor - k.fee_vat_reversed_minor else 0 end, k.fee_vat_bp,
           case when k.replaced_at is null then k.fee_vat_minor - k.fee_vat_reversed_minor else 0 end, k.created_at,
           o.number || ' · ' || l.title
    from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line
"""  # noqa: S608  # made of constants
OPEN = f"""
    select s.kind, s.source, s.id, s.supplier, s.customer, s.currency, s.words, s.at, s.vat_bp,
           s.amount - coalesce(d.amount, 0) as amount, s.vat - coalesce(d.vat, 0) as vat
    from ({SOURCES}) s
    left join (select source, source_id, sum(net_minor + vat_minor)::bigint as amount, sum(vat_minor)::bigint as vat
               from document_line group by 1, 2) d
      on d.source = s.source and d.source_id = s.id
    where s.at < $1 and s.amount <> coalesce(d.amount, 0)
"""  # noqa: S608  # made of constants


async def open_before(ends: datetime, only: Parties | None = None) -> dict[Parties, list[Due]]:
    """Everything that happened before `ends` and that documents do not say yet, by whose document it becomes."""
    values: list[object] = [ends, *(() if only is None else (only.kind, only.supplier, only.customer, only.currency))]
    sql = OPEN
    if only is not None:
        sql += (
            " and s.kind = $2 and coalesce(s.supplier::text, '') = $3 and coalesce(s.customer::text, '') = $4 and s.currency = $5"
        )
    async with DB.connection() as connection:
        rows = await connection.fetch(sql, *values)
    found: dict[Parties, list[Due]] = defaultdict(list)
    for row in rows:
        parties = Parties(row["kind"], str(row["supplier"] or ""), str(row["customer"] or ""), row["currency"])
        found[parties].append(
            Due(
                source=row["source"],
                source_id=row["id"],
                words=row["words"],
                day=local_day(row["at"]),
                amount=Money(row["amount"], row["currency"]),
                vat_bp=row["vat_bp"],
                vat=None if row["vat"] is None else Money(row["vat"], row["currency"]),
            )
        )
    return dict(found)
