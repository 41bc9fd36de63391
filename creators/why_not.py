"""Why not mine? A creator asks about an order or a visit and learns what became of their own touches; nothing about anybody else.

Unknown, foreign and uninteresting get the same answer: none of the creator's touches was considered (docs/attribution.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from creators.attribution_facts import Reason, Rule, Verdict
from creators.attribution_reading import LONGEST_WINDOW
from creators.conversion_rules import Reason as ShopReason
from creators.conversion_rules import Rule as ShopRule
from creators.credit_words import KINDS, REASONS, SHOP_REASONS, STRONGER, VERDICTS, verdict_words
from creators.profiles import creator_of
from creators.tables import AttributionDecision
from foundation import rate_limits
from foundation.accounts import Principal
from foundation.database import DB

ASKS_AN_HOUR = 30


@dataclass(frozen=True, kw_only=True)
class OwnTouch:
    """One of the creator's own touches, and what became of it for a line; `show` is "" for a link that leads to none."""

    at: datetime
    kind: str
    show: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One line that the creator's touches were considered for; of a sale in a shop, all of it under its brand's name.

    `title` is None when the product is not of their terms.
    """

    title: str | None
    mine: bool
    verdict: str
    touches: tuple[OwnTouch, ...]


async def why_not(*, asked: str, by: Principal) -> list[Answer]:
    """What became of the creator's touches in the order of that number, or after the visit of that id; empty when there were none.

    Raises `NotACreator`, `TooManyRequests`.
    """
    me = await creator_of(by=by)
    await rate_limits.spend(f"why-not:{me.id}", limit=ASKS_AN_HOUR, seconds=3600)
    text = asked.strip()[:64]
    orders = await _orders_after(me.id, touch) if (touch := _uuid(text)) else await _order_numbered(text)
    found = [await _answers(order_id, me.id, touch) for order_id in orders]
    return [*(answer for each in found for answer in each), *await _in_shops(text, touch, me.id)]


async def _in_shops(text: str, click: UUID | None, me: UUID) -> list[Answer]:
    """Of sales in brands' own shops: those of that number, or of that click, which named the creator's own link or code."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select b.name as brand, v.creator, v.rule, v.evidence, case when l.creator = $3 then k.at end as clicked_at
            from conversion v join brand b on b.id = v.brand left join click k on k.id = v.click left join tracking_link l on l.id = k.link
            where v.id in (
                select id from conversion where $2::uuid is null and shop_order = $1
                union select conversion from shop_standing where $2::uuid is null and called = $1 and called <> ''
                union select id from conversion where click = $2
            ) and (
                l.creator = $3 or ($2::uuid is null and exists (
                    select 1 from promo_code p where p.brand = v.brand and p.folded = v.code and p.creator = $3
                ))
            ) order by v.happened_at limit 20
            """,
            text,
            click,
            me,
        )
    return [_in_shop(row, mine=row["creator"] == me) for row in rows]


def _in_shop(row: Any, *, mine: bool) -> Answer:
    """Of the order no more than its brand: what else it named is not told."""
    evidence = msgspec.json.decode(row["evidence"])
    code = SHOP_REASONS[ShopReason(evidence["code"])] if evidence["code"] else None
    if row["clicked_at"] is None:
        return Answer(title=row["brand"], mine=mine, verdict=code or SHOP_REASONS[ShopReason.UNKNOWN_CODE], touches=())
    said = ShopReason(evidence["click"]["verdict"])
    of_click = SHOP_REASONS[said]
    if said is ShopReason.CLICK_IN_WINDOW:
        of_click = STRONGER[Rule.CODE] if row["rule"] == ShopRule.CODE else VERDICTS[Verdict.WON]
    touch = OwnTouch(at=row["clicked_at"], kind=KINDS["link_click"], show="", verdict=of_click)
    by_code = mine and row["rule"] == ShopRule.CODE and code
    return Answer(title=row["brand"], mine=mine, verdict=by_code or of_click, touches=(touch,))


async def _order_numbered(number: str) -> list[UUID]:
    async with DB.connection() as connection:
        rows = await connection.fetch("select id from shop_order where number = upper($1)", number)
    return [row["id"] for row in rows]


async def _orders_after(creator_id: UUID, touch_id: UUID) -> list[UUID]:
    """The orders that this touch in one of the creator's own shows was considered for."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select o.id from touch t join shop_order o on o.buyer = t.person and o.placed_at >= t.at and o.placed_at < t.at + $3::interval
            where t.id = $1 and t.creator = $2 order by o.placed_at limit 20
            """,
            touch_id,
            creator_id,
            LONGEST_WINDOW + timedelta(microseconds=1),
        )
    return [row["id"] for row in rows]


async def _answers(order_id: UUID, me: UUID, touch_id: UUID | None) -> list[Answer]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select distinct on (d.order_line) d.order_line, l.title, l.variant_name, exists (
                select 1 from attribution_share a where a.decision = d.id and a.creator = $2
            ) as mine, d.id
            from attribution_decision d join order_line l on l.id = d.order_line where d."order" = $1
            order by d.order_line, d.version desc
            """,
            order_id,
            me,
        )
        own = {
            str(row["id"]): row["title"]
            for row in await connection.fetch(
                """
                select t.id, coalesce(s.title, '') as title from shop_order o
                join touch t on t.person = o.buyer and t.at <= o.placed_at and t.at > o.placed_at - $3::interval
                left join show s on s.id = t.show where o.id = $1 and t.creator = $2
                """,
                order_id,
                me,
                LONGEST_WINDOW,
            )
        }
    decisions = {
        row.id: row
        for row in await AttributionDecision.objects()
        .where(AttributionDecision.id.is_in([row["id"] for row in rows] or [order_id]))
        .output(load_json=True)
    }
    answers = [_answer(dict(row), decisions[row["id"]], own, touch_id) for row in rows]
    return [answer for answer in answers if answer is not None]


def _answer(row: dict[str, Any], decision: AttributionDecision, own: dict[str, str], touch_id: UUID | None) -> Answer | None:
    evidence: Any = decision.evidence
    entries = [entry for entry in evidence.get("touches", []) if entry["id"] in own]
    if touch_id is not None:
        entries = [entry for entry in entries if entry["id"] == str(touch_id)]
    if not entries:
        return None
    covered = any(entry["verdict"] != Reason.OUTSIDE_BRIEF for entry in entries)
    return Answer(
        title=row["title"] if covered else None,
        mine=row["mine"],
        verdict=_verdict(entries, decision, mine=row["mine"]),
        touches=tuple(_own(entry, own[entry["id"]], decision.rule) for entry in entries),
    )


def _verdict(entries: Sequence[dict[str, Any]], decision: AttributionDecision, *, mine: bool) -> str:
    """In one sentence; of who won instead it says nothing but by which kind of rule."""
    if mine:
        return VERDICTS[Verdict.WON]
    if decision.rule == Rule.MANUAL:
        return REASONS[Reason.CORRECTED]
    return verdict_words(entries[-1]["verdict"], decision.rule)


def _own(entry: dict[str, Any], show: str, rule: str) -> OwnTouch:
    return OwnTouch(
        at=datetime.fromisoformat(entry["at"]),
        kind=KINDS.get(entry["kind"], KINDS["seen"]),
        show=show,
        verdict=verdict_words(entry["verdict"], rule),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
