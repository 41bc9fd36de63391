"""Sales in a brand's own shop: reported once each and credited by rule; `conversion_desk` has the brand check them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from creators import conversion_reading, conversion_storing
from creators.attribution_reading import bans_of, terms_of
from creators.conversion_rules import CodeFact, Credit, Reported, decide
from creators.conversion_storing import Made, MadeLine
from creators.conversion_tables import ConversionStatus
from creators.events import ConversionReported
from creators.order_names import one_name
from creators.young_clicks import wait_for_clicks
from foundation import audit, clock, outbox
from foundation.database import DB
from foundation.errors import InvalidField, Refusal, WrongState
from foundation.i18n import _
from foundation.money import decimals
from marketplace.discounts import fold

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


@dataclass(frozen=True, kw_only=True)
class SoldLine:
    """Units of one article; `net_minor` is what the buyer paid for all of them, after discounts, without VAT."""

    sku: str
    quantity: int
    net_minor: int
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An order as a shop reports it, under its one name (`order_names`). `click` is the id that the link handed on; `consented` that the visitor agreed to it there.

    `more_codes` are further codes of the same order: what names a creator counts, in whatever place it stands.
    """

    order: str
    currency: str
    happened_at: datetime
    lines: Sequence[SoldLine]
    code: str = ""
    click: str = ""
    consented: bool = False
    more_codes: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", one_name(self.order))


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
    await wait_for_clicks([click_of(sale)])
    async with DB.transaction():
        [done] = await report_many(brand_id=brand_id, sales=[sale], source=source)
        if isinstance(done, Refusal):
            raise done
        if done.new:
            await audit.record(
                by=None,
                action="conversion.report",
                kind="conversion",
                id=done.id,
                source=source,
                rule=done.rule,
                reason=done.reason,
            )
            await outbox.publish(ConversionReported(conversion_id=done.id))
    return done


async def report_many(*, brand_id: UUID, sales: Sequence[Sale], source: str) -> list[Report | Refusal]:
    """Keep many sales as `report_sale` keeps one, in a handful of queries; say of each what became of it.

    Call it inside a transaction. An order that comes twice among `sales` is judged by the first.
    """
    now = clock.now()
    refused = await _refused(brand_id, sales, now)
    taken = [sale for sale, refusal in zip(sales, refused, strict=True) if refusal is None]
    rows, lines = await credited(brand_id, taken, source, now)
    first = {row.shop_order: row for row in reversed(rows)}
    fresh = await conversion_storing.store_sales(list(first.values()))
    await conversion_storing.store_lines([line for order in sorted(fresh) for line in lines[first[order].id]])
    known = await _known(brand_id, list(first))
    judged = iter(rows)
    return [refusal or _became(next(judged), first, fresh, known) for refusal in refused]


async def _refused(brand_id: UUID, sales: Sequence[Sale], now: datetime) -> list[Refusal | None]:
    """Why each cannot be taken. One that is known already is not too old: shops tell of an order again whenever it changes."""
    refused = [_refusal(sale, now) for sale in sales]
    late = [sale.order for sale, refusal in zip(sales, refused, strict=True) if isinstance(refusal, MomentInvalid)]
    known = await _known(brand_id, late) if late else {}
    return [None if sale.order in known else refusal for sale, refusal in zip(sales, refused, strict=True)]


def _refusal(sale: Sale, now: datetime) -> Refusal | None:
    if not now - OLDEST <= sale.happened_at <= now + AHEAD:
        return MomentInvalid()
    try:
        decimals(sale.currency)
    except ValueError:
        return CurrencyUnknown()
    return None


def _became(row: Made, first: dict[str, Made], fresh: set[str], known: dict[str, tuple[str, Report]]) -> Report | Refusal:
    fingerprint, report = known[row.shop_order]
    if row.fingerprint != fingerprint:
        return ReportDiffers()
    new = row.shop_order in fresh and first[row.shop_order] is row
    return Report(report.id, new, report.status, report.rule, report.reason, report.handle)


