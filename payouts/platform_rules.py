"""The platform's own rules, its fee and the commission rules behind those of every brand: one person proposes, another one confirms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from creators import platform_fees
from creators.fee_tables import PlatformFee
from creators.platform_fees import FeeVersion
from creators.tables import Creator
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from payouts import rule_book
from payouts.commission_rules import Clauses, Draft, Plan, coming, in_force
from payouts.commission_tables import RuleKind
from payouts.events import PlatformRuleConfirmed
from payouts.exports import BOOKS_ZONE, local_day
from payouts.platform_rule_tables import ProposalStatus, RuleProposal, Subject
from payouts.rule_book import Version
from payouts.second_person import OwnProposal

NOTICE_DAYS: Final = 15
"""Brands are told this long before a rule changes, by mail and on `/brand/rules`; creators never get less than their terms promise (Regulation (EU) 2019/1150, article 3(2))."""

PAGE: Final = 50


class NoticeTooShort(InvalidField):
    """A rule begins after its notice; data: `first`, the earliest day."""

    code = "notice_too_short"
    field = "starts_on"
    message = _("Brands need 15 days' notice: the earliest day is %(first)s.")


class ProposalDecided(WrongState):
    """It is confirmed or refused already."""

    code = "proposal_decided"
    message = _("Somebody has decided this proposal already.")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A proposal with its names. `fee_bp` for the fee, `rule` for what a rule would say."""

    id: UUID
    subject: Subject
    fee_bp: int | None
    rule: Version | None
    draft: Draft | None
    begins_at: datetime
    reason: str
    status: ProposalStatus
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str
    decided_at: datetime | None
    decision: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The platform's rules as they stand: the fee and the rules in force, what was confirmed and has not begun, and every version."""

    fee_bp: int
    fees: list[FeeVersion]
    coming_fees: list[FeeVersion]
    rules: list[Version]
    coming: list[Version]
    versions: list[Version]


class _Fee(msgspec.Struct):
    fee_bp: int


def first_day(now: datetime) -> date:
    """The first day from which a rule that is proposed or confirmed now may hold."""
    return local_day(now) + timedelta(days=NOTICE_DAYS)


async def propose_fee(*, fee_bp: int, starts_on: date, reason: str, client_key: UUID, by: Principal) -> None:
    """Ask a second person for another fee, from the midnight (Europe/Paris) of a day on. The same `client_key` asks once. Raises `NoticeTooShort`."""
    await _propose(Subject.FEE, _Fee(fee_bp), starts_on, reason, client_key, by)


async def propose_rule(*, draft: Draft, starts_on: date, reason: str, client_key: UUID, by: Principal) -> None:
    """Ask a second person for a new rule or a new version of one.

    Raises `BadRule`, `NotFound` (a creator, product or show that a rule of the platform cannot name, too), `RuleMoved`, `TooManyRules`,
    `NoticeTooShort`.
    """
    rule_book.check(draft)
    if draft.product or draft.show or (draft.creator and not await Creator.exists().where(Creator.id == draft.creator)):
        raise NotFound
    rule_book.demand_follows(await rule_book.plans_for([]), draft)
    await _propose(Subject.RULE, draft, starts_on, reason, client_key, by)


async def propose_end(*, rule: UUID, version: int, starts_on: date, reason: str, client_key: UUID, by: Principal) -> None:
    """Ask a second person to end a rule. Raises `NotFound`, `RuleMoved`, `NoticeTooShort`."""
    draft = replace(draft_of(await current(rule)), version=version, kind=RuleKind.OFF)
    rule_book.demand_follows(await rule_book.plans_for([]), draft)
    await _propose(Subject.END, draft, starts_on, reason, client_key, by)


async def confirm(*, proposal_id: UUID, by: Principal) -> None:
    """Put it into the book, as the second person.

    Raises `NotFound`, `OwnProposal`, `ProposalDecided`, `NoticeTooShort` when it was left too long, `RuleMoved`, `TooManyRules`.
    """
    async with DB.transaction():
        row = await _waiting(proposal_id, by)
        _demand_notice(row.begins_at)
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('platform rules', 0))")
        if row.subject == Subject.FEE:
            await _add_fee(row, by)
        else:
            draft = msgspec.json.decode(row.content, type=Draft)
            rule_book.demand_follows(await rule_book.plans_for([]), draft)
            plan = rule_book.plan_of(draft, brand_id=None, begins=row.begins_at)
            await rule_book.row_of(plan, made_by=row.maker, checked_by=by.id).save()
        await _decide(row.id, ProposalStatus.CONFIRMED, "", by)
        await outbox.publish(PlatformRuleConfirmed(proposal_id=row.id))


async def refuse(*, proposal_id: UUID, reason: str, by: Principal) -> None:
    """Say no to it, with a reason. Raises `NotFound`, `OwnProposal`, `ProposalDecided`."""
    async with DB.transaction():
        row = await _waiting(proposal_id, by)
        await _decide(row.id, ProposalStatus.REFUSED, reason, by)


async def current(rule: UUID) -> Plan:
    """The newest version of a rule of the platform, whether it has begun or not. Raises `NotFound` for ended ones and those of brands."""
    plans = [plan for plan in await rule_book.plans_for([]) if plan.rule == rule]
    if not plans or plans[-1].kind == RuleKind.OFF:
        raise NotFound
    return plans[-1]


