"""Why a sale is credited, as each side may read it (docs/attribution.md, Who sees what)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from creators.attribution import latest_decisions, shares_of
from creators.attribution_facts import Reason, Rule, Verdict
from creators.attribution_tables import AttributionCorrection, AttributionShare, CorrectionStatus
from creators.credit_words import KINDS, REASONS, RULES, VERDICTS, verdict_words
from creators.hosts import together_in
from creators.profiles import creator_of, creators_by_id
from creators.tables import AttributionDecision
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from foundation.tables import Role
from marketplace.tables import BrandMember, LineKind, Order, OrderLine

ALL_EYES = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.ADMINISTRATOR)
"""Who may read why any line is credited."""


@dataclass(frozen=True, kw_only=True)
class SeenTouch:
    """A touch in the time line.

    `mine`: it is for these eyes. Else `show`, `product`, `entry_page` and `referrer` are empty. `show` is "" for a link that leads to
    no show; `entry_page` is where the visit began and `referrer` the host that led there, both known only with consent.
    """

    at: datetime
    kind: str
    mine: bool
    show: str
    product: str
    entry_page: str
    referrer: str
    verdict: str
    won: bool
    window_days: int | None


@dataclass(frozen=True, kw_only=True)
class SeenShare:
    """What one creator has of the line. `handle` is None when it is not for these eyes; `mine` is the reader's own."""

    handle: str | None
    bp: int
    mine: bool


@dataclass(frozen=True, kw_only=True)
class SeenVersion:
    """One version of the decision."""

    version: int
    at: datetime
    rule: str
    reason: str
    policy: str
    shares: tuple[SeenShare, ...]


@dataclass(frozen=True, kw_only=True)
class SeenCorrection:
    """A correction of the line. `maker` and `checker` are names for finance only; `mine` was asked by the reader."""

    id: UUID
    status: CorrectionStatus
    handle: str | None
    undo: bool
    reason: str
    answer: str
    asked_at: datetime
    maker: str | None
    checker: str | None
    mine: bool
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Why:
    """One line of an order with its decision, for one pair of eyes. `desk` is True for finance, who may correct it."""

    line: OrderLine
    order_number: str
    placed_at: datetime
    gross: Money
    decision: AttributionDecision
    handle: str | None
    shares: tuple[SeenShare, ...]
    rule: str
    reason: str
    code: str | None
    touches: tuple[SeenTouch, ...]
    versions: tuple[SeenVersion, ...]
    corrections: tuple[SeenCorrection, ...]
    desk: bool


@dataclass(frozen=True)
class Eyes:
    """What the reader may know: everything, or the shows and shares of these creators and this brand."""

    everything: bool
    creator_id: UUID | None
    brand_id: UUID | None
    known: frozenset[UUID] = frozenset()

    def may_name(self, creator_id: UUID) -> bool:
        """The reader works with that creator, or is them."""
        return self.everything or self.brand_id is not None or creator_id in self.known


@dataclass(frozen=True)
class Supported:
    """Whom a buyer's order supports, by handle; `whole` when no thing in it is credited to nobody."""

    handles: tuple[str, ...]
    whole: bool


async def supported(*, number: str, by: Principal) -> Supported:
    """Whom the buyer's own order is credited to; nobody while nothing is decided. Raises `NotFound`."""
    order = await Order.select(Order.id).where(Order.number == number).where(Order.buyer == by.id).first()
    if order is None:
        raise NotFound
    decided = await latest_decisions(order["id"])
    shares = await shares_of([row.id for row in decided.values()])
    known = await creators_by_id({share.creator for each in shares.values() for share in each})
    goods = await OrderLine.select(OrderLine.id).where((OrderLine.order == order["id"]) & (OrderLine.kind == LineKind.GOODS))
    return Supported(
        handles=tuple(sorted({creator.handle for creator in known.values()})),
        whole=all(line["id"] in decided and shares.get(decided[line["id"]].id, []) != [] for line in goods),
    )


