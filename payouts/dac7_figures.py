"""The figures of DAC7, read from the ledger and the commissions: who was credited how much in which quarter."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts import exchange
from payouts.dac7_sellers import CURRENCY, Quarters, Seller
from payouts.exchange import Rate
from payouts.exports import BOOKS_ZONE
from payouts.tables import PayeeKind

LONGEST: Final = 600

_CREDITED: Final = """
    select a.owner_kind as kind, a.owner_id::uuid as owner, p.currency, extract(quarter from j.event_at at time zone 'Europe/Paris')::int as quarter,
           sum(case p.side when 'C' then p.amount else -p.amount end)::bigint as figure
    from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
    where j.event_at >= $1 and j.event_at < $2
      and ((a.owner_kind = 'creator' and a.code in ('2121', '2122', '1210')) or (a.owner_kind = 'brand' and a.code in ('2111', '2113', '1200')))
      and j.kind not in ('P1', 'P2', 'P2x', 'P4', 'W1', 'W1x', 'D1h', 'D1u')
      and not (a.owner_kind = 'brand' and j.kind in ('T5', 'T6', 'D3'))
    group by 1, 2, 3, 4
"""
_TAXES: Final = """
    select kind, owner, currency, quarter, sum(figure)::bigint as figure from (
        select p.kind, coalesce(p.creator, p.brand) as owner, q.currency, extract(quarter from j.event_at at time zone 'Europe/Paris')::int as quarter,
               case q.side when 'C' then q.amount else -q.amount end as figure
        from journal j join posting q on q.journal = j.id join ledger_account a on a.id = q.account and a.code = '2160'
        join payout_item i on (j.kind = 'W1' and i.transfer_id = j.source_id) or (j.kind = 'W1x' and i.id::text = j.memo)
        join payee p on p.id = i.payee where j.event_at >= $1 and j.event_at < $2 and j.kind in ('W1', 'W1x')
    ) each group by 1, 2, 3, 4
"""
_RELEASED: Final = """
    select 'creator' as kind, creator as owner, currency, released_at, 1 as lines, 0::bigint as fees from commission
    where creator is not null and replaced_at is null and amount_minor > reversed_minor
    union all select 'creator', creator, currency, released_at, 1, 0 from shop_commission where amount_minor > reversed_minor
    union all select 'creator', creator, currency, booked_at, 1, 0 from bonus where status = 'booked'
    union all select 'brand', brand, currency, released_at, (position = 0)::int,
           amount_minor - reversed_minor + fee_minor - fee_reversed_minor + fee_vat_minor - fee_vat_reversed_minor
    from commission where replaced_at is null and brand_minor > brand_reversed_minor
"""
_ACTIVITIES: Final = f"""
    select kind, owner, currency, extract(quarter from released_at at time zone 'Europe/Paris')::int as quarter,
           sum(lines)::bigint as figure, sum(fees)::bigint as fees
    from ({_RELEASED}) r where released_at >= $1 and released_at < $2 group by 1, 2, 3, 4
"""  # noqa: S608  # constants above
_CREATORS: Final = """
    select c.id as owner, coalesce(i.legal_name, c.display_name) as name, coalesce(i.is_company, false) as is_company, i.id is not null as identified,
           coalesce(i.street, '') as street, coalesce(i.postcode, '') as postcode, coalesce(i.town, '') as town,
           coalesce(i.country, c.country) as country, coalesce(i.tin, '') as tin, coalesce(i.registration, '') as registration,
           coalesce(t.vat_id, '') as vat_id, i.born_on, coalesce(i.born_in, '') as born_in,
           coalesce(i.born_country, '') as born_country, coalesce(p.stripe_account_id, '') as account
    from creator c left join legal_identity i on i.creator = c.id left join tax_profile t on t.kind = 'creator' and t.owner = c.id
    left join payee p on p.creator = c.id where c.id = any($1)
