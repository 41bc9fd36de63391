"""Why a sale is credited, as each side may read it (docs/attribution.md, Who sees what)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from creators.attribution import latest_decisions
from creators.attribution_facts import Reason, Rule, Verdict
from creators.profiles import creator_of, creators_by_id
from creators.tables import AttributionDecision, Show
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.i18n import _
from foundation.money import Money
from foundation.tables import Role
from marketplace.tables import BrandMember, Order, OrderLine

RULES = {
    Rule.MANUAL: _("Corrected by two persons"),
    Rule.CODE: _("The creator's code"),
    Rule.CLICK: _("Clicked within the window"),
    Rule.WATCHED: _("Watched within the window"),
    Rule.IN_STREAM: _("Bought in the stream"),
    Rule.LAST_TOUCH: _("Last touch within the window"),
    Rule.NONE: _("Nobody is credited"),
}
REASONS = {
    Reason.BOUGHT_IN_STREAM: _("Buy was tapped in this show less than an hour before the order."),
    Reason.CODE_NAMED: _("The buyer gave the creator's code."),
    Reason.LAST_TOUCH_IN_WINDOW: _("It was the buyer's last touch within the window of the terms."),
    Reason.FIRST_TOUCH_IN_WINDOW: _("It was the buyer's first touch within the window of the terms."),
    Reason.SHARED_EQUALLY: _("All visits within the window share equally, as the brief says."),
    Reason.SHARED_BY_POSITION: _("The first and the last visit have 40 % each, those between share the rest, as the brief says."),
    Reason.CORRECTED: _("Two persons corrected what the rules had said."),
    Reason.NO_TOUCH: _("The buyer touched no show within the last 30 days."),
    Reason.NO_GOODS: _("Delivery earns nobody a commission."),
    Reason.TOUCH_AFTER_SALE: _("It happened after the order."),
    Reason.SEEN_ONLY: _("It was only seen in passing."),
    Reason.NO_CONSENT: _("The buyer had not agreed to be recognised by the link."),
    Reason.NO_TERMS: _("No terms were in force yet."),
    Reason.SELF_REFERRAL: _("The creator bought it."),
    Reason.BRAND_MEMBER: _("The buyer works for the brand."),
    Reason.CREATOR_BANNED: _("The creator was banned."),
    Reason.OUTSIDE_BRIEF: _("The product is not part of the terms of that show."),
    Reason.COLLABORATION_ENDED: _("The collaboration had ended."),
    Reason.OUTSIDE_WINDOW: _("The window of the terms was over."),
    Reason.UNKNOWN_CODE: _("The code names nobody at this brand."),
    Reason.CODE_ENDED: _("The code had ended."),
}
VERDICTS: dict[str, str] = {
    Verdict.WON: _("This touch won."),
    Verdict.LATER_TOUCH: _("A stronger or later touch won."),
    Verdict.EARLIER_TOUCH: _("An earlier touch won."),
    Verdict.STRONGER_RULE: _("A stronger rule decided: a purchase in the stream, a code, or a click."),
    Verdict.OTHER_BRIEF: _("A later touch of another brief decided."),
    Verdict.SAME_VISIT: _("It belongs to a visit that counts once."),
    **{str(reason): text for reason, text in REASONS.items()},
}
KINDS = {
    "show_view": _("Watched the show"),
    "product_click": _("Opened a product"),
    "buy_tap": _("Tapped Buy"),
    "link_click": _("Followed a link"),
}


@dataclass(frozen=True, kw_only=True)
class SeenTouch:
    """A touch in the time line. `show` is None when it is another creator's and not for these eyes."""

    at: datetime
    kind: str
    show: str | None
    verdict: str
    won: bool
    window_days: int | None


@dataclass(frozen=True, kw_only=True)
class Why:
    """One line of an order with its decision, for one pair of eyes."""

    line: OrderLine
    order_number: str
    placed_at: datetime
    gross: Money
    decision: AttributionDecision
    handle: str | None
    creator_name: str | None
    rule: str
    reason: str
    touches: tuple[SeenTouch, ...]


