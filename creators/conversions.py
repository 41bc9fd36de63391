"""Sales in a brand's own shop: reported once each, credited by rule, checked by the brand whose silence accepts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from creators.attribution_reading import terms_of
from creators.codes import fold
from creators.conversion_rules import ClickFact, CodeFact, Credit, Reported, decide
from creators.events import ConversionAccepted, ConversionReported
from creators.tables import ClickKind, Conversion, ConversionLine, ConversionStatus
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import decimals
from marketplace.brands import brand_of

SILENCE = timedelta(days=30)
"""A brand that says nothing for so long accepts."""

AHEAD = timedelta(minutes=5)
"""So far ahead of ours a shop's clock may be; what it says then counts as now."""

OLDEST = timedelta(days=90)
MOST_LINES = 200


class MomentInvalid(InvalidField):
    """The order's time is more than five minutes ahead of ours, or more than 90 days ago."""

    code = "moment_invalid"
    message = _("The time of the order must lie within the last 90 days, and not in the future.")
    field = "happened_at"


class CurrencyUnknown(InvalidField):
    """Not a currency of ISO 4217 that Fanfare knows."""

    code = "currency_unknown"
    message = _("We do not know this currency.")
    field = "currency"


class ReportDiffers(WrongState):
    """The order was reported already, and not like this; what was reported first stands."""

    code = "report_differs"
    message = _("This order was reported before with other contents. The first report stands.")
    field = "order"


class ReasonNeeded(InvalidField):
    """Whoever declines says why: the creator reads it."""

    code = "reason_needed"
    message = _("Please say why, in 10 characters or more: the creator reads it.")
    field = "reason"


@dataclass(frozen=True, kw_only=True)
class SoldLine:
    """Units of one article; `net_minor` is what the buyer paid for all of them, after discounts, without VAT."""

    sku: str
    quantity: int
    net_minor: int
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An order as a shop reports it. `click` is the id that the link handed on; `consented` that the visitor agreed to it there."""

    order: str
    currency: str
    happened_at: datetime
    lines: Sequence[SoldLine]
    code: str = ""
    click: str = ""
    consented: bool = False


@dataclass(frozen=True)
class Report:
    """What became of a report: `new` is False for a repeated one."""

    id: UUID
    new: bool
    status: ConversionStatus
    rule: str
    reason: str
    handle: str | None


async def report_sale(*, brand_id: UUID, sale: Sale, source: str) -> Report:
    """Keep a shop's sale once, credited by rule, and wait for the brand. The same report again changes nothing.

    The caller has made sure that it speaks for the brand. Raises `MomentInvalid`, `CurrencyUnknown`, `ReportDiffers`.
    """
    now = clock.now()
    if not now - OLDEST <= sale.happened_at <= now + AHEAD:
        raise MomentInvalid
    try:
        decimals(sale.currency)
    except ValueError as error:
        raise CurrencyUnknown from error
    lines = _merged(sale.lines)
    fingerprint = _fingerprint(sale, lines)
    async with DB.transaction():
        known = await _known(brand_id, sale.order, fingerprint)
        if known:
            return known
        products = await _products(brand_id, [line.sku for line in lines])
        code, click = await _code(brand_id, sale.code), await _click(sale)
        facts = Reported(
            brand_id=brand_id,
            happened_at=min(sale.happened_at, now),
            code_given=bool(fold(sale.code)),
            click_given=bool(sale.click),
            products=tuple(products.get(line.sku) for line in lines),
        )
        terms = await terms_of({fact.collaboration_id for fact in (code, click) if fact})
        credit = decide(sale=facts, code=code, click=click, terms=terms)
        row = _row(brand_id, sale, lines, credit, source, fingerprint, now)
        if (
            not await Conversion.insert(row)
            .on_conflict(target=(Conversion.brand, Conversion.shop_order), action="DO NOTHING")
            .returning(Conversion.id)
        ):
            known = await _known(brand_id, sale.order, fingerprint)
            if known is None:
                raise ReportDiffers
            return known
        await ConversionLine.insert(*_line_rows(row.id, lines, facts, credit))
        await audit.record(
            by=None, action="conversion.report", kind="conversion", id=row.id, source=source, rule=row.rule, reason=row.reason
        )
        await outbox.publish(ConversionReported(conversion_id=row.id))
    return await _report(row.id, new=True)


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


async def _known(brand_id: UUID, order: str, fingerprint: str) -> Report | None:
    row = (
        await Conversion.select(Conversion.id, Conversion.fingerprint)
        .where((Conversion.brand == brand_id) & (Conversion.shop_order == order))
        .first()
    )
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise ReportDiffers
    return await _report(row["id"], new=False)


async def _report(conversion_id: UUID, *, new: bool) -> Report:
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            "select v.status, v.rule, v.reason, c.handle from conversion v left join creator c on c.id = v.creator where v.id = $1",
            conversion_id,
        )
    if row is None:
        raise NotFound
    return Report(conversion_id, new, ConversionStatus(row["status"]), row["rule"], row["reason"], row["handle"])


def _merged(lines: Sequence[SoldLine]) -> list[SoldLine]:
    """One line an article: shops split articles over several lines, and returns name the article only."""
    merged: dict[str, SoldLine] = {}
    for line in lines:
        before = merged.get(line.sku)
        merged[line.sku] = SoldLine(
            sku=line.sku,
            title=line.title[:200],
            quantity=line.quantity + (before.quantity if before else 0),
            net_minor=line.net_minor + (before.net_minor if before else 0),
        )
    return [merged[sku] for sku in sorted(merged)]


def _fingerprint(sale: Sale, lines: Sequence[SoldLine]) -> str:
    """What a repeated report must say again. Titles may change; the code counts as it is compared, not as it was typed."""
    content = [
        sale.currency,
        sale.happened_at.isoformat(),
        fold(sale.code),
        sale.click.lower(),
        sale.consented,
        [[line.sku, line.quantity, line.net_minor] for line in lines],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


async def _products(brand_id: UUID, skus: Sequence[str]) -> dict[str, UUID]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select v.sku, p.id from variant v join product p on p.id = v.product where p.brand = $1 and v.sku = any($2::text[])",
            brand_id,
            list(skus),
        )
    return {row["sku"]: row["id"] for row in rows}


async def _code(brand_id: UUID, code: str) -> CodeFact | None:
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            "select collaboration as collaboration_id, created_at as given_at, ended_at from promo_code where brand = $1 and folded = $2",
            brand_id,
            fold(code),
        )
    return CodeFact(**dict(row)) if row else None


async def _click(sale: Sale) -> ClickFact | None:
    try:
        click_id = UUID(sale.click)
    except ValueError:
        return None
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select k.id, l.collaboration as collaboration_id, k.show as show_id, k.at, k.kind, k.consented
            from click k join tracking_link l on l.id = k.link where k.id = $1
            """,
            click_id,
        )
    if row is None:
        return None
    return ClickFact(
        id=row["id"],
        collaboration_id=row["collaboration_id"],
        show_id=row["show_id"],
        at=row["at"],
        person=row["kind"] == ClickKind.PERSON,
        consented=row["consented"] or sale.consented,
    )


