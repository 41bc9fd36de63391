"""Correcting a credit by hand: one person asks with a reason, another agrees, and the line gets a new version of its decision.

Nothing is edited: what the rules had said stays, and a correction is taken back by another one (docs/attribution.md, Corrections).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from creators import attribution
from creators.attribution_facts import WHOLE, Decision, Reason, Rule, Share
from creators.attribution_tables import AttributionCorrection, CorrectionStatus
from creators.tables import AttributionDecision, Creator
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import Forbidden, InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Role
from marketplace.tables import Order, OrderLine

SHORTEST_REASON = 10
DESK = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.ADMINISTRATOR)


class ReasonMissing(InvalidField):
    """A correction says why: creator and brand read it."""

    code = "reason_missing"
    message = _("Please say why, in 10 characters or more: creator and brand read it.")
    field = "reason"


class HandleUnknown(InvalidField):
    """There is no creator of that handle."""

    code = "handle_unknown"
    message = _("There is no creator of this handle.")
    field = "handle"


class NoTermsThen(InvalidField):
    """The creator had no terms with the brand when the order was placed, so there is no rate to pay."""

    code = "no_terms_then"
    message = _("This creator had no terms with the brand when the order was placed.")
    field = "handle"


class BuyerIsCreator(InvalidField):
    """Nobody is credited for what they bought themselves."""

    code = "buyer_is_creator"
    message = _("This creator is the buyer.")
    field = "handle"


class CreditedAlready(InvalidField):
    """The line stands so already."""

    code = "credited_already"
    message = _("The line is credited like this already.")
    field = "handle"


class OrderUnknown(InvalidField):
    """No order of that number has been decided."""

    code = "order_unknown"
    status = 404
    message = _("There is no order of this number, or nothing is decided yet.")
    field = "order"


class CorrectionOpen(Refusal):
    """One correction of a line at a time."""

    code = "correction_open"
    status = 409
    message = _("A correction of this line waits for its second person.")


class SamePerson(Refusal):
    """The second person is another one."""

    code = "same_person"
    status = 403
    message = _("Another person has to agree.")


async def ask(*, order_line_id: UUID, handle: str, reason: str, by: Principal) -> UUID:
    """Ask to credit a line to the creator of `handle`, or to nobody when it is empty; return the correction's id.

    Raises `Forbidden`, `NotFound`, `ReasonMissing`, `HandleUnknown`, `NoTermsThen`, `BuyerIsCreator`, `CreditedAlready`, `CorrectionOpen`.
    """
    _check(reason, by)
    async with DB.transaction():
        line, order = await _line(order_line_id)
        await attribution.lock_order(order.id)
        creator = await _creator(handle) if handle.strip() else None
        if creator is not None and creator.person == order.buyer:
            raise BuyerIsCreator
        terms = await _terms_then(creator.id, line.brand, order) if creator else None
        latest = await _latest(line)
        kept = await attribution.shares_of([latest.id])
        if [(share.creator, share.terms) for share in kept.get(latest.id, [])] == ([(creator.id, terms)] if creator else []):
            raise CreditedAlready
        return await _open(line, by, reason, creator=creator.id if creator else None, terms=terms)


async def ask_undo(*, correction_id: UUID, reason: str, by: Principal) -> UUID:
    """Ask to take a correction back, so that the rules decide again. Raises as `ask`, and `WrongState` when it does not hold."""
    _check(reason, by)
    async with DB.transaction():
        done = await AttributionCorrection.objects().where(AttributionCorrection.id == correction_id).first()
        if done is None:
            raise NotFound
        line, order = await _line(done.order_line)
        await attribution.lock_order(order.id)
        latest = await _latest(line)
        if done.status != CorrectionStatus.AGREED or _correction_of(latest) != str(done.id):
            raise WrongState
        return await _open(line, by, reason, undoes=done.id)


async def agree(*, correction_id: UUID, by: Principal) -> None:
    """Agree to somebody else's correction: the line gets its next version. Raises `Forbidden`, `NotFound`, `SamePerson`, `WrongState`."""
    async with DB.transaction():
        asked = await _answered(correction_id, CorrectionStatus.AGREED, "", by)
        await attribution.lock_order(asked.order)
        line, _order = await _line(asked.order_line)
        latest = await _latest(line)
        decision = await _by_rules(asked, latest) if asked.undoes else _by_hand(asked, latest, by)
        await attribution.keep(order_id=asked.order, decision=decision, latest=latest, by=by)


async def refuse(*, correction_id: UUID, answer: str, by: Principal) -> None:
    """Do not agree, and say why; the maker may take their own back like this. Raises `Forbidden`, `NotFound`, `ReasonMissing`, `WrongState`."""
    _check(answer, by)
    async with DB.transaction():
        await _answered(correction_id, CorrectionStatus.REFUSED, answer.strip()[:500], by)