async def credited_handles(*, number: str, by: Principal) -> list[str]:
    """The handles that a buyer's own order is credited to; empty while nothing is decided. Raises `NotFound`."""
    order = await Order.select(Order.id).where(Order.number == number).where(Order.buyer == by.id).first()
    if order is None:
        raise NotFound
    decisions = await latest_decisions(order["id"])
    known = await creators_by_id({row.creator for row in decisions.values() if row.creator})
    return sorted({creator.handle for creator in known.values()})


async def why(*, order_line_id: UUID, by: Principal) -> Why:
    """Why an order line is credited: for the credited creator, the selling brand's members, and finance. Raises `NotFound`."""
    line = await OrderLine.objects().where(OrderLine.id == order_line_id).first()
    if line is None:
        raise NotFound
    decision = (await latest_decisions(line.order)).get(line.id)
    if decision is None:
        raise NotFound
    eyes = await _eyes(line, decision, by)
    order = await Order.objects().where(Order.id == line.order).first()
    if order is None:
        raise NotFound
    creator = (await creators_by_id({decision.creator})).get(decision.creator) if decision.creator else None
    return Why(
        line=line,
        order_number=order.number,
        placed_at=order.placed_at,
        gross=Money(line.gross_minor, order.currency),
        decision=decision,
        handle=creator.handle if creator else None,
        creator_name=creator.display_name if creator else None,
        rule=RULES[Rule(decision.rule)],
        reason=REASONS[Reason(decision.reason)],
        touches=tuple(await _seen(decision, eyes)),
    )


async def sales_of(*, by: Principal, show_id: UUID | None = None, limit: int = 200, offset: int = 0) -> list[dict[str, Any]]:
    """The order lines credited to the creator, newest first, with the rule; of one show when it is named."""
    me = await creator_of(by=by)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select d.order_line, d.rule, d.reason, d.decided_at, d.version, l.title, l.variant_name, l.picture, l.quantity,
                   l.gross_minor, l.refunded_minor, o.currency, o.placed_at, s.title as show_title, s.id as show_id
            from attribution_decision d join order_line l on l.id = d.order_line join shop_order o on o.id = d."order"
            left join show s on s.id = d.show
            where d.creator = $1 and ($2::uuid is null or d.show = $2)
              and not exists (select 1 from attribution_decision n where n.order_line = d.order_line and n.version > d.version)
            order by o.placed_at desc, d.id limit $3 offset $4
            """,
            me.id,
            show_id,
            limit,
            offset,
        )
    return [
        {**dict(row), "gross": Money(row["gross_minor"], row["currency"]), "rule_text": RULES[Rule(row["rule"])]} for row in rows
    ]


@dataclass(frozen=True)
class _Eyes:
    """What the reader may know: everything, or the shows of these creators and brands."""

    everything: bool
    creator_id: UUID | None
    brand_id: UUID | None


async def _eyes(line: OrderLine, decision: AttributionDecision, by: Principal) -> _Eyes:
    if by.has(Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.ADMINISTRATOR):
        return _Eyes(everything=True, creator_id=None, brand_id=None)
    if await BrandMember.exists().where(BrandMember.brand == line.brand).where(BrandMember.person == by.id):
        return _Eyes(everything=False, creator_id=None, brand_id=line.brand)
    if decision.creator is not None and by.has(Role.CREATOR):
        me = await creator_of(by=by)
        if me.id == decision.creator:
            return _Eyes(everything=False, creator_id=me.id, brand_id=None)
    raise NotFound


async def _seen(decision: AttributionDecision, eyes: _Eyes) -> list[SeenTouch]:
    evidence: Any = decision.evidence
    entries: list[dict[str, Any]] = evidence["touches"]
    if not entries:
        return []
    ids = list({UUID(entry["show"]) for entry in entries})
    shows = {show.id: show for show in await Show.objects().where(Show.id.is_in(ids))}
    return [_one(entry, shows.get(UUID(entry["show"])), eyes) for entry in entries]


def _one(entry: dict[str, Any], show: Show | None, eyes: _Eyes) -> SeenTouch:
    mine = show is not None and (eyes.everything or show.creator == eyes.creator_id or show.brand == eyes.brand_id)
    return SeenTouch(
        at=datetime.fromisoformat(entry["at"]),
        kind=KINDS[entry["kind"]],
        show=show.title if show is not None and mine else None,
        verdict=VERDICTS[entry["verdict"]],
        won=entry["verdict"] == "won",
        window_days=entry["window_days"] if mine else None,
    )