def _row(
    brand_id: UUID, sale: Sale, lines: Sequence[SoldLine], credit: Credit, source: str, fingerprint: str, now: datetime
) -> Conversion:
    return Conversion(
        id=uuid4(),
        brand=brand_id,
        shop_order=sale.order,
        source=source,
        fingerprint=fingerprint,
        currency=sale.currency,
        net_minor=sum(line.net_minor for line in lines),
        code=fold(sale.code),
        click=_uuid(sale.click),
        consented=sale.consented,
        happened_at=min(sale.happened_at, now),
        received_at=now,
        status=ConversionStatus.WAITING,
        accepts_at=now + SILENCE,
        creator=credit.terms.creator_id if credit.terms else None,
        rule=credit.rule.value,
        reason=credit.reason.value,
        evidence=json.dumps(credit.evidence),
    )


def _line_rows(conversion_id: UUID, lines: Sequence[SoldLine], facts: Reported, credit: Credit) -> list[ConversionLine]:
    return [
        ConversionLine(
            id=uuid4(),
            conversion=conversion_id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            net_minor=line.net_minor,
            product=product,
            terms=credit.terms.id if credit.terms and reason == credit.reason else None,
            show=credit.show_id if credit.terms and reason == credit.reason else None,
            reason=reason.value,
        )
        for line, product, reason in zip(lines, facts.products, credit.lines, strict=True)
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class ConversionShown:
    """A reported order as its brand sees it. Amounts are minor units before VAT."""

    id: UUID
    order: str
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
    decline_reason: str


async def conversions_of_brand(
    *, brand_id: UUID, by: Principal, status: ConversionStatus | None = None, limit: int = 100
) -> list[ConversionShown]:
    """A brand's reported orders, those that wait longest first. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id, v.shop_order as "order", v.source, v.currency, v.net_minor, v.code, v.happened_at, v.accepts_at, v.status,
                   v.rule, v.reason, v.decline_reason, c.display_name as creator, c.handle,
                   coalesce(sum(l.returned_minor), 0)::bigint as returned_minor,
                   array_agg(coalesce(nullif(l.title, ''), l.sku) order by l.sku) as titles
            from conversion v join conversion_line l on l.conversion = v.id left join creator c on c.id = v.creator
            where v.brand = $1 and ($2::text is null or v.status = $2)
            group by v.id, c.id order by (v.status = 'waiting') desc, v.accepts_at, v.id limit $3
            """,
            brand.id,
            status.value if status else None,
            limit,
        )
    return [_conversion_shown(dict(row)) for row in rows]


def _conversion_shown(row: dict[str, Any]) -> ConversionShown:
    return ConversionShown(**{**row, "status": ConversionStatus(row["status"])})
