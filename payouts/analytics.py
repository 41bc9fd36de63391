"""Figures of creators and brands: what people did, what was bought on the spot, and what was credited, by day, show, slot, product, link, code, creator.

**Direct** is what was bought in a show or with its link on the page: counted as it happened. **Credited** is what the decisions of attribution say, with
money. The two answer different questions, overlap, and are never added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from foundation.database import DB
from foundation.money import Money

MOST_ROWS = 500
LONGEST = timedelta(days=366)


class Side(StrEnum):
    """Whose figures."""

    CREATOR = "creator"
    BRAND = "brand"


class By(StrEnum):
    """What a row stands for."""

    DAY = "day"
    SHOW = "show"
    SLOT = "slot"
    PRODUCT = "product"
    LINK = "link"
    CODE = "code"
    CREATOR = "creator"


@dataclass(frozen=True, kw_only=True)
class Span:
    """Whole days of a time zone; `first` and `last` both count."""

    first: date
    last: date
    zone: str

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), ZoneInfo(self.zone))

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), ZoneInfo(self.zone))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Counts of people's acts, direct orders, and credited orders with their money. `kept` are credited orders of which something is left."""

    label: str
    views: int
    product_clicks: int
    link_clicks: int
    carts: int
    direct_orders: int
    direct: Money
    orders: int
    kept: int
    revenue: Money
    commission: Money

    @property
    def clicks(self) -> int:
        return self.product_clicks + self.link_clicks

    @property
    def per_click(self) -> Money | None:
        """Commission for each click (EPC), rounded half to even; None without a click."""
        return self.commission.split([1, self.clicks - 1])[0] if self.clicks > 1 else self.commission if self.clicks else None


async def figures(
    side: Side, owner: UUID, by: By, span: Span, currency: str, *, show_id: UUID | None = None, limit: int = MOST_ROWS
) -> list[Figures]:
    """Rows of a dimension: days in their order, everything else by credited revenue. `show_id` keeps to one show."""
    order = "1" if by is By.DAY else "revenue desc, views desc, 1"
    query = f"""
        with facts as ({_facts(side)})
        select {_KEY[by]} as label, {_SELF.get(by, "''")} as detail, coalesce(sum(f.views), 0) as views,
               coalesce(sum(f.product_clicks), 0) as product_clicks, coalesce(sum(f.link_clicks), 0) as link_clicks, coalesce(sum(f.carts), 0) as carts,
               count(distinct f.direct_order) as direct_orders, coalesce(sum(f.direct_minor), 0)::bigint as direct,
               count(distinct f.credited_order) as orders, count(distinct f.credited_order) filter (where f.revenue_minor > 0) as kept,
               coalesce(sum(f.revenue_minor), 0)::bigint as revenue, coalesce(sum(f.commission_minor), 0)::bigint as commission
        from facts f {_JOIN.get(by, "")} where $5::text <> '' and ($6::uuid is null or f.show = $6) {_ONLY.get(by, "")} group by 1, 2{_APART.get(by, "")} order by {order}, 2 limit $7
    """  # noqa: S608  # made of the constants of this module
    async with DB.connection() as connection:
        rows = await connection.fetch(query, owner, span.begins, span.ends, currency, span.zone, show_id, limit)
    names = Counter(row["label"] for row in rows)
    return [_figures({**row, "label": _told_apart(row, names)}, currency) for row in rows]


def _told_apart(row: Mapping[str, Any], names: Counter[str]) -> str:
    """Shows and products may have one name: then the day of the show, or the first article number, says which."""
    return f"{row['label']} · {row['detail']}" if names[row["label"]] > 1 and row["detail"] else str(row["label"])


