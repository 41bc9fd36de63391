"""A brand's inbox of applications: in groups, by pages, one of them, several side by side, and what terms would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from creators.counter_offers import Proposed
from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import BASIS_POINTS, Money, round_half_even
from marketplace import catalogue, vat_rates
from marketplace.tables import BriefProduct

PAGE: Final = 30
MOST_COMPARED: Final = 4
TOO_FEW: Final = 5
"""Below so many credited sales a share of returns says more about chance than about a person, and is not shown."""


class Group(StrEnum):
    """Who has the next word."""

    WAITING = "waiting"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


_GOOD = (
    "exists (select 1 from counter_offer o where o.application = a.id and o.side = 'brand' and o.expires_at > $2 "
    "and not exists (select 1 from counter_offer n where n.application = a.id and n.version > o.version))"
)
_GROUP = f"""case when a.status = 'countered' and not {_GOOD} then 'waiting'
                  when a.status = 'submitted' then 'waiting' else a.status end"""
"""An application whose counter-offer has run out waits for the brand again."""


@dataclass(frozen=True)
class Estimate:
    """What `sold` pieces of the brief would bring a creator: sales and commission without VAT."""

    sold: int
    sales: Money
    commission: Money
    fee: Money

    @property
    def earned(self) -> Money:
        return self.commission + self.fee


async def application_for_brand(*, application_id: UUID, by: Principal) -> dict[str, Any]:
    """An application to a brand that the person acts for. Raises `NotFound`."""
    rows = await _for_members(by, "a.id = $3", [application_id])
    if not rows:
        raise NotFound
    return rows[0]


async def inbox(
    *, by: Principal, brief_id: UUID | None = None, group: Group | None = None, page: int = 1
) -> list[dict[str, Any]]:
    """A page of the applications to the person's brands, waiting ones first, then the newest; withdrawn ones are gone."""
    condition = "a.status <> 'withdrawn' and ($3::uuid is null or a.brief = $3)" + (f" and {_GROUP} = '{group}'" if group else "")
    return await _for_members(by, condition, [brief_id], limit=PAGE, offset=PAGE * (max(page, 1) - 1))


async def counts(*, by: Principal, brief_id: UUID | None = None) -> dict[Group, int]:
    """How many applications stand in each group."""
    query = f"""
        select {_GROUP} as "group", count(*) as count from application a join brief b on b.id = a.brief
        join brand_member m on m.brand = b.brand and m.person = $1
        where a.status <> 'withdrawn' and ($3::uuid is null or a.brief = $3) group by 1
    """  # noqa: S608  # the literals above
    async with DB.connection() as connection:
        rows = await connection.fetch(query, by.id, clock.now(), brief_id)
    return dict.fromkeys(Group, 0) | {Group(row["group"]): row["count"] for row in rows}


async def compared(*, application_ids: Sequence[UUID], by: Principal) -> list[dict[str, Any]]:
    """Some applications side by side, in the order asked for, with what is measured of each creator. Raises `NotFound`."""
    wanted = list(dict.fromkeys(application_ids))[:MOST_COMPARED]
    rows = {row["id"]: row for row in await _for_members(by, "a.id = any($3::uuid[])", [wanted])}
    if not rows or len(rows) < len(wanted):
        raise NotFound
    return [{**rows[each], **await _measured(rows[each])} for each in wanted]


async def estimate(*, brief_id: UUID, terms: Proposed, sold: int = 20) -> Estimate:
    """What the terms would bring if `sold` pieces were sold at the mean price of the brief's products, without their own country's VAT."""
    products = await BriefProduct.select(BriefProduct.product).where(BriefProduct.brief == brief_id)
    offered = await catalogue.products_on_sale(ids=[row["product"] for row in products])
    rates = await vat_rates.rates(country=offered[0].brand.country) if offered else {}
    prices = [
        round_half_even(one.cheapest.price.minor * BASIS_POINTS, BASIS_POINTS + rates[one.vat_class])
        for one in offered
        if one.cheapest and one.currency == terms.currency
    ]
    sales = Money(round_half_even(sum(prices) * sold, len(prices)) if prices else 0, terms.currency)
    return Estimate(sold, sales, sales.share(terms.commission_bp), Money(terms.fee_minor, terms.currency))


async def _measured(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers of a creator: purchases from this brand, and all shows and credited sales here."""
    query = """
        select (select coalesce(round(avg(s.peak_viewers)), 0)::int from show s
                 where s.creator = $1 and s.went_live_at is not null) as viewers,
               bought.orders, bought.kept_minor, sold.lines, sold.returned_bp
        from (select count(distinct l."order") as orders, coalesce(sum(l.gross_minor - l.refunded_minor), 0)::bigint as kept_minor
                from order_line l join shop_order o on o.id = l."order" join creator c on c.person = o.buyer
               where c.id = $1 and l.brand = $2 and o.paid_at is not null and l.refunded_minor < l.gross_minor) bought,
             (select count(*) as lines, (10000 * sum(l.refunded_minor) / nullif(sum(l.gross_minor), 0))::int as returned_bp
                from attribution_decision d join order_line l on l.id = d.order_line
               where d.creator = $1 and not exists (select 1 from attribution_decision n
                                                     where n.order_line = d.order_line and n.version > d.version)) sold
    """
    async with DB.connection() as connection:
        found = dict(await connection.fetchrow(query, row["creator_id"], row["brand_id"]))
    return {**found, "returned_bp": found["returned_bp"] if found["lines"] >= TOO_FEW else None}


async def _for_members(
    by: Principal, condition: str, values: Sequence[object], *, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    query = f"""
        select a.id, a.status, {_GROUP} as "group", a.message, a.reason, a.created_at, a.decided_at, a.decided_by,
               c.id as creator_id, c.handle, c.display_name, c.picture, c.bio, c.followers, c.language, c.country, c.trade,
               c.person as creator_person, b.id as brief_id, b.title as brief_title, b.commission_bp, b.fee_minor, b.currency,
               b.window_days, b.places, b.ends_on, b.status as brief_status, r.id as brand_id, r.name as brand,
               asked.version as asked_version, asked.commission_bp as asked_bp, asked.fee_minor as asked_fee,
               asked.window_days as asked_window,
               (select count(*) from collaboration k where k.brief = b.id) as taken,
               (select count(*) from show s where s.creator = c.id and s.went_live_at is not null) as shows_hosted
        from application a join creator c on c.id = a.creator join brief b on b.id = a.brief join brand r on r.id = b.brand
        join brand_member m on m.brand = r.id and m.person = $1
        left join lateral (select * from counter_offer o where o.application = a.id and o.side = 'creator'
                           order by o.version desc limit 1) asked on true
        where {condition}
        order by ({_GROUP} = 'waiting') desc, a.created_at desc, a.id limit {int(limit)} offset {int(offset)}
    """  # noqa: S608  # `condition` is one of the literals of this file
    async with DB.connection() as connection:
        return [_asked(dict(row)) for row in await connection.fetch(query, by.id, clock.now(), *values)]


def _asked(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the creator's last word, `as_briefed` when they asked for nothing else."""
    brief = Proposed(row["commission_bp"], row["fee_minor"], row["currency"], row["window_days"])
    if row["asked_version"] is None:
        return {**row, "asked_version": 0, "asked": brief, "brief_terms": brief, "as_briefed": True}
    asked = Proposed(row["asked_bp"], row["asked_fee"], row["currency"], row["asked_window"])
    return {**row, "asked": asked, "brief_terms": brief, "as_briefed": asked == brief}
