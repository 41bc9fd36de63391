"""The facts that the rules of suspicion look at, read for one sale."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from creators.fraud_rules import Facts
from foundation import clock
from foundation.database import DB

# One address however it is typed: letters and figures only, in one case.
_PLACE = "lower(regexp_replace(concat({0}.ship_to ->> 'line1', {0}.ship_to ->> 'postcode', {0}.ship_to ->> 'country'), '[^[:alnum:]]', '', 'g'))"
_HERE, _OTHERS = _PLACE.format("o"), _PLACE.format("x")

# One mailbox however its address is spelled: what follows a plus is the reader's own note, and Gmail reads no dots.
_READER, _HOST = "split_part(split_part(lower({0}.email), '@', 1), '+', 1)", "split_part(lower({0}.email), '@', 2)"
_MAILBOX = f"""case when {_HOST} in ('gmail.com', 'googlemail.com') then replace({_READER}, '.', '') || '@gmail.com' else {_READER} || '@' || {_HOST} end"""
_BUYERS_MAILBOX, _CREATORS_MAILBOX = _MAILBOX.format("p"), _MAILBOX.format("q")

# The devices that a person has used and that may be recognised: a page's own visit has a name of the same shape, but nobody agreed to it.
_DEVICES = """
    select d.name from (
        select replace(c.subject::text, '-', '') as name from consent_record c where c.person = {0}
        union select t.visitor from touch t where t.person = {0}
    ) d where (
        select c.choice from consent_record c where c.subject = case when d.name ~ '^[0-9a-f]{{32}}$' then d.name::uuid end order by c.id desc limit 1
    ) = 'given'
"""
_BUYERS_DEVICES, _CREATORS_DEVICES, _THEIR_DEVICES = (_DEVICES.format(who) for who in ("o.buyer", "maker.person", "x.buyer"))

_ORDER = f"""
    with o as (select *, {_HERE} as place from shop_order o where o.id = $1),
    maker as (select person from creator where id = $2),
    card as (select p.card_fingerprint as name from payment p, o where p."order" = o.id and p.card_fingerprint is not null),
    mine as (
        select distinct x.id, x.buyer, x.paid_at, x.refunded_minor, x.show_id, {_OTHERS} as place
        from attribution_share a join attribution_decision d on d.id = a.decision join shop_order x on x.id = d."order", o
        where a.creator = $2 and x.paid_at > o.paid_at - interval '30 days' and x.paid_at <= o.paid_at
    )
    select
        exists (select 1 from shop_order x join creator c on c.person = x.buyer where c.id = $2 and length(o.place) > 8 and {_OTHERS} = o.place) as goes_to_creators_address,
        exists (select 1 from order_line l join brand_member m on m.brand = l.brand where l."order" = o.id and m.person = o.buyer) as buyer_is_brand_staff,
        (select count(distinct buyer) from mine where length(o.place) > 8 and mine.place = o.place) as buyers_at_address,
        exists (select 1 from payment p join card on card.name = p.card_fingerprint join shop_order x on x.id = p."order", maker
            where x.buyer = maker.person) as paid_with_creators_card,
        (select count(distinct mine.buyer) from mine join payment p on p."order" = mine.id join card on card.name = p.card_fingerprint) as buyers_with_card,
        o.buyer is distinct from maker.person and exists (({_BUYERS_DEVICES}) intersect ({_CREATORS_DEVICES})) as buyer_on_creators_device,
        (select count(distinct x.buyer) from mine x where exists (({_BUYERS_DEVICES}) intersect ({_THEIR_DEVICES}))) as buyers_on_device,
        exists (select 1 from person p, person q where p.id = o.buyer and q.id = maker.person and p.id <> q.id
            and {_BUYERS_MAILBOX} = {_CREATORS_MAILBOX}) as mail_goes_to_creator,
        (select count(*) from mine where paid_at > o.paid_at - interval '1 hour') as hour_sales,
        (select count(*) from mine) as month_sales,
        (select count(*) from mine where refunded_minor > 0) as returned_sales,
        (select count(*) from mine where exists (select 1 from order_code k where k."order" = mine.id)) as code_sales,
        (select count(*) from mine where exists (select 1 from order_code k where k."order" = mine.id)
            and not exists (select 1 from touch t where t.person = mine.buyer and t.creator = $2 and t.at <= mine.paid_at)) as code_sales_without_view,
        (select l.brand from order_line l where l."order" = o.id order by l.gross_minor desc limit 1) as brand,
        o.total_minor as amount_minor,
        not exists (
            select 1 from attribution_share a join attribution_decision d on d.id = a.decision join shop_order x on x.id = d."order"
            where a.creator = $2 and x.paid_at < o.paid_at
        ) as first_sale,
        (select extract(day from o.paid_at - c.created_at)::int from creator c where c.id = $2) as creator_days,
        o.show_id is not null as in_show,
        (select count(distinct x.buyer) from shop_order x where x.show_id = o.show_id and x.paid_at is not null) as show_buyers,
        (select count(distinct t.visitor) from touch t where t.show = o.show_id) as show_viewers
    from o cross join maker