"""
_BRANDS: Final = """
    select b.id as owner, b.legal_name as name, b.legal_address as street, b.country, coalesce(nullif(b.registration, ''), '') as registration,
           coalesce(nullif(t.vat_id, ''), b.vat_id) as vat_id, coalesce(p.stripe_account_id, '') as account
    from brand b left join tax_profile t on t.kind = 'brand' and t.owner = b.id left join payee p on p.brand = b.id where b.id = any($1)
"""

Place = tuple[PayeeKind, UUID]


async def sellers(year: int) -> list[Seller]:
    """Everybody who was credited something in a calendar year of Europe/Paris, by kind and name."""
    credited, others = await _quarters(_CREDITED, year)
    activities = await _counts(year)
    fees, _others = await _quarters(_ACTIVITIES, year, "fees")
    taxes, _others = await _quarters(_TAXES, year)
    found = []
    for kind, query in ((PayeeKind.CREATOR, _CREATORS), (PayeeKind.BRAND, _BRANDS)):
        owners = {owner for table in (credited, activities, others) for each, owner in table if each == kind}
        for row in await _all(query, list(owners)):
            place = (kind, row["owner"])
            found.append(
                Seller(
                    kind=kind,
                    **_identity(kind, row),
                    consideration=credited.get(place, Quarters()),
                    activities=activities.get(place, Quarters()),
                    fees=fees.get(place, Quarters()),
                    taxes=taxes.get(place, Quarters()),
                    others=tuple(sorted(others.get(place, ()))),
                )
            )
    return sorted(found, key=lambda seller: (seller.kind, seller.name.casefold(), str(seller.owner)))


def _identity(kind: PayeeKind, row: Any) -> dict[str, Any]:
    told = dict(row)
    if kind == PayeeKind.BRAND:
        told["street"] = " ".join(told["street"].split())
        told["tin"] = told["registration"] or told["vat_id"]
    return told


async def seller_of(kind: PayeeKind, owner: UUID) -> Seller | None:
    """Who one seller is, without any figures."""
    rows = await _all(_CREATORS if kind == PayeeKind.CREATOR else _BRANDS, [owner])
    return Seller(kind=kind, **_identity(kind, rows[0])) if rows else None


async def _counts(year: int) -> dict[Place, Quarters]:
    """Activities by seller, of all currencies."""
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in await _all(_ACTIVITIES, *_bounds(year)):
        sums[PayeeKind(row["kind"]), row["owner"]][row["quarter"] - 1] += row["figure"]
    return _as_quarters(sums)


async def _quarters(query: str, year: int, column: str = "figure") -> tuple[dict[Place, Quarters], dict[Place, set[str]]]:
    """The figures in euros by seller, other currencies at Stripe's last rate of the quarter, and the currencies that it never exchanged."""
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    others: dict[Place, set[str]] = defaultdict(set)
    rates: dict[tuple[str, int], Rate | None] = {}
    for row in await _all(query, *_bounds(year)):
        place, currency, quarter = (PayeeKind(row["kind"]), row["owner"]), row["currency"], row["quarter"]
        if not row[column]:
            continue
        if currency == CURRENCY:
            sums[place][quarter - 1] += row[column]
            continue
        if (currency, quarter) not in rates:
            rates[currency, quarter] = await exchange.rate(given=currency, got=CURRENCY, until=_end_of(year, quarter))
        known = rates[currency, quarter]
        if known is None:
            others[place].add(currency)
        else:
            sums[place][quarter - 1] += known.of(Money(row[column], currency)).minor
    return _as_quarters(sums), dict(others)


def _as_quarters(sums: dict[Place, list[int]]) -> dict[Place, Quarters]:
    return {place: Quarters((one[0], one[1], one[2], one[3])) for place, one in sums.items()}


def _bounds(year: int) -> tuple[datetime, datetime]:
    return _end_of(year - 1, 4), _end_of(year, 4)


def _end_of(year: int, quarter: int) -> datetime:
    """The midnight of the books after a quarter's last day."""
    return datetime(year + quarter // 4, quarter % 4 * 3 + 1, 1, tzinfo=BOOKS_ZONE)


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values, timeout=LONGEST))