async def why(*, order_line_id: UUID, by: Principal, as_staff: bool = False) -> Why:
    """Why an order line is credited: for creators who have or had a share, the selling brand's members, and finance `as_staff`.

    Raises `NotFound`.
    """
    line = await OrderLine.objects().where(OrderLine.id == order_line_id).first()
    order = await Order.objects().where(Order.id == line.order).first() if line else None
    if line is None or order is None:
        raise NotFound
    versions = await versions_of(line.id)
    shares = await shares_of([row.id for row in versions])
    eyes = await eyes_of(line, [share for each in shares.values() for share in each], by, as_staff=as_staff)
    latest = versions[-1]
    handles = {row.id: row.handle for row in (await creators_by_id(await _named(line, shares))).values()}
    seen = {row.id: _shares(shares.get(row.id, []), eyes, handles) for row in versions}
    evidence: Any = latest.evidence
    code = evidence.get("code")
    return Why(
        line=line,
        order_number=order.number,
        placed_at=order.placed_at,
        gross=Money(line.gross_minor, order.currency),
        decision=latest,
        handle=next((share.handle for share in seen[latest.id]), None),
        shares=seen[latest.id],
        rule=RULES[Rule(latest.rule)],
        reason=REASONS[Reason(latest.reason)],
        code=VERDICTS[code] if code and code != Reason.CODE_NAMED else None,
        touches=tuple(await _seen(latest, eyes)),
        versions=tuple(_version(row, seen[row.id]) for row in reversed(versions)),
        corrections=tuple(await _corrections(line, latest, eyes, handles, by)),
        desk=eyes.everything,
    )


async def sales_of(*, by: Principal, show_id: UUID | None = None, limit: int = 200, offset: int = 0) -> list[dict[str, Any]]:
    """The order lines that the creator has a share of, newest first, with rule and `share_bp`; of one show when it is named."""
    me = await creator_of(by=by)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select d.order_line, d.rule, d.reason, d.decided_at, d.version, l.title, l.variant_name, l.picture, l.quantity,
                   l.gross_minor, l.refunded_minor, o.currency, o.placed_at, s.title as show_title, s.id as show_id, a.share_bp
            from attribution_share a join attribution_decision d on d.id = a.decision
            join order_line l on l.id = d.order_line join shop_order o on o.id = d."order" left join show s on s.id = a.show
            where a.creator = $1 and ($2::uuid is null or a.show = $2)
              and not exists (select 1 from attribution_decision n where n.order_line = d.order_line and n.version > d.version)
            order by o.placed_at desc, a.id limit $3 offset $4
            """,
            me.id,
            show_id,
            limit,
            offset,
        )
    return [
        {**dict(row), "gross": Money(row["gross_minor"], row["currency"]), "rule_text": RULES[Rule(row["rule"])]} for row in rows
    ]


async def eyes_of(line: OrderLine, shares: Sequence[AttributionShare], by: Principal, *, as_staff: bool) -> Eyes:
    """Who looks at a line that these shares were or are of. Raises `NotFound` for everybody else."""
    if as_staff and by.has(*ALL_EYES):
        return Eyes(everything=True, creator_id=None, brand_id=None)
    if await BrandMember.exists().where(BrandMember.brand == line.brand).where(BrandMember.person == by.id):
        return Eyes(everything=False, creator_id=None, brand_id=line.brand)
    if by.has(Role.CREATOR):
        me = await creator_of(by=by)
        mine = [share for share in shares if share.creator == me.id]
        if mine:
            return Eyes(everything=False, creator_id=me.id, brand_id=None, known=await _colleagues(me.id, mine, shares))
    raise NotFound


async def _colleagues(me: UUID, mine: Sequence[AttributionShare], shares: Sequence[AttributionShare]) -> frozenset[UUID]:
    """The reader, and who hosts the reader's shows of this line with them."""
    shows = {share.show for share in mine if share.show}
    together = {share.creator for share in shares if share.show in shows}
    return frozenset({me, *together}) if any([await together_in(show) for show in shows]) else frozenset({me})


async def versions_of(order_line_id: UUID) -> list[AttributionDecision]:
    """All versions of a line's decision, the first one first. Raises `NotFound` while nothing is decided."""
    rows = (
        await AttributionDecision.objects()
        .where(AttributionDecision.order_line == order_line_id)
        .order_by(AttributionDecision.version)
        .output(load_json=True)
    )
    if not rows:
        raise NotFound
    return rows