async def total(side: Side, owner: UUID, span: Span, currency: str, *, show_id: UUID | None = None) -> Figures:
    """All of it in one row; orders that several rows share count once."""
    query = f"""
        with facts as ({_facts(side)})
        select $5::text as label, coalesce(sum(f.views), 0) as views, coalesce(sum(f.product_clicks), 0) as product_clicks,
               coalesce(sum(f.link_clicks), 0) as link_clicks, coalesce(sum(f.carts), 0) as carts,
               count(distinct f.direct_order) as direct_orders, coalesce(sum(f.direct_minor), 0)::bigint as direct,
               count(distinct f.credited_order) as orders, count(distinct f.credited_order) filter (where f.revenue_minor > 0) as kept,
               coalesce(sum(f.revenue_minor), 0)::bigint as revenue, coalesce(sum(f.commission_minor), 0)::bigint as commission
        from facts f where $6::uuid is null or f.show = $6
    """  # noqa: S608  # made of the constants of this module
    async with DB.connection() as connection:
        row = await connection.fetchrow(query, owner, span.begins, span.ends, currency, span.zone, show_id)
    return _figures(dict(row or {}), currency)


async def days_without_gaps(rows: Sequence[Figures], span: Span, currency: str) -> list[Figures]:
    """One row for each day of the span, for a chart."""
    known = {row.label: row for row in rows}
    count = (span.last - span.first).days + 1
    days = [(span.first + timedelta(days=number)).isoformat() for number in range(count)]
    return [known.get(day) or _figures({"label": day}, currency) for day in days]


async def shows_on_air(side: Side, owner: UUID) -> bool:
    """Whether a show of theirs is live, so that the page looks again by itself."""
    column = "creator" if side is Side.CREATOR else "brand"
    async with DB.connection() as connection:
        return bool(
            await connection.fetchval(f"select exists (select 1 from show where {column} = $1 and status = 'live')", owner)  # noqa: S608  # one of two words
        )


_KEY = {
    By.DAY: "to_char(f.at at time zone $5::text, 'YYYY-MM-DD')",
    By.SHOW: "coalesce(s.title, '')",
    By.SLOT: "coalesce(lpad(l.position::text, 2, '0') || ' · ' || l.title, '')",
    By.PRODUCT: "coalesce(p.title, '')",
    By.LINK: "coalesce('/' || t.code, '')",
    By.CODE: "coalesce(f.code, '')",
    By.CREATOR: "coalesce(c.display_name || ' @' || c.handle, '')",
}
_SELF = {
    By.SHOW: "coalesce(to_char(s.starts_at at time zone $5::text, 'YYYY-MM-DD HH24:MI'), '')",
    By.PRODUCT: "coalesce((select min(w.sku) from variant w where w.product = f.product), '')",
}
_APART = {By.SHOW: ", f.show", By.PRODUCT: ", f.product"}
_JOIN = {
    By.SHOW: "left join show s on s.id = f.show",
    By.SLOT: """left join lateral (
        select slot.position, slot.title from pin join slot on slot.id = pin.slot where pin.show = f.show and f.at >= pin.pinned_at
        and (pin.unpinned_at is null or f.at < pin.unpinned_at) order by pin.pinned_at desc limit 1
    ) l on true""",
    By.PRODUCT: "left join product p on p.id = f.product",
    By.LINK: "left join tracking_link t on t.id = f.link",
    By.CREATOR: "left join creator c on c.id = f.creator",
}
_ONLY = {By.LINK: "and f.link is not null", By.CODE: "and f.code <> ''", By.SLOT: "and f.show is not null"}
_EMPTY = "0 as views, 0 as product_clicks, 0 as link_clicks, 0 as carts, null::uuid as direct_order, 0::bigint as direct_minor"
_NOBODY = "null::uuid as credited_order, 0::bigint as revenue_minor, 0::bigint as commission_minor"


