"""Why a sale in a brand's own shop is credited, as each side may read it (docs/attribution.md, Who sees what)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from creators.conversion_returns import lines_of
from creators.conversion_rules import Reason, Rule
from creators.conversion_tables import Conversion, ConversionLine, ConversionReturn, ConversionStatus
from creators.credit import ALL_EYES
from creators.profiles import creator_of
from creators.tables import Terms
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import BASIS_POINTS, Money, decimals
from foundation.tables import Role
from marketplace.tables import BrandMember


@dataclass(frozen=True, kw_only=True)
class ShopLine:
    """One line of the order: what is left of it, and what it pays. `exact` is the commission before rounding, "" when nothing was rounded.

    `rate_bp` is None for a line that nobody is credited with. `added`: an edit brought it.
    """

    title: str
    quantity: int
    net: Money
    returned: Money
    reason: Reason
    added: bool
    rate_bp: int | None
    commission: Money
    exact: str
    fee_bp: int
    fee: Money

    @property
    def base(self) -> Money:
        return self.net - self.returned


@dataclass(frozen=True, kw_only=True)
class ShopClick:
    """The click that the order named: when, and on which link where the reader may know it. `verdict` is what became of it."""

    at: datetime | None
    link: str
    mine: bool
    verdict: Reason


@dataclass(frozen=True, kw_only=True)
class ShopWhy:
    """A reported sale and its decision, for one pair of eyes. `whole`: the reader sees all lines and our fee."""

    id: UUID
    order: str
    source: str
    brand: str
    handle: str | None
    at: datetime
    status: ConversionStatus
    decline_reason: str
    rule: Rule
    reason: Reason
    policy: str
    code: Reason | None
    click: ShopClick | None
    window_days: int | None
    lines: tuple[ShopLine, ...]
    returns: tuple[tuple[datetime, Money], ...]
    whole: bool

    @property
    def click_would(self) -> bool:
        """The click could have won, had no code come before it."""
        return self.click is not None and self.click.verdict is Reason.CLICK_IN_WINDOW


async def why_shop_sale(*, conversion_id: UUID, by: Principal, as_staff: bool = False) -> ShopWhy:
    """Why a reported sale is credited: for its creator, the brand's members, and finance `as_staff`. Raises `NotFound`.

    A creator sees the lines that are theirs: what else the buyer took is not told.
    """
    row = await Conversion.objects().where(Conversion.id == conversion_id).first()
    if row is None:
        raise NotFound
    whole = await _sees_whole(row, by, as_staff=as_staff)
    lines = [line for line in await lines_of(row.id) if whole or line.terms]
    terms = await _terms(lines)
    window = next((terms[line.terms].window_days for line in lines if line.terms), None)
    evidence: dict[str, Any] = msgspec.json.decode(row.evidence)
    named = await _named(row)
    return ShopWhy(
        id=row.id,
        order=named["called"],
        source=row.source,
        brand=named["brand"],
        handle=named["handle"],
        at=row.happened_at,
        status=ConversionStatus(row.status),
        decline_reason=row.decline_reason,
        rule=Rule(row.rule),
        reason=Reason(row.reason),
        policy=evidence["policy"],
        code=Reason(evidence["code"]) if evidence["code"] else None,
        click=_click(evidence["click"], named, row, whole=whole),
        window_days=window if row.rule == Rule.CLICK else None,
        lines=tuple(_line(line, terms.get(line.terms), row.currency) for line in lines),
        returns=tuple(await _returns(row, {str(line.id) for line in lines})),
        whole=whole,
    )


async def _sees_whole(row: Conversion, by: Principal, *, as_staff: bool) -> bool:
    """True for finance and the brand, False for the creator who is credited. Raises `NotFound` for everybody else."""
    if as_staff and by.has(*ALL_EYES):
        return True
    if await BrandMember.exists().where((BrandMember.brand == row.brand) & (BrandMember.person == by.id)):
        return True
    if by.has(Role.CREATOR) and row.creator is not None and (await creator_of(by=by)).id == row.creator:
        return False
    raise NotFound


async def _terms(lines: Sequence[ConversionLine]) -> dict[UUID, Terms]:
    wanted = {line.terms for line in lines if line.terms}
    return {row.id: row for row in await Terms.objects().where(Terms.id.is_in(list(wanted)))} if wanted else {}


async def _named(row: Conversion) -> Any:
    async with DB.connection() as connection:
        return await connection.fetchrow(
            """
            select b.name as brand, coalesce(nullif(s.called, ''), v.shop_order) as called, c.handle, k.at as click_at, l.code as link, l.creator as link_creator
            from conversion v join brand b on b.id = v.brand left join shop_standing s on s.conversion = v.id left join creator c on c.id = v.creator
            left join click k on k.id = v.click left join tracking_link l on l.id = k.link and l.brand = v.brand where v.id = $1
            """,
            row.id,
        )


def _click(said: dict[str, Any] | None, named: Any, row: Conversion, *, whole: bool) -> ShopClick | None:
    """A creator reads of another one's click no more than that there was one; a link of another brand is named to nobody."""
    if said is None:
        return None
    mine = named["link_creator"] is not None and (whole or named["link_creator"] == row.creator)
    return ShopClick(
        at=named["click_at"] if mine else None, link=named["link"] if mine else "", mine=mine, verdict=Reason(said["verdict"])
    )


def _line(line: ConversionLine, terms: Terms | None, currency: str) -> ShopLine:
    net, returned = Money(line.net_minor, currency), Money(line.returned_minor, currency)
    rate, fee = (terms.commission_bp, terms.platform_fee_bp) if terms else (0, 0)
    return ShopLine(
        title=line.title or line.sku,
        quantity=line.quantity,
        net=net,
        returned=returned,
        reason=Reason(line.reason),
        added=line.number > 0,
        rate_bp=rate if terms else None,
        commission=(net - returned).share(rate),
        exact=_exact(net - returned, rate),
        fee_bp=fee,
        fee=(net - returned).share(fee),
    )


def _exact(base: Money, rate_bp: int) -> str:
    if base.minor * rate_bp % BASIS_POINTS == 0:
        return ""
    exact = Decimal(base.minor * rate_bp) / BASIS_POINTS / 10 ** decimals(base.currency)
    return f"{exact.normalize():f}"


async def _returns(row: Conversion, lines: set[str]) -> list[tuple[datetime, Money]]:
    """What came back of these lines, in the order in which it was told."""
    found = await ConversionReturn.objects().where(ConversionReturn.conversion == row.id).order_by(ConversionReturn.received_at)
    sums = [
        (each.happened_at, sum(minor for line, minor in msgspec.json.decode(each.lines).items() if line in lines))
        for each in found
    ]
    return [(moment, Money(minor, row.currency)) for moment, minor in sums if minor]
