"""Deciding all orders again from what is kept: the same decisions must come out, or the differences are named.

Orders are read in 256 slices by the first byte of their ids, so memory is bounded and several programs can share the work; the
fingerprint of the whole is the same however it was shared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from creators import attribution
from creators.attribution_facts import POLICIES, POLICY, Decision, Policy, Rule
from creators.attribution_reading import Facts, facts_of
from creators.attribution_rules import decide
from foundation import clock
from foundation.database import DB

SLICES = 256
AT_ONCE = 2000
MOST_NAMED = 20
RECENT = timedelta(days=2)
Answer = tuple[str, str, str, tuple[tuple[str, str, str, int], ...]]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What a slice of the orders gave: digests of the kept and of the found decisions, and the orders where they differ.

    `corrected` lines are people's decisions: they are in neither digest.
    """

    number: int
    orders: int
    lines: int
    corrected: int
    kept: str
    found: str
    differing: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The whole. `kept` and `found` are equal when every order was decided again as it had been."""

    orders: int
    lines: int
    corrected: int
    kept: str
    found: str
    differing: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    line: UUID
    order: UUID
    policy: str
    rule: str
    answer: Answer


async def replay(*, policy: Policy | None = None) -> Replay:
    """Decide every order again, one slice after the other; `policy` instead of the one that each order is under. Changes nothing."""
    return joined([await replay_slice(number, policy=policy) for number in range(SLICES)])


async def replay_slice(number: int, *, policy: Policy | None = None) -> Slice:
    """Decide the orders again whose ids begin with the byte `number` (0 to 255)."""
    kept_hash, found_hash = hashlib.sha256(), hashlib.sha256()
    orders = lines = corrected = 0
    differing: list[UUID] = []
    after = UUID(int=number << 120)
    while ids := await _order_ids(number, after, first=after.int == number << 120 and orders == 0):
        kept = await _kept(ids)
        facts = {one.sale.order_id: one for one in await facts_of(ids)}
        for order_id in ids:
            mine = [row for row in kept[order_id] if row.rule != Rule.MANUAL]
            corrected += len(kept[order_id]) - len(mine)
            found = _found(facts[order_id], mine, policy)
            kept_hash.update(_lines((row.line, row.answer) for row in mine))
            found_hash.update(_lines(found))
            if [(row.line, row.answer) for row in mine] != found:
                differing.append(order_id)
            lines += len(mine)
        orders, after = orders + len(ids), ids[-1]
    return Slice(
        number=number,
        orders=orders,
        lines=lines,
        corrected=corrected,
        kept=kept_hash.hexdigest(),
        found=found_hash.hexdigest(),
        differing=tuple(differing),
    )


def joined(slices: Iterable[Slice]) -> Replay:
    """The whole of all slices, in whatever order they come."""
    parts = sorted(slices, key=lambda part: part.number)
    return Replay(
        orders=sum(part.orders for part in parts),
        lines=sum(part.lines for part in parts),
        corrected=sum(part.corrected for part in parts),
        kept=hashlib.sha256("".join(part.kept for part in parts).encode()).hexdigest(),
        found=hashlib.sha256("".join(part.found for part in parts).encode()).hexdigest(),
        differing=tuple(order for part in parts for order in part.differing),
    )


async def apply(order_ids: Sequence[UUID], *, policy: Policy | None = None) -> int:
    """Give these orders the decisions that the rules find now, as new versions; return how many orders changed."""
    changed = 0
    for order_id in order_ids:
        before = await attribution.latest_decisions(order_id)
        after = await attribution.attribute_order(order_id=order_id, policy=policy)
        changed += any(before.get(row.order_line) is None or before[row.order_line].id != row.id for row in after)
    return changed


async def catch_up() -> int:
    """Decide the orders of the last two days again that late facts have changed; return how many changed."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select distinct d."order" as id from attribution_decision d join shop_order o on o.id = d."order"
            where o.placed_at > $1 order by 1
            """,
            clock.now() - RECENT,
        )
    ids, changed = [row["id"] for row in rows], 0
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        kept = await _kept(part)
        late = [
            one.sale.order_id
            for one in await facts_of(part)
            if (mine := [row for row in kept[one.sale.order_id] if row.rule != Rule.MANUAL])
            and [(row.line, row.answer) for row in mine] != _found(one, mine, None)
        ]
        changed += await apply(late)
    return changed


def _found(facts: Facts, kept: Sequence[_Kept], policy: Policy | None) -> list[tuple[UUID, Answer]]:
    """What the rules say of the lines that they had decided."""
    if not kept:
        return []
    under = policy or POLICIES.get(kept[0].policy, POLICY)
    lines = {row.line for row in kept}
    decided = decide(
        sale=facts.sale, touches=facts.touches, terms=facts.terms, hosts=facts.hosts, policy=under, with_evidence=False
    )
    return [(decision.line_id, _answer(decision)) for decision in decided if decision.line_id in lines]


def _answer(decision: Decision) -> Answer:
    shares = tuple((str(share.creator_id), str(share.show_id or ""), str(share.terms_id), share.bp) for share in decision.shares)
    return (decision.rule.value, decision.reason.value, decision.policy_version, shares)


def _lines(answers: Iterable[tuple[UUID, Answer]]) -> bytes:
    return "".join(
        f"{line}|{rule}|{reason}|{policy}|{';'.join(':'.join(map(str, share)) for share in shares)}\n"
        for line, (rule, reason, policy, shares) in answers
    ).encode()


async def _order_ids(number: int, after: UUID, *, first: bool) -> list[UUID]:
    end = f"and \"order\" < '{UUID(int=(number + 1) << 120)}'" if number < SLICES - 1 else ""
    sign = ">=" if first else ">"
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f'select distinct "order" as id from attribution_decision where "order" {sign} $1 {end} order by 1 limit $2',  # noqa: S608
            after,
            AT_ONCE,
        )
    return [row["id"] for row in rows]


async def _kept(order_ids: Sequence[UUID]) -> dict[UUID, list[_Kept]]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select d.order_line, d."order", d.policy_version, d.rule, d.reason, s.shares
            from (
                select distinct on (order_line) * from attribution_decision where "order" = any($1::uuid[])
                order by order_line, version desc
            ) d left join lateral (
                select array_agg(concat_ws(':', s.creator, coalesce(s.show::text, ''), s.terms, s.share_bp) order by s.position) as shares
                from attribution_share s where s.decision = d.id
            ) s on true
            order by d."order", d.order_line
            """,
            list(order_ids),
        )
    kept: dict[UUID, list[_Kept]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        kept[row["order"]].append(_one_kept(row))
    return kept


def _one_kept(row: Any) -> _Kept:
    shares = tuple(_share(text) for text in row["shares"] or ())
    answer: Answer = (row["rule"], row["reason"], row["policy_version"], shares)
    return _Kept(row["order_line"], row["order"], row["policy_version"], row["rule"], answer)


def _share(text: str) -> tuple[str, str, str, int]:
    creator, show, terms, bp = text.split(":")
    return creator, show, terms, int(bp)