def _facts(side: Side) -> str:
    """Every act and sale of the owner ($1) between $2 and $3, amounts in $4, each a row of the same shape."""
    creator = side is Side.CREATOR
    return f"""
        select t.at, t.creator, t.show, t.product, null::uuid as link, '' as code,
               (t.kind in ('show_view', 'replay_view', 'clip_view'))::int as views, (t.kind = 'product_click')::int as product_clicks,
               0 as link_clicks, (t.kind = 'buy_tap')::int as carts, null::uuid as direct_order, 0::bigint as direct_minor, {_NOBODY}
        from touch t join show s on s.id = t.show where {"t.creator" if creator else "s.brand"} = $1 and t.at >= $2 and t.at < $3
        union all
        select k.at, k.creator, k.show, k.product, k.link, '', 0, 0, 1, 0, null::uuid, 0::bigint, {_NOBODY}
        from click k join tracking_link l on l.id = k.link
        where {"l.creator" if creator else "l.brand"} = $1 and k.kind = 'person' and k.at >= $2 and k.at < $3
        union all
        select o.paid_at, s.creator, s.id, v.product, null::uuid, '', 0, 0, 0, 0, o.id, (l.gross_minor - l.vat_minor), {_NOBODY}
        from shop_order o join show s on s.id = o.show_id join order_line l on l."order" = o.id left join variant v on v.id = l.variant
        where {"s.creator" if creator else "l.brand"} = $1 and o.paid_at >= $2 and o.paid_at < $3 and o.currency = $4
        union all
        select o.paid_at, k.creator, d.show, v.product, x.link, coalesce(n.code, ''), {_EMPTY},
               o.id, (k.base_minor::numeric * (k.amount_minor + k.fee_minor + k.brand_minor - k.reversed_minor - k.fee_reversed_minor - k.brand_reversed_minor)
                      / greatest(k.amount_minor + k.fee_minor + k.brand_minor, 1))::bigint,
               k.amount_minor - k.reversed_minor
        from commission k join shop_order o on o.id = k."order" join order_line l on l.id = k.order_line left join variant v on v.id = l.variant
        join attribution_decision d on d.id = k.decision
        left join lateral (
            select c.link from jsonb_array_elements(d.evidence -> 'shares') e join click c on c.id = (e ->> 'touch')::uuid
            where d.rule = 'click' and e ->> 'creator' = k.creator::text limit 1
        ) x on true
        left join lateral (select p.code from order_code x join promo_code p on p.id = x.code where x."order" = o.id and p.creator = k.creator limit 1) n on true
        where {"k.creator" if creator else "k.brand"} = $1 and k.creator is not null and k.replaced_at is null
              and o.paid_at >= $2 and o.paid_at < $3 and k.currency = $4
        union all
        select v.happened_at, v.creator, l.show, l.product, x.link, case when v.rule = 'code' then coalesce(p.code, v.code) else '' end, {_EMPTY},
               v.id, l.net_minor - l.returned_minor,
               coalesce(k.amount_minor - k.reversed_minor, round((l.net_minor - l.returned_minor)::numeric * t.commission_bp / 10000))::bigint
        from conversion v join conversion_line l on l.conversion = v.id join terms t on t.id = l.terms
        left join shop_commission k on k.conversion_line = l.id left join click x on x.id = v.click and v.rule = 'click'
        left join promo_code p on p.brand = v.brand and p.folded = v.code
        where {"v.creator" if creator else "v.brand"} = $1 and v.status <> 'declined'
              and v.happened_at >= $2 and v.happened_at < $3 and v.currency = $4
    """  # noqa: S608  # made of the constants of this module


def _figures(row: dict[str, Any], currency: str) -> Figures:
    return Figures(
        label=row.get("label") or "",
        views=row.get("views", 0),
        product_clicks=row.get("product_clicks", 0),
        link_clicks=row.get("link_clicks", 0),
        carts=row.get("carts", 0),
        direct_orders=row.get("direct_orders", 0),
        direct=Money(row.get("direct", 0), currency),
        orders=row.get("orders", 0),
        kept=row.get("kept", 0),
        revenue=Money(row.get("revenue", 0), currency),
        commission=Money(row.get("commission", 0), currency),
    )