async def credited(
    brand_id: UUID, sales: Sequence[Sale], source: str, now: datetime
) -> tuple[list[Made], dict[UUID, list[MadeLine]]]:
    """The rows of the sales, credited by rule, with one line an article; made, not kept."""
    articles = [merged(sale.lines) for sale in sales]
    products = await conversion_reading.products(brand_id, [line.sku for lines in articles for line in lines])
    codes = await conversion_reading.codes(
        brand_id, {fold(code) for sale in sales for code in (sale.code, *sale.more_codes)} - {""}
    )
    clicks = await conversion_reading.clicks({named for sale in sales if (named := click_of(sale))})
    terms = await terms_of(
        {code.collaboration_id for code in codes.values()} | {click.collaboration_id for click in clicks.values()}
    )
    bans = await bans_of({version.creator_id for version in terms})
    rows, lines_of = list[Made](), dict[UUID, list[MadeLine]]()
    for sale, lines in zip(sales, articles, strict=True):
        moment, word = min(sale.happened_at, now), _naming(sale, codes)
        code, click = codes.get(word), clicks.get(click_of(sale))
        facts = Reported(
            brand_id=brand_id,
            happened_at=moment,
            code_given=bool(word),
            click_given=bool(sale.click),
            products=tuple(products.get(line.sku) for line in lines),
            buyer_id=click.buyer_id if click else None,
            buyer_is_member=bool(click and click.buyer_is_member),
            banned=frozenset(creator for creator, begun, ended in bans if begun <= moment and (ended is None or ended > moment)),
        )
        agreed = replace(click, consented=True) if click and sale.consented else click
        mine = {fact.collaboration_id for fact in (code, click) if fact}
        credit = decide(sale=facts, code=code, click=agreed, terms=[each for each in terms if each.collaboration_id in mine])
        row = _row(brand_id, sale, word, lines, credit, source, _fingerprint(sale, lines), now)
        rows.append(row)
        lines_of[row.id] = _line_rows(row.id, lines, facts, credit)
    return rows, lines_of


async def _known(brand_id: UUID, orders: Sequence[str]) -> dict[str, tuple[str, Report]]:
    """What is kept under these orders: fingerprint and report."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select v.id, v.shop_order, v.fingerprint, v.status, v.rule, v.reason, c.handle
            from conversion v left join creator c on c.id = v.creator where v.brand = $1 and v.shop_order = any($2::text[])
            """,
            brand_id,
            list(orders),
        )
    return {
        row["shop_order"]: (
            row["fingerprint"],
            Report(row["id"], False, ConversionStatus(row["status"]), row["rule"], row["reason"], row["handle"]),
        )
        for row in rows
    }


def merged(lines: Sequence[SoldLine]) -> list[SoldLine]:
    """One line an article: shops split articles over several lines, and returns name the article only."""
    found: dict[str, SoldLine] = {}
    for line in lines:
        before = found.get(line.sku)
        found[line.sku] = SoldLine(
            sku=line.sku,
            title=line.title[:200],
            quantity=line.quantity + (before.quantity if before else 0),
            net_minor=line.net_minor + (before.net_minor if before else 0),
        )
    return [found[sku] for sku in sorted(found)]


def _fingerprint(sale: Sale, lines: Sequence[SoldLine]) -> str:
    """What a repeated report must say again. Titles may change; the code counts as it is compared, not as it was typed."""
    content = [
        sale.currency,
        sale.happened_at.isoformat(),
        fold(sale.code),
        sale.click.lower(),
        sale.consented,
        *sorted(filter(None, map(fold, sale.more_codes))),
        [[line.sku, line.quantity, line.net_minor] for line in lines],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _naming(sale: Sale, codes: dict[str, CodeFact]) -> str:
    """The code that counts, folded: the first that names a creator then, else the first that ever did, else the first."""
    given = [code for code in map(fold, (sale.code, *sale.more_codes)) if code]
    known = [code for code in given if code in codes]
    good = [code for code in known if (ended := codes[code].ended_at) is None or sale.happened_at < ended]
    return next(iter([*good, *known, *given]), "")


def _row(
    brand_id: UUID,
    sale: Sale,
    named: str,
    lines: Sequence[SoldLine],
    credit: Credit,
    source: str,
    fingerprint: str,
    now: datetime,
) -> Made:
    return Made(
        id=uuid4(),
        brand=brand_id,
        shop_order=sale.order,
        source=source,
        fingerprint=fingerprint,
        currency=sale.currency,
        net_minor=sum(line.net_minor for line in lines),
        code=named,
        click=click_of(sale),
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


def _line_rows(conversion_id: UUID, lines: Sequence[SoldLine], facts: Reported, credit: Credit) -> list[MadeLine]:
    return [
        MadeLine(
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


def click_of(sale: Sale) -> UUID | None:
    """The click that a sale names, when it is an id at all."""
    try:
        return UUID(sale.click)
    except ValueError:
        return None