def draft_of(plan: Plan) -> Draft:
    """A version as the draft of the next one."""
    said = {name: getattr(plan, name) for name in Clauses.__dataclass_fields__}
    return Draft(rule=plan.rule, version=plan.version, **said)


async def proposals(*, after: int = 0) -> list[Proposal]:
    """Proposals, the waiting ones first, then the newest: one page and one more."""
    return await _shown(None, PAGE + 1, after)


async def proposal_of(proposal_id: UUID) -> Proposal:
    """One of them. Raises `NotFound`."""
    found = await _shown(proposal_id, 1, 0)
    if not found:
        raise NotFound
    return found[0]


async def standing() -> Standing:
    """Everything of the platform's that holds, will hold and once held."""
    now, versions, fees = clock.now(), await rule_book.versions(None), await platform_fees.versions()
    shown = {version.plan.id: version for version in versions}
    plans = [version.plan for version in versions]
    return Standing(
        fee_bp=await platform_fees.fee_at(now),
        fees=fees,
        coming_fees=platform_fees.coming(fees, now),
        rules=[shown[plan.id] for plan in in_force(plans, now)],
        coming=[shown[plan.id] for plan in coming(plans, now)],
        versions=versions,
    )


async def _propose(subject: Subject, content: Any, starts_on: date, reason: str, client_key: UUID, by: Principal) -> None:
    begins_at = datetime.combine(starts_on, time(), BOOKS_ZONE)
    _demand_notice(begins_at)
    async with DB.transaction():
        row = RuleProposal(
            id=uuid4(),
            subject=subject,
            content=msgspec.json.encode(content).decode(),
            begins_at=begins_at,
            reason=reason,
            status=ProposalStatus.WAITING,
            client_key=client_key,
            maker=by.id,
            made_at=clock.now(),
        )
        if (
            await RuleProposal.insert(row)
            .on_conflict(target=RuleProposal.client_key, action="DO NOTHING")
            .returning(RuleProposal.id)
        ):
            await audit.record(
                by=by, action="platform_rule.proposed", kind="rule_proposal", id=row.id, subject=subject.value, reason=reason
            )


def _demand_notice(begins_at: datetime) -> None:
    first = first_day(clock.now())
    if local_day(begins_at) < first:
        raise NoticeTooShort(first=first.isoformat())


async def _add_fee(row: RuleProposal, by: Principal) -> None:
    last = await PlatformFee.select(PlatformFee.version).order_by(PlatformFee.version, ascending=False).first()
    await PlatformFee(
        id=uuid4(),
        version=last["version"] + 1 if last else 1,
        fee_bp=msgspec.json.decode(row.content, type=_Fee).fee_bp,
        valid_from=row.begins_at,
        reason=row.reason,
        made_by=row.maker,
        checked_by=by.id,
    ).save()


async def _waiting(proposal_id: UUID, by: Principal) -> RuleProposal:
    row = await RuleProposal.objects().where(RuleProposal.id == proposal_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.maker == by.id:
        raise OwnProposal
    if row.status != ProposalStatus.WAITING:
        raise ProposalDecided
    return row


async def _decide(proposal_id: UUID, status: ProposalStatus, decision: str, by: Principal) -> None:
    await RuleProposal.update(
        {
            RuleProposal.status: status,
            RuleProposal.checker: by.id,
            RuleProposal.decided_at: clock.now(),
            RuleProposal.decision: decision,
        }
    ).where(RuleProposal.id == proposal_id)
    await audit.record(by=by, action=f"platform_rule.{status.value}", kind="rule_proposal", id=proposal_id, reason=decision)


async def _shown(proposal_id: UUID | None, limit: int, after: int) -> list[Proposal]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.*, m.display_name as maker_name, coalesce(k.display_name, '') as checker_name, coalesce(c.display_name, '') as creator_name
            from rule_proposal p join person m on m.id = p.maker left join person k on k.id = p.checker
            left join creator c on c.id = (p.content->>'creator')::uuid where $1::uuid is null or p.id = $1
            order by (p.status = 'waiting') desc, p.made_at desc, p.id limit $2 offset $3
            """,
            proposal_id,
            limit,
            after,
        )
    return [_proposal(row) for row in rows]


def _proposal(row: Any) -> Proposal:
    subject, rule, draft = Subject(row["subject"]), None, None
    if subject != Subject.FEE:
        draft = msgspec.json.decode(row["content"], type=Draft)
        plan = rule_book.plan_of(draft, brand_id=None, begins=row["begins_at"])
        rule = Version(plan, "", row["creator_name"], "", row["maker_name"], row["checker_name"])
    return Proposal(
        id=row["id"],
        subject=subject,
        fee_bp=msgspec.json.decode(row["content"], type=_Fee).fee_bp if subject == Subject.FEE else None,
        rule=rule,
        draft=draft,
        begins_at=row["begins_at"],
        reason=row["reason"],
        status=ProposalStatus(row["status"]),
        maker_id=row["maker"],
        maker=row["maker_name"],
        made_at=row["made_at"],
        checker=row["checker_name"],
        decided_at=row["decided_at"],
        decision=row["decision"],
    )
