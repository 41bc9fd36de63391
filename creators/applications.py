"""Applications: a creator asks to host a brief, the brand answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from creators.events import ApplicationDeclined, ApplicationSubmitted
from creators.profiles import creator_of
from creators.tables import Application, ApplicationStatus
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.tables import BrandMember, Brief, BriefStatus

LONGEST_MESSAGE = 2000
_SHOWN = "a.status <> 'withdrawn'"


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


async def apply(*, brief_id: UUID, message: str, by: Principal) -> UUID:
    """Apply to a published brief, once; return the application's id.

    Raises `NotACreator`, `NotFound`, `BriefClosed`, `OwnBrief`, `MessageMissing`, `AppliedAlready`.
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
        await _check_open(brief_id, by)
        target = (Application.brief, Application.creator)
        if not await Application.insert(new).on_conflict(target=target, action="DO NOTHING").returning(Application.id):
            raise AppliedAlready
        await audit.record(by=by, action="application.submit", kind="application", id=new.id, brief=brief_id)
        await outbox.publish(ApplicationSubmitted(new.id))
    return new.id


async def withdraw(*, application_id: UUID, by: Principal) -> None:
    """Take one's own application back while it waits. Raises `NotFound`, `WrongState`."""
    me = await creator_of(by=by)
    async with DB.transaction():
        moved = (
            await Application.update({Application.status: ApplicationStatus.WITHDRAWN})
            .where(Application.id == application_id)
            .where(Application.creator == me.id)
            .where(Application.status == ApplicationStatus.SUBMITTED)
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
            .where(Application.status == ApplicationStatus.SUBMITTED)
            .returning(Application.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="application.decline", kind="application", id=application_id, reason=reason.strip())
        await outbox.publish(ApplicationDeclined(application_id))


async def application_for_brand(*, application_id: UUID, by: Principal) -> dict[str, Any]:
    """An application to a brand that the person acts for. Raises `NotFound`."""
    rows = await _for_members(by, "a.id = $2", application_id)
    if not rows:
        raise NotFound
    return rows[0]


async def inbox(*, by: Principal, brief_id: UUID | None = None) -> list[dict[str, Any]]:
    """All applications to the person's brands, waiting ones first, then the newest."""
    if brief_id is not None:
        return await _for_members(by, f"a.brief = $2 and {_SHOWN}", brief_id)
    return await _for_members(by, _SHOWN)


async def my_applications(*, by: Principal) -> list[dict[str, Any]]:
    """The creator's own applications, newest first, with brief and brand."""
    me = await creator_of(by=by)
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select a.id, a.status, a.message, a.reason, a.created_at, a.decided_at, b.id as brief_id, b.title, b.commission_bp,
                   b.fee_minor, b.currency, r.name as brand, r.slug as brand_slug, r.picture as brand_picture, r.palette,
                   c.id as collaboration_id
            from application a join brief b on b.id = a.brief join brand r on r.id = b.brand
            left join collaboration c on c.application = a.id
            where a.creator = $1 order by a.created_at desc
            """,
            me.id,
        )
    return [dict(row) for row in rows]


async def application_to(*, brief_id: UUID, by: Principal) -> ApplicationStatus | None:
    """Where the person's application to that brief stands, None when there is none."""
    row = (
        await Application.select(Application.status)
        .where(Application.brief == brief_id)
        .where(Application.creator.person == by.id)
        .first()
    )
    return ApplicationStatus(row["status"]) if row else None


async def _check_open(brief_id: UUID, by: Principal) -> None:
    brief = await Brief.objects().where(Brief.id == brief_id).where(Brief.status != BriefStatus.DRAFT).first()
    if brief is None:
        raise NotFound
    if brief.status != BriefStatus.PUBLISHED or brief.ends_on < clock.now().date():
        raise BriefClosed
    if await BrandMember.exists().where(BrandMember.brand == brief.brand).where(BrandMember.person == by.id):
        raise OwnBrief


async def _for_members(by: Principal, condition: str, *values: object) -> list[dict[str, Any]]:
    query = f"""
        select a.id, a.status, a.message, a.reason, a.created_at, a.decided_at,
               c.id as creator_id, c.handle, c.display_name, c.picture, c.bio, c.followers, c.language, c.country, c.trade,
               b.id as brief_id, b.title as brief_title, b.commission_bp, b.fee_minor, b.currency, b.places, b.ends_on,
               b.status as brief_status, r.id as brand_id, r.name as brand,
               (select count(*) from collaboration k where k.brief = b.id) as taken,
               (select count(*) from show s where s.creator = c.id and s.went_live_at is not null) as shows_hosted
        from application a join creator c on c.id = a.creator join brief b on b.id = a.brief join brand r on r.id = b.brand
        join brand_member m on m.brand = r.id and m.person = $1
        where {condition}
        order by (a.status = 'submitted') desc, a.created_at desc
    """  # noqa: S608  # `condition` is one of the literals of this file
    async with DB.connection() as connection:
        return [dict(row) for row in await connection.fetch(query, by.id, *values)]
