"""Attributing an order: the rules' answer for each line, kept as a version that is never edited (docs/attribution.md)."""

from __future__ import annotations

import json
from collections.abc import Collection
from uuid import UUID, uuid4

from creators.attribution_facts import POLICIES, POLICY, Decision, Policy, Rule, Share
from creators.attribution_reading import facts_of
from creators.attribution_rules import decide
from creators.attribution_tables import AttributionShare
from creators.events import AttributionRevised
from creators.tables import AttributionDecision
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from marketplace.tables import Order


async def attribute_order(*, order_id: UUID, policy: Policy | None = None) -> list[AttributionDecision]:
    """Decide each line of an order and return the latest decisions, in the order of the lines' ids.

    Joins the caller's transaction. Writes version 1 once; asked again it returns what is there, or writes the next version when
    the facts have changed. An order is decided by the policy that decided it first, unless another one is named; what people
    have corrected stays as they have it. The order's row is locked meanwhile. Raises `NotFound`.
    """
    async with DB.transaction():
        await lock_order(order_id)
        latest = await latest_decisions(order_id)
        kept = await shares_of([row.id for row in latest.values()])
        found = await answers(order_id, policy or policy_of(latest))
        return [await _followed(order_id, each, latest.get(each.line_id), kept) for each in found]


async def answers(order_id: UUID, policy: Policy) -> tuple[Decision, ...]:
    """What the rules say now about each line of an order; nothing is kept. Raises `NotFound`."""
    facts = await facts_of([order_id])
    if not facts:
        raise NotFound
    (one,) = facts
    return decide(sale=one.sale, touches=one.touches, terms=one.terms, hosts=one.hosts, policy=policy)


def policy_of(latest: dict[UUID, AttributionDecision]) -> Policy:
    """The policy that an order is under: that of its decisions, or the one of today."""
    return next((POLICIES[row.policy_version] for row in latest.values() if row.policy_version in POLICIES), POLICY)


async def lock_order(order_id: UUID) -> None:
    """Let nobody else decide about this order until the transaction ends. Raises `NotFound`."""
    if not await Order.select(Order.id).where(Order.id == order_id).lock_rows("UPDATE"):
        raise NotFound


async def latest_decisions(order_id: UUID) -> dict[UUID, AttributionDecision]:
    """The decision that holds for each line of an order, by line."""
    rows = (
        await AttributionDecision.objects()
        .where(AttributionDecision.order == order_id)
        .order_by(AttributionDecision.version)
        .output(load_json=True)
    )
    return {row.order_line: row for row in rows}


async def shares_of(decision_ids: Collection[UUID]) -> dict[UUID, list[AttributionShare]]:
    """The shares of these decisions, the greatest first; a decision that credits nobody has none."""
    if not decision_ids:
        return {}
    rows = (
        await AttributionShare.objects()
        .where(AttributionShare.decision.is_in(list(decision_ids)))
        .order_by(AttributionShare.decision)
        .order_by(AttributionShare.position)
    )
    found: dict[UUID, list[AttributionShare]] = {}
    for row in rows:
        found.setdefault(row.decision, []).append(row)
    return found


async def keep(
    *, order_id: UUID, decision: Decision, latest: AttributionDecision | None, by: Principal | None = None
) -> AttributionDecision:
    """Write the next version of a line's decision, with its shares; `by` is who corrected it."""
    first = decision.first
    row = AttributionDecision(
        id=uuid4(),
        order_line=decision.line_id,
        order=order_id,
        version=latest.version + 1 if latest else 1,
        creator=first.creator_id if first else None,
        show=first.show_id if first else None,
        terms=first.terms_id if first else None,
        rule=decision.rule,
        reason=decision.reason,
        evidence=json.dumps(decision.evidence),
        policy_version=decision.policy_version,
        decided_at=clock.now(),
    )
    await row.save()
    if decision.shares:
        await AttributionShare.insert(*(_share(row.id, place, share) for place, share in enumerate(decision.shares)))
    await audit.record(
        by=by,
        action="attribution.decide",
        kind="order_line",
        id=decision.line_id,
        version=row.version,
        rule=str(decision.rule),
        reason=str(decision.reason),
        creator=row.creator,
    )
    if latest is not None:
        await outbox.publish(AttributionRevised(order_id=order_id))
    row.evidence = decision.evidence
    return row


def _share(decision_id: UUID, position: int, share: Share) -> AttributionShare:
    return AttributionShare(
        id=uuid4(),
        decision=decision_id,
        position=position,
        creator=share.creator_id,
        show=share.show_id,
        terms=share.terms_id,
        share_bp=share.bp,
    )


async def _followed(
    order_id: UUID, decision: Decision, latest: AttributionDecision | None, kept: dict[UUID, list[AttributionShare]]
) -> AttributionDecision:
    if latest is not None and (latest.rule == Rule.MANUAL or _same(latest, kept.get(latest.id, []), decision)):
        return latest
    return await keep(order_id=order_id, decision=decision, latest=latest)


def _same(row: AttributionDecision, shares: Collection[AttributionShare], decision: Decision) -> bool:
    kept = [(share.creator, share.show, share.terms, share.share_bp) for share in shares]
    found = [(share.creator_id, share.show_id, share.terms_id, share.bp) for share in decision.shares]
    return (
        kept == found
        and (row.rule, row.reason, row.policy_version) == (decision.rule, decision.reason, decision.policy_version)
        and _seen(row.evidence) == _seen(decision.evidence)
    )


def _seen(evidence: object) -> object:
    """The touches that were considered, with their verdicts; what else is kept beside them may grow with the program."""
    touches = evidence.get("touches", []) if isinstance(evidence, dict) else []
    return [(touch["id"], touch["verdict"]) for touch in touches]
