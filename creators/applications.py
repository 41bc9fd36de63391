"""Applications: a creator asks to host a brief, the brand answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from creators import counter_offers
from creators.counter_offers import Proposed
from creators.events import ApplicationDeclined, ApplicationSubmitted
from creators.inbox import application_for_brand
from creators.profiles import creator_of
from creators.tables import Application, ApplicationStatus
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.tables import BrandMember, Brief, BriefStatus

LONGEST_MESSAGE = 2000
PAGE = 25


class BriefClosed(Refusal):
    """The brief takes no applications now."""

    code = "brief_closed"
    status = 409
    message = _("This brief takes no applications any more.")


class AppliedAlready(Refusal):
    """One application per creator and brief."""

    code = "applied_already"
    status = 409
    message = _("You have applied to this brief already.")


class OwnBrief(Refusal):
    """A member of the brand cannot be paid by it as a creator."""

    code = "own_brief"
    status = 409
    message = _("You are a member of this brand and cannot apply to its briefs.")


class MessageMissing(InvalidField):
    """An application says something."""

    code = "message_missing"
    message = _("Please tell the brand why you.")
    field = "message"


class DeclineReasonMissing(InvalidField):
    """A refusal carries a reason."""

    code = "reason_missing"
    message = _("Please give a reason. The creator will read it.")
    field = "reason"


async def apply(*, brief_id: UUID, message: str, by: Principal, asked: Proposed | None = None) -> UUID:
    """Apply to a published brief, once, for its terms or for those `asked`; return the application's id.

    Raises `NotACreator`, `NotFound`, `BriefClosed`, `OwnBrief`, `MessageMissing`, `AppliedAlready`, `TermsOutOfRange`.
    """
    me = await creator_of(by=by)
    if not message.strip():
        raise MessageMissing
    new = Application(
        id=uuid4(),
        brief=brief_id,
        creator=me.id,
        message=message.strip()[:LONGEST_MESSAGE],
        status=ApplicationStatus.SUBMITTED,
        created_at=clock.now(),
    )
    async with DB.transaction():
        brief = await _open_brief(brief_id, by)
        target = (Application.brief, Application.creator)
        if not await Application.insert(new).on_conflict(target=target, action="DO NOTHING").returning(Application.id):
            raise AppliedAlready
        if asked is not None:
            await counter_offers.ask_with_application(application=new, brief=brief, wanted=asked, by=by)
        await audit.record(by=by, action="application.submit", kind="application", id=new.id, brief=brief_id)
        await outbox.publish(ApplicationSubmitted(new.id))
    return new.id


async def withdraw(*, application_id: UUID, by: Principal) -> None:
    """Take one's own application back while nothing is decided. Raises `NotFound`, `WrongState`."""
    me = await creator_of(by=by)
    async with DB.transaction():
        moved = (
            await Application.update({Application.status: ApplicationStatus.WITHDRAWN})
            .where(Application.id == application_id)
            .where(Application.creator == me.id)
            .where(Application.status.is_in(list(counter_offers.OPEN)))
            .returning(Application.id)
        )
        if not moved:
            mine = await Application.exists().where(Application.id == application_id).where(Application.creator == me.id)
            raise WrongState if mine else NotFound
        await audit.record(by=by, action="application.withdraw", kind="application", id=application_id)


async def decline(*, application_id: UUID, reason: str, by: Principal) -> None:
    """Refuse an application with a reason that the creator reads. Raises `DeclineReasonMissing`, `NotFound`, `WrongState`."""
    if not reason.strip():
        raise DeclineReasonMissing
    async with DB.transaction():
        await application_for_brand(application_id=application_id, by=by)
        moved = (
            await Application.update(
                {
                    Application.status: ApplicationStatus.DECLINED,
                    Application.reason: reason.strip(),
                    Application.decided_by: by.id,
                    Application.decided_at: clock.now(),
                }
            )
            .where(Application.id == application_id)
            .where(Application.status.is_in(list(counter_offers.OPEN)))
            .returning(Application.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="application.decline", kind="application", id=application_id, reason=reason.strip())
        await outbox.publish(ApplicationDeclined(application_id))


async def my_applications(*, by: Principal, page: int = 1, waiting: bool = False) -> list[dict[str, Any]]:
    """A page of the creator's own applications, newest first, with brief and brand; or only those that nobody decided yet."""
    me = await creator_of(by=by)
    return await _mine("a.creator = $2 and ($3 = false or a.status in ('submitted', 'countered'))", me.id, waiting, page=page)


async def my_application(*, application_id: UUID, by: Principal) -> dict[str, Any]:
    """One of the creator's own applications. Raises `NotFound`."""
    me = await creator_of(by=by)
    rows = await _mine("a.creator = $2 and a.id = $3", me.id, application_id)
    if not rows:
        raise NotFound
    return rows[0]


async def count_of(*, by: Principal) -> int:
    """How many applications the creator has sent."""
    me = await creator_of(by=by)
    return int(await Application.count().where(Application.creator == me.id))


async def application_to(*, brief_id: UUID, by: Principal) -> ApplicationStatus | None:
    """Where the person's application to that brief stands, None when there is none."""
    row = (
        await Application.select(Application.status)
        .where(Application.brief == brief_id)
        .where(Application.creator.person == by.id)
        .first()
    )
    return ApplicationStatus(row["status"]) if row else None


async def _open_brief(brief_id: UUID, by: Principal) -> Brief:
    brief = await Brief.objects().where(Brief.id == brief_id).where(Brief.status != BriefStatus.DRAFT).first()
    if brief is None:
        raise NotFound
    if brief.status != BriefStatus.PUBLISHED or brief.ends_on < clock.now().date():
        raise BriefClosed
    if await BrandMember.exists().where(BrandMember.brand == brief.brand).where(BrandMember.person == by.id):
        raise OwnBrief
    return brief


async def _mine(condition: str, *values: object, page: int = 1) -> list[dict[str, Any]]:
    query = f"""
        select a.id, a.status, a.message, a.reason, a.created_at, a.decided_at, a.decided_by, b.id as brief_id, b.title,
               b.commission_bp, b.fee_minor, b.window_days, b.hold_days, b.currency, b.ends_on, r.name as brand,
               r.slug as brand_slug, r.picture as brand_picture, r.palette, c.id as collaboration_id,
               (select expires_at from counter_offer o where o.application = a.id and o.side = 'brand'
                 order by version desc limit 1) > $1 as good
        from application a join brief b on b.id = a.brief join brand r on r.id = b.brand
        left join collaboration c on c.application = a.id
        where {condition} order by a.created_at desc, a.id limit {PAGE} offset {PAGE * (max(page, 1) - 1)}
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        return [dict(row) for row in await connection.fetch(query, clock.now(), *values)]