async def _named(line: OrderLine, shares: dict[UUID, list[AttributionShare]]) -> set[UUID]:
    asked = await AttributionCorrection.select(AttributionCorrection.creator).where(AttributionCorrection.order_line == line.id)
    return {share.creator for each in shares.values() for share in each} | {row["creator"] for row in asked if row["creator"]}


def _shares(shares: Sequence[AttributionShare], eyes: Eyes, handles: dict[UUID, str]) -> tuple[SeenShare, ...]:
    seen = [
        SeenShare(
            handle=handles.get(share.creator) if eyes.may_name(share.creator) else None,
            bp=share.share_bp,
            mine=share.creator == eyes.creator_id,
        )
        for share in shares
    ]
    return tuple(sorted(seen, key=lambda share: (not share.mine, -share.bp)))


def _version(row: AttributionDecision, shares: tuple[SeenShare, ...]) -> SeenVersion:
    return SeenVersion(
        version=row.version,
        at=row.decided_at,
        rule=RULES[Rule(row.rule)],
        reason=REASONS[Reason(row.reason)],
        policy=row.policy_version,
        shares=shares,
    )


async def _corrections(
    line: OrderLine, latest: AttributionDecision, eyes: Eyes, handles: dict[UUID, str], by: Principal
) -> list[SeenCorrection]:
    """Creators and brands see what was agreed to; finance sees what was asked, too."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select c.*, m.display_name as maker_name, k.display_name as checker_name from attribution_correction c
            join person m on m.id = c.maker left join person k on k.id = c.checker
            where c.order_line = $1 and ($2 or c.status = 'agreed') order by c.asked_at desc, c.id
            """,
            line.id,
            eyes.everything,
        )
    evidence: Any = latest.evidence
    holding = evidence.get("correction", {}).get("id") if latest.rule == Rule.MANUAL else None
    return [
        SeenCorrection(
            id=row["id"],
            status=CorrectionStatus(row["status"]),
            handle=handles.get(row["creator"]) if row["creator"] and eyes.may_name(row["creator"]) else None,
            undo=row["undoes"] is not None,
            reason=row["reason"],
            answer=row["answer"],
            asked_at=row["asked_at"],
            maker=row["maker_name"] if eyes.everything else None,
            checker=row["checker_name"] if eyes.everything else None,
            mine=row["maker"] == by.id,
            holds=str(row["id"]) == holding,
        )
        for row in rows
    ]


async def _seen(decision: AttributionDecision, eyes: Eyes) -> list[SeenTouch]:
    evidence: Any = decision.evidence
    entries: list[dict[str, Any]] = evidence.get("touches", [])
    if not entries:
        return []
    about = await _about([UUID(entry["id"]) for entry in entries])
    return [_one(entry, about.get(UUID(entry["id"]), {}), eyes, decision.rule) for entry in entries]


async def _about(touch_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What is known of these touches beside their verdicts: whose they are, show, product and how the visit began."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select t.id, t.creator, coalesce(s.brand, l.brand) as brand, coalesce(s.title, '') as show, coalesce(p.title, '') as product,
                   coalesce(o.entry_page, regexp_replace(l.target, '^https?://[^/]+', ''), '') as entry_page, coalesce(o.referrer, nullif(k.referrer, ''), '') as referrer
            from touch t left join show s on s.id = t.show left join product p on p.id = t.product
            left join touch_origin o on o.touch = t.id
            left join click k on t.kind = 'link_click' and k.id = t.id left join tracking_link l on l.id = k.link
            where t.id = any($1::uuid[])
            """,
            list(touch_ids),
        )
    return {row["id"]: dict(row) for row in rows}


def _one(entry: dict[str, Any], about: dict[str, Any], eyes: Eyes, rule: str) -> SeenTouch:
    mine = bool(about) and (eyes.everything or about["creator"] in eyes.known or about["brand"] == eyes.brand_id)
    told = {key: about[key] if mine else "" for key in ("show", "product", "entry_page", "referrer")}
    return SeenTouch(
        at=datetime.fromisoformat(entry["at"]),
        kind=KINDS.get(entry["kind"], KINDS["seen"]),
        mine=mine,
        verdict=verdict_words(entry["verdict"], rule),
        won=entry["verdict"] == Verdict.WON,
        window_days=entry["window_days"] if mine else None,
        **told,
    )
