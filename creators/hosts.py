"""Hosting a show together: its host invites another creator for a share of the show's commission, who accepts before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.attribution_facts import WHOLE
from creators.attribution_tables import HostStatus, ShowHost
from creators.profiles import creator_of
from creators.shows import hosted_show
from creators.tables import Creator, Show, ShowStatus
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from marketplace.tables import BrandMember

MOST_HOSTS = 3
MOST_BP = 9000
"""What co-hosts may have together: the host, whose terms pay, keeps a tenth at least."""


class NobodyToInvite(InvalidField):
    """There is no such creator, or it is the host, or somebody of the brand."""

    code = "nobody_to_invite"
    message = _("Choose another creator, who does not work for the brand.")
    field = "handle"


class InvitedAlready(InvalidField):
    """One invitation for each creator and show."""

    code = "invited_already"
    status = 409
    message = _("This creator is invited already.")
    field = "handle"


class TooMuchShared(InvalidField):
    """More co-hosts, or more shares, than a show can have."""

    code = "too_much_shared"
    message = _("At most three co-hosts, who have at most 90 % together.")
    field = "share"


@dataclass(frozen=True, kw_only=True)
class HostShown:
    """A co-host or somebody invited. `host` is whose show it is."""

    id: UUID
    show_id: UUID
    show_slug: str
    show_title: str
    starts_at: datetime
    show_status: str
    brand: str
    commission_bp: int
    host: str
    handle: str
    display_name: str
    share_bp: int
    status: HostStatus

    @property
    def open(self) -> bool:
        """It can still be answered."""
        return self.status is HostStatus.INVITED and self.show_status == ShowStatus.SCHEDULED


async def invite(*, show_id: UUID, handle: str, share_bp: int, by: Principal) -> UUID:
    """Invite a creator to host one's show together; return the invitation's id. `share_bp` is of the show's commission.

    Raises `NotFound`, `WrongState` (the show has begun), `NobodyToInvite`, `InvitedAlready`, `TooMuchShared`.
    """
    async with DB.transaction():
        show = await _scheduled(show_id, by)
        creator = await Creator.objects().where(Creator.handle == handle.strip().removeprefix("@").lower()).first()
        if creator is None or creator.person == by.id or await _works_there(creator, show):
            raise NobodyToInvite
        others = await ShowHost.objects().where(ShowHost.show == show_id)
        if any(row.creator == creator.id and row.status in {HostStatus.INVITED, HostStatus.ACCEPTED} for row in others):
            raise InvitedAlready
        together = [row.share_bp for row in others if row.status in {HostStatus.INVITED, HostStatus.ACCEPTED}]
        if not 0 < share_bp < WHOLE or len(together) >= MOST_HOSTS or sum(together) + share_bp > MOST_BP:
            raise TooMuchShared
        await ShowHost.delete().where((ShowHost.show == show_id) & (ShowHost.creator == creator.id))
        row = ShowHost(
            id=uuid4(), show=show_id, creator=creator.id, share_bp=share_bp, status=HostStatus.INVITED, invited_at=clock.now()
        )
        await row.save()
        await audit.record(by=by, action="show.host.invite", kind="show", id=show_id, creator=creator.id, share_bp=share_bp)
    return row.id


async def answer(*, invitation_id: UUID, accept: bool, by: Principal) -> None:
    """Accept or decline an invitation to oneself, while the show has not begun. Raises `NotFound`, `WrongState`."""
    me = await creator_of(by=by)
    async with DB.transaction():
        row = await ShowHost.objects().where((ShowHost.id == invitation_id) & (ShowHost.creator == me.id)).first()
        if row is None:
            raise NotFound
        await _still_scheduled(row.show)
        await _move(row, HostStatus.ACCEPTED if accept else HostStatus.DECLINED, by)


async def withdraw(*, invitation_id: UUID, by: Principal) -> None:
    """Take back an invitation that was not answered. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        row = await ShowHost.objects().where(ShowHost.id == invitation_id).first()
        if row is None:
            raise NotFound
        await _scheduled(row.show, by)
        await _move(row, HostStatus.WITHDRAWN, by)


async def hosts_of(show_id: UUID) -> list[HostShown]:
    """Who is invited to a show or hosts it together, the first invited first; those who declined too."""
    return await _shown("h.show = $1", show_id)


async def invitations(*, by: Principal) -> list[HostShown]:
    """To which shows the creator is or was invited, the next show first. Raises `NotACreator`."""
    me = await creator_of(by=by)
    return await _shown("h.creator = $1 and h.status <> 'withdrawn'", me.id)


async def together_in(show_id: UUID) -> list[HostShown]:
    """Those who accepted."""
    return [host for host in await hosts_of(show_id) if host.status is HostStatus.ACCEPTED]


async def _scheduled(show_id: UUID, by: Principal) -> Show:
    show = await hosted_show(show_id=show_id, by=by)
    await _still_scheduled(show_id)
    return show


async def _still_scheduled(show_id: UUID) -> None:
    """The show's row is held: it cannot begin meanwhile, and two invitations cannot share more than there is."""
    show = await Show.objects().where(Show.id == show_id).lock_rows("UPDATE").first()
    if show is None or show.status != ShowStatus.SCHEDULED:
        raise WrongState


async def _works_there(creator: Creator, show: Show) -> bool:
    found: bool = await BrandMember.exists().where((BrandMember.person == creator.person) & (BrandMember.brand == show.brand))
    return found


async def _move(row: ShowHost, status: HostStatus, by: Principal) -> None:
    moved = (
        await ShowHost.update({ShowHost.status: status, ShowHost.answered_at: clock.now()})
        .where((ShowHost.id == row.id) & (ShowHost.status == HostStatus.INVITED))
        .returning(ShowHost.id)
    )
    if not moved:
        raise WrongState
    await audit.record(by=by, action=f"show.host.{status.value}", kind="show", id=row.show, creator=row.creator)


async def _shown(condition: str, value: UUID) -> list[HostShown]:
    query = f"""
        select h.id, h.show as show_id, s.slug as show_slug, s.title as show_title, s.starts_at, s.status as show_status,
               b.name as brand, o.handle as host, c.handle, c.display_name, h.share_bp, h.status,
               (select t.commission_bp from terms t where t.collaboration = s.collaboration order by t.version desc limit 1) as commission_bp
        from show_host h join show s on s.id = h.show join brand b on b.id = s.brand join creator o on o.id = s.creator
        join creator c on c.id = h.creator
        where {condition} order by (s.status = 'scheduled') desc, s.starts_at, h.invited_at, h.id limit 200
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        rows = await connection.fetch(query, value)
    return [HostShown(**{**dict(row), "status": HostStatus(row["status"])}) for row in rows]