"""  # noqa: S608  # made of the constants above
_CONVERSION = """
    with v as (select * from conversion where id = $1),
    mine as (
        select x.*, exists (select 1 from conversion_return r where r.conversion = x.id) as returned from conversion x, v
        where x.creator = $2 and x.happened_at > v.happened_at - interval '30 days' and x.happened_at <= v.happened_at
    ), k as (select c.* from click c, v where c.id = v.click)
    select
        (select extract(epoch from v.happened_at - k.at)::int from k) as seconds_after_click,
        (select count(*) from click c, k where c.link = k.link and c.at > v.happened_at - interval '1 hour' and c.at <= v.happened_at) as hour_clicks,
        (select count(*) / 720 from click c, k where c.link = k.link and c.at > v.happened_at - interval '30 days' and c.at <= v.happened_at) as usual_hour_clicks,
        (select count(*) from conversion x where v.rule = 'click' and x.click = v.click) as click_orders,
        (select count(*) from mine where happened_at > v.happened_at - interval '1 hour') as hour_sales,
        (select count(*) from mine) as month_sales,
        (select count(*) from mine where returned) as returned_sales,
        (select count(*) from mine where rule = 'code' and v.rule = 'code' and mine.code = v.code) as code_sales,
        (select count(*) from mine where rule = 'code' and v.rule = 'code' and mine.code = v.code and mine.click is null
            and (select count(*) from conversion x where x.brand = v.brand and x.click is not null
                 and x.happened_at > v.happened_at - interval '30 days') >= 10) as code_sales_without_view,
        v.brand, v.net_minor as amount_minor,
        not exists (select 1 from conversion x where x.creator = $2 and x.happened_at < v.happened_at) as first_sale,
        (select extract(day from v.happened_at - c.created_at)::int from creator c where c.id = $2) as creator_days
    from v
"""


_BRANDS_ORDERS = """
    select count(*) as brand_sales, count(*) filter (where o.refunded_minor > 0) as brand_returned_sales,
           coalesce(percentile_disc(0.5) within group (order by o.total_minor), 0) as brand_median_minor
    from shop_order o where o.paid_at > $2::timestamptz - interval '30 days'
    and exists (select 1 from order_line l where l."order" = o.id and l.brand = $1)
"""
_BRANDS_CONVERSIONS = """
    select count(*) as brand_sales, count(*) filter (where exists (select 1 from conversion_return r where r.conversion = v.id)) as brand_returned_sales,
           coalesce(percentile_disc(0.5) within group (order by v.net_minor), 0) as brand_median_minor
    from conversion v where v.brand = $1 and v.happened_at > $2::timestamptz - interval '30 days'
"""


class Reader:
    """Reads facts; what is the same for all sales of a brand is read once a reader."""

    def __init__(self) -> None:
        self._brands: dict[tuple[str, UUID], dict[str, Any]] = {}

    async def of_order(self, order_id: UUID, creator_id: UUID) -> Facts:
        """Of an order of ours that a creator is credited with."""
        return await self._facts(_ORDER, _BRANDS_ORDERS, order_id, creator_id)

    async def of_conversion(self, conversion_id: UUID, creator_id: UUID) -> Facts:
        """Of a sale in a brand's own shop. Codes without a click are judged only where the brand's shops report clicks at all."""
        return await self._facts(_CONVERSION, _BRANDS_CONVERSIONS, conversion_id, creator_id)

    async def _facts(self, query: str, of_brand: str, sale_id: UUID, creator_id: UUID) -> Facts:
        async with DB.connection() as connection:
            row: Any = await connection.fetchrow(query, sale_id, creator_id)
            if row is None:
                return Facts()
            found = dict(row)
            place = (of_brand, found.pop("brand"))
            if place not in self._brands:
                usual: Any = await connection.fetchrow(of_brand, place[1], clock.now())
                self._brands[place] = dict(usual)
        return Facts(**found, **self._brands[place])
