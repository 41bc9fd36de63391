"""One show's money: what was sold and refunded in it, how it was shared, where the shares stand, and what the house kept (chapter 15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money

PAGE = 50


@dataclass(frozen=True)
class ShowLine:
    """A show in the list, with its sales in one currency."""

    id: UUID
    slug: str
    title: str
    creator: str
    brand: str
    ended_at: datetime | None
    orders: int
    gross: Money
    commission: Money
    fee: Money


@dataclass(frozen=True)
class Share:
    """A part of what remains of the sales: pending, available and paid add up to `left` = `earned` - `reversed`."""

    earned: Money
    reversed: Money
    pending: Money
    available: Money
    in_payout: Money
    paid: Money

    @property
    def left(self) -> Money:
        return self.earned - self.reversed


@dataclass(frozen=True)
class Settlement:
    """The whole of one show. `gross` - `refunded` = creator.left + brand.left + fee + fee_vat. `stripe_fees` is the house's cost."""

    slug: str
    title: str
    creator: str
    brand: str
    went_live_at: datetime | None
    ended_at: datetime | None
    currency: str
    orders: int
    lines: int
    gross: Money
    refunded: Money
    vat: Money
    creator_share: Share
    brand_share: Share
    fee: Money
    fee_vat: Money
    extras: Money
    stripe_fees: Money

    @property
    def house(self) -> Money:
        """What the house keeps after Stripe's fees."""
        return self.fee - self.stripe_fees


@dataclass(frozen=True)
class Whose:
    """Whose part of a show is looked at: a creator's, a brand's, or everybody's for finance."""

    creator: UUID | None = None
    brand: UUID | None = None


EVERYBODY = Whose()


async def latest(currency: str, *, whose: Whose = EVERYBODY, after: int = 0) -> list[ShowLine]:
    """Shows with credited sales, the newest first: one page and one more. For a creator or a brand only their part of them."""
    rows = await _all(
        """
        select s.id, s.slug, s.title, c.display_name as creator, b.name as brand, s.ended_at, count(distinct k."order") as orders,
               sum(k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor)::bigint as gross,
               sum(k.amount_minor - k.reversed_minor)::bigint as commission, sum(k.fee_minor - k.fee_reversed_minor)::bigint as fee
        from commission k join attribution_decision d on d.id = k.decision join show s on s.id = d.show
        join creator c on c.id = s.creator join brand b on b.id = s.brand
        where k.currency = $1 and k.replaced_at is null and ($4::uuid is null or k.creator = $4) and ($5::uuid is null or k.brand = $5)
        group by s.id, c.id, b.id order by s.starts_at desc, s.id limit $2 offset $3
        """,
        currency,
        PAGE + 1,
        after,
        whose.creator,
        whose.brand,
    )
    return [
        ShowLine(
            row["id"],
            row["slug"],
            row["title"],
            row["creator"],
            row["brand"],
            row["ended_at"],
            row["orders"],
            *(Money(row[name], currency) for name in ("gross", "commission", "fee")),
        )
        for row in rows
    ]


async def settlement(slug: str, currency: str) -> Settlement:
    """The settlement of one show. Raises `NotFound`."""
    return await _settled(await _show("s.slug = $1", slug), currency, EVERYBODY)


async def own(show_id: UUID, currency: str, *, whose: Whose) -> Settlement:
    """A creator's or a brand's part of one show; the caller has checked who asks. Raises `NotFound` for a show that is not theirs."""
    return await _settled(await _show(_THEIRS, show_id, whose.creator, whose.brand), currency, whose)


_THEIRS = """
    s.id = $1 and (s.creator = $2 or s.brand = $3 or exists (
        select 1 from commission k join attribution_decision d on d.id = k.decision
        where d.show = s.id and k.replaced_at is null and (k.creator = $2 or k.brand = $3)
    ))
"""


_SHOWS = "from show s join creator c on c.id = s.creator join brand b on b.id = s.brand"


async def _show(which: str, *values: object) -> Any:
    """The show with its names. Raises `NotFound`."""
    shows = await _all(
        f"select s.*, c.display_name as creator_name, b.name as brand_name {_SHOWS} where {which}",  # constants of this module
        *values,
    )
    if not shows:
        raise NotFound
    return shows[0]


