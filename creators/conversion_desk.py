"""A brand's desk for what its shop reported: it accepts, declines with a reason, or says nothing for 30 days, which accepts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from creators.conversion_tables import Conversion, ConversionStatus
from creators.events import ConversionAccepted
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from marketplace.brands import brand_of


class ReasonNeeded(InvalidField):
    """Whoever declines says why: the creator reads it."""

    code = "reason_needed"
    message = _("Please say why, in 10 characters or more: the creator reads it.")
    field = "reason"


async def accept(*, conversion_id: UUID, brand_id: UUID, by: Principal) -> None:
    """The brand agrees: the commission is booked. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        await _decide(conversion_id, brand.id, ConversionStatus.ACCEPTED, by)


async def decline(*, conversion_id: UUID, brand_id: UUID, reason: str, by: Principal) -> None:
    """The brand does not agree, and says why. Raises `NotFound`, `WrongState`, `ReasonNeeded`."""
    if len(reason.strip()) < 10:
        raise ReasonNeeded
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        await _decide(conversion_id, brand.id, ConversionStatus.DECLINED, by, reason.strip()[:500])


async def accept_silent() -> int:
    """Accept what brands left without a word for 30 days; return how many. Safe to run twice at once."""
    done = 0
    while True:
        async with DB.transaction():
            async with DB.connection() as connection:
                rows = await connection.fetch(
                    """
                    select id, brand from conversion where status = 'waiting' and accepts_at <= $1
                    order by accepts_at limit 200 for update skip locked
                    """,
                    clock.now(),
                )
            for row in rows:
                await _decide(row["id"], row["brand"], ConversionStatus.ACCEPTED, None)
        done += len(rows)
        if not rows:
            return done


async def _decide(conversion_id: UUID, brand_id: UUID, status: ConversionStatus, by: Principal | None, reason: str = "") -> None:
    moved = (
        await Conversion.update(
            {
                Conversion.status: status,
                Conversion.decided_at: clock.now(),
                Conversion.decided_by: by.id if by else None,
                Conversion.decline_reason: reason,
            }
        )
        .where((Conversion.id == conversion_id) & (Conversion.brand == brand_id))
        .where(Conversion.status == ConversionStatus.WAITING)
        .returning(Conversion.id)
    )
    if not moved:
        there = await Conversion.exists().where((Conversion.id == conversion_id) & (Conversion.brand == brand_id))
        raise WrongState if there else NotFound
    await audit.record(by=by, action=f"conversion.{status.value}", kind="conversion", id=conversion_id, reason=reason)
    if status is ConversionStatus.ACCEPTED:
        await outbox.publish(ConversionAccepted(conversion_id=conversion_id))


@dataclass(frozen=True)
class ConversionShown:
    """A reported order as its brand sees it. `called` is its name for people. Amounts are minor units before VAT. `outside`: titles that nobody is credited with, of a credited order."""

    id: UUID
    order: str
    called: str
    source: str
    currency: str
    net_minor: int
    returned_minor: int
    code: str
    happened_at: datetime
    accepts_at: datetime
    status: ConversionStatus
    rule: str
    reason: str
    creator: str | None
    handle: str | None
    titles: list[str]
    outside: list[str]
    decline_reason: str


async def conversions_of_brand(
    *, brand_id: UUID, by: Principal, status: ConversionStatus | None = None, limit: int = 100, after: int = 0
) -> list[ConversionShown]:
    """A brand's reported orders, those that wait longest first; `after` skips. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id, v.shop_order as "order", coalesce(nullif(s.called, ''), v.shop_order) as called, v.source, v.currency, v.net_minor, v.code, v.happened_at, v.accepts_at, v.status,
                   v.rule, v.reason, v.decline_reason, c.display_name as creator, c.handle,
                   coalesce(sum(l.returned_minor), 0)::bigint as returned_minor,
                   array_agg(coalesce(nullif(l.title, ''), l.sku) order by l.number, l.sku) as titles,
                   coalesce(array_agg(coalesce(nullif(l.title, ''), l.sku) order by l.number, l.sku)
                            filter (where v.creator is not null and l.terms is null), '{}') as outside
            from conversion v join conversion_line l on l.conversion = v.id left join creator c on c.id = v.creator
            left join shop_standing s on s.conversion = v.id where v.brand = $1 and ($2::text is null or v.status = $2)
            group by v.id, c.id, s.conversion order by (v.status = 'waiting') desc, v.accepts_at, v.id limit $3 offset $4
            """,
            brand.id,
            status.value if status else None,
            limit,
            after,
        )
    return [_conversion_shown(dict(row)) for row in rows]


def _conversion_shown(row: dict[str, Any]) -> ConversionShown:
    return ConversionShown(**{**row, "status": ConversionStatus(row["status"])})
