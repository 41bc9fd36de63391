"""What one order line pays whom: base, rate, rounding and where it stands, for the eyes that may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from creators import attribution, credit
from creators.profiles import creators_by_id
from foundation.accounts import Principal
from foundation.errors import NotFound
from foundation.money import BASIS_POINTS, Money, decimals
from marketplace.tables import Order, OrderLine
from payouts import earnings, pricing
from payouts.tables import Commission


@dataclass(frozen=True, kw_only=True)
class LineMoney:
    """One commission of the line. `rule` is the name of the rule that decided, "" for the accepted terms, `of_platform` whose it is.

    `exact` is the commission before rounding, "" when nothing was rounded; `back` what went back of it.
    """

    handle: str | None
    share_bp: int
    gross: Money
    vat_bp: int
    vat: Money
    base: Money
    rate_bp: int
    rule: str
    of_platform: bool
    commission: Money
    exact: str
    fee_bp: int
    fee: Money
    brand: Money
    back: Money
    hold_until: datetime
    replaced: bool


@dataclass(frozen=True, kw_only=True)
class Paid:
    """All commissions of a line that the reader may see, those that hold first. `whole`: also the fee and the brand's part."""

    number: str
    rows: tuple[LineMoney, ...]
    whole: bool


async def of_line(*, order_line_id: UUID, by: Principal, as_staff: bool = False) -> Paid:
    """What a line pays: a creator sees their own part, the brand and finance all of them. Raises `NotFound`."""
    line = await OrderLine.objects().where(OrderLine.id == order_line_id).first()
    order = await Order.objects().where(Order.id == line.order).first() if line else None
    if line is None or order is None:
        raise NotFound
    decisions = await credit.versions_of(order_line_id)
    shares = await attribution.shares_of([row.id for row in decisions])
    eyes = await credit.eyes_of(line, [share for each in shares.values() for share in each], by, as_staff=as_staff)
    found = await Commission.objects().where(Commission.order_line == order_line_id).order_by(Commission.created_at)
    seen = [row for row in found if eyes.creator_id in (None, row.creator)]
    handles = {row.id: row.handle for row in (await creators_by_id({row.creator for row in seen if row.creator})).values()}
    rows = sorted(seen, key=lambda row: (row.replaced_at is not None, row.position))
    return Paid(
        number=order.number, rows=tuple(_line(row, handles.get(row.creator)) for row in rows), whole=eyes.creator_id is None
    )


def _line(row: Commission, handle: str | None) -> LineMoney:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    snapshot = pricing.frozen(row.snapshot)
    rule = {} if snapshot.get("promised") else snapshot.get("rule") or {}
    return LineMoney(
        handle=handle,
        share_bp=row.share_bp,
        gross=earnings.gross_of(row),
        vat_bp=row.vat_bp,
        vat=money(row.vat_minor),
        base=money(row.base_minor),
        rate_bp=row.rate_bp,
        rule=rule.get("name", ""),
        of_platform=rule.get("of") == "platform",
        commission=money(row.amount_minor),
        exact=_exact(row),
        fee_bp=row.fee_bp,
        fee=money(row.fee_minor),
        brand=money(row.brand_minor),
        back=money(row.reversed_minor),
        hold_until=row.hold_until,
        replaced=row.replaced_at is not None,
    )


def _exact(row: Commission) -> str:
    """The percentage of the base to the last digit, where it had to be rounded; "" for rules that are no plain percentage."""
    if row.whole_minor is not None or row.commission_vat_minor or row.base_minor * row.rate_bp % BASIS_POINTS == 0:
        return ""
    exact = Decimal(row.base_minor * row.rate_bp) / BASIS_POINTS / 10 ** decimals(row.currency)
    return f"{exact.normalize():f}"