async def _settled(show: Any, currency: str, whose: Whose) -> Settlement:
    sums = (await _all(_SUMS, show["id"], currency, whose.creator, whose.brand))[0]

    def of(name: str) -> Money:
        return Money(int(sums[name] or 0), currency)

    def share(side: str) -> Share:
        return Share(*(of(f"{side}_{part}") for part in ("earned", "reversed", "pending", "available", "in_payout", "paid")))

    return Settlement(
        slug=show["slug"],
        title=show["title"],
        creator=show["creator_name"],
        brand=show["brand_name"],
        went_live_at=show["went_live_at"],
        ended_at=show["ended_at"],
        currency=currency,
        orders=sums["orders"],
        lines=sums["lines"],
        gross=of("gross"),
        refunded=of("refunded"),
        vat=of("vat"),
        creator_share=share("creator"),
        brand_share=share("brand"),
        fee=of("fee"),
        fee_vat=of("fee_vat"),
        extras=await _extras(show["id"], currency, whose),
        stripe_fees=await _stripe_fees(show["id"], currency),
    )


_SUMS = """
    with line as (
        select k.*, k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor as gross_minor,
               k.amount_minor - k.reversed_minor as mine, k.brand_minor - k.brand_reversed_minor as theirs,
               case when k.released_at is null then 'pending' when i.status = 'sent' then 'paid'
                    when i.status in ('sending', 'unknown') or (i.status = 'locked' and r.status in ('approved', 'executing')) then 'in_payout'
                    else 'available' end as brand_state
        from commission k join attribution_decision d on d.id = k.decision
        left join payout_item i on i.id = k.brand_item left join payout_run r on r.id = i.run
        where d.show = $1 and k.currency = $2 and k.replaced_at is null and ($3::uuid is null or k.creator = $3) and ($4::uuid is null or k.brand = $4)
    )
    select count(distinct "order") as orders, count(distinct order_line) as lines, sum(gross_minor) as gross, sum(vat_minor) as vat,
           sum(reversed_minor + fee_reversed_minor + fee_vat_reversed_minor + brand_reversed_minor) as refunded,
           sum(fee_minor - fee_reversed_minor) as fee, sum(fee_vat_minor - fee_vat_reversed_minor) as fee_vat,
           sum(amount_minor) as creator_earned, sum(reversed_minor) as creator_reversed,
           sum(mine) filter (where status = 'pending') as creator_pending,
           sum(mine) filter (where status in ('available', 'held', 'reversed')) as creator_available,
           sum(mine) filter (where status = 'in_payout') as creator_in_payout, sum(mine) filter (where status = 'paid') as creator_paid,
           sum(brand_minor) as brand_earned, sum(brand_reversed_minor) as brand_reversed,
           sum(theirs) filter (where brand_state = 'pending') as brand_pending,
           sum(theirs) filter (where brand_state = 'available') as brand_available,
           sum(theirs) filter (where brand_state = 'in_payout') as brand_in_payout, sum(theirs) filter (where brand_state = 'paid') as brand_paid
    from line
"""


async def _extras(show_id: UUID, currency: str, whose: Whose) -> Money:
    """The fixed fee of the show, once it is booked."""
    rows = await _all(
        "select coalesce(sum(net_minor + vat_minor), 0)::bigint as minor from bonus where show = $1 and currency = $2 and status = 'booked'"
        " and ($3::uuid is null or creator = $3) and ($4::uuid is null or brand = $4)",
        show_id,
        currency,
        whose.creator,
        whose.brand,
    )
    return Money(rows[0]["minor"], currency)


async def _stripe_fees(show_id: UUID, currency: str) -> Money:
    """Stripe's fees of the orders that the show brought, by the part of each order that it brought, rounded down on the whole."""
    rows = await _all(
        """
        select coalesce(sum(p.fee_minor::numeric * part.gross / o.total_minor), 0)::bigint as minor from (
            select k."order", sum(k.amount_minor + k.fee_minor + k.fee_vat_minor + k.brand_minor) as gross
            from commission k join attribution_decision d on d.id = k.decision
            where d.show = $1 and k.currency = $2 and k.replaced_at is null group by 1
        ) part join shop_order o on o.id = part."order" join payment p on p."order" = o.id
        """,
        show_id,
        currency,
    )
    return Money(rows[0]["minor"], currency)


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