async def _open(
    line: OrderLine,
    by: Principal,
    reason: str,
    *,
    creator: UUID | None = None,
    terms: UUID | None = None,
    undoes: UUID | None = None,
) -> UUID:
    row = AttributionCorrection(
        id=uuid4(),
        order_line=line.id,
        order=line.order,
        creator=creator,
        terms=terms,
        undoes=undoes,
        status=CorrectionStatus.ASKED,
        reason=reason.strip()[:500],
        maker=by.id,
        asked_at=clock.now(),
    )
    open_already = (
        await AttributionCorrection.exists()
        .where(AttributionCorrection.order_line == line.id)
        .where(AttributionCorrection.status == CorrectionStatus.ASKED)
    )
    if open_already:
        raise CorrectionOpen
    await row.save()
    await audit.record(
        by=by,
        action="attribution.correction.ask",
        kind="order_line",
        id=line.id,
        correction=row.id,
        creator=creator,
        undoes=undoes,
    )
    return row.id


async def _answered(correction_id: UUID, status: CorrectionStatus, answer: str, by: Principal) -> AttributionCorrection:
    if not by.has(*DESK):
        raise Forbidden
    row = await AttributionCorrection.objects().where(AttributionCorrection.id == correction_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.status != CorrectionStatus.ASKED:
        raise WrongState
    if status == CorrectionStatus.AGREED and row.maker == by.id:
        raise SamePerson
    await AttributionCorrection.update(
        {
            AttributionCorrection.status: status,
            AttributionCorrection.checker: by.id,
            AttributionCorrection.answered_at: clock.now(),
            AttributionCorrection.answer: answer,
        }
    ).where(AttributionCorrection.id == correction_id)
    await audit.record(
        by=by, action=f"attribution.correction.{status.value}", kind="order_line", id=row.order_line, correction=row.id
    )
    return row


def _by_hand(asked: AttributionCorrection, latest: AttributionDecision, by: Principal) -> Decision:
    shares = (
        (Share(creator_id=asked.creator, show_id=None, terms_id=asked.terms, touch_id=None, bp=WHOLE),)
        if asked.creator and asked.terms
        else ()
    )
    before: Any = latest.evidence
    evidence = {
        **{key: value for key, value in before.items() if key != "shares"},
        "correction": {"id": str(asked.id), "reason": asked.reason, "maker": str(asked.maker), "checker": str(by.id)},
        "touches": [
            {**touch, "verdict": "corrected" if touch["verdict"] == "won" else touch["verdict"]}
            for touch in before.get("touches", [])
        ],
        "shares": [{"creator": str(share.creator_id), "terms": str(share.terms_id), "bp": share.bp} for share in shares],
    }
    return Decision(
        line_id=asked.order_line,
        shares=shares,
        rule=Rule.MANUAL,
        reason=Reason.CORRECTED,
        policy_version=latest.policy_version,
        evidence=evidence,
    )


async def _by_rules(asked: AttributionCorrection, latest: AttributionDecision) -> Decision:
    policy = attribution.policy_of({asked.order_line: latest})
    found = await attribution.answers(asked.order, policy)
    return next(decision for decision in found if decision.line_id == asked.order_line)


def _correction_of(decision: AttributionDecision) -> str:
    evidence: Any = decision.evidence
    return str(evidence.get("correction", {}).get("id", "")) if decision.rule == Rule.MANUAL else ""


def _check(reason: str, by: Principal) -> None:
    if not by.has(*DESK):
        raise Forbidden
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonMissing


async def _line(order_line_id: UUID) -> tuple[OrderLine, Order]:
    line = await OrderLine.objects().where(OrderLine.id == order_line_id).first()
    order = await Order.objects().where(Order.id == line.order).first() if line else None
    if line is None or order is None:
        raise NotFound
    return line, order


async def _latest(line: OrderLine) -> AttributionDecision:
    latest = (await attribution.latest_decisions(line.order)).get(line.id)
    if latest is None:
        raise NotFound
    return latest


async def _creator(handle: str) -> Creator:
    creator = await Creator.objects().where(Creator.handle == handle.strip().removeprefix("@").lower()).first()
    if creator is None:
        raise HandleUnknown
    return creator


async def _terms_then(creator_id: UUID, brand_id: UUID, order: Order) -> UUID:
    """The last terms of the two that were frozen when the order was placed, of a collaboration that had not ended."""
    async with DB.connection() as connection:
        found = await connection.fetchval(
            """
            select t.id from terms t join collaboration c on c.id = t.collaboration
            where c.creator = $1 and c.brand = $2 and t.frozen_at <= $3 and (c.ended_at is null or c.ended_at > $3)
            order by t.frozen_at desc, t.id limit 1
            """,
            creator_id,
            brand_id,
            order.placed_at,
        )
    if found is None:
        raise NoTermsThen
    return UUID(str(found))
