"""The chat of a room: stored before it is sent, filtered, slowed down, and kept in order by the house rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from creators import audience_news, room_news
from creators.room_news import channel
from creators.shows import hosted_show
from creators.tables import ChatMessage, Creator, MessageKind, MessageStatus, RoomPreference, Show, ShowStatus
from foundation import audit, clock, rate_limits
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.tables import Role
from marketplace.tables import OrderLine
from moderation import chat_filter, restrictions, sanctions, words
from moderation.tables import WordAction

LONGEST = 500
EARLY = timedelta(minutes=15)
LATE = timedelta(minutes=5)
OBJECT_KIND = "chat_message"
SLOW_STEPS = (0, 3, 5, 10, 30, 60)


class ChatClosed(Refusal):
    """The chat is open from 15 minutes before a show to 5 minutes after it."""

    code = "chat_closed"
    status = 409
    message = _("The chat is closed.")


class MessageEmpty(InvalidField):
    """Nothing was written."""

    code = "message_empty"
    message = _("Please write something.")
    field = "body"


class MessageTooLong(InvalidField):
    """data: `max` characters."""

    code = "message_too_long"
    message = _("At most %(max)s characters, please.")
    field = "body"


class MessageRefused(InvalidField):
    """The filter refused the message; it was not stored."""

    code = "message_refused"
    message = _("This message breaks the house rules and was not sent.")
    field = "body"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message as the room shows it. `author` of a purchase is a first name, or empty when the buyer did not want it."""

    id: int
    author: str
    kind: MessageKind
    body: str
    status: MessageStatus
    person_id: UUID
    at: datetime


async def say(*, show_id: UUID, body: str, client_key: UUID, by: Principal) -> Line:
    """Write into the room; return the stored line, whose status is visible or held.

    `client_key` is chosen by the writer for each message: the same key again is the same message, sent once. Hosts and
    moderators are neither slowed down nor held. Raises `NotFound`, `ChatClosed`, `MessageEmpty`, `MessageTooLong`,
    `MessageRefused`, `Silenced`, `Banned`, `TooManyRequests`.
    """
    if earlier := await _said_before(client_key, show_id, by):
        return earlier
    text = _checked(body)
    show = await _open_room(show_id)
    kind = await _voice(show, by)
    await sanctions.check_may_write(by.id, channel(show_id))
    verdict = chat_filter.check(text, await words.word_list(), links=kind is MessageKind.VIEWER)
    if verdict.action is WordAction.REFUSE:
        raise MessageRefused
    if kind is MessageKind.VIEWER:
        await _slow_down(show, by)
    held = verdict.action is WordAction.HOLD and kind is MessageKind.VIEWER
    line, new = await _store(show_id, text, kind, MessageStatus.HELD if held else MessageStatus.VISIBLE, client_key, by, verdict)
    if new and not held:
        await room_news.tell_line(show_id, line.id)
    return line


async def remove(*, message_id: int, reason: str, by: Principal) -> None:
    """Take a message out of the room, with the reason that its writer can read: the host in the own show, a moderator anywhere.

    Raises `NotFound`, `ReasonMissing`, `WrongState` when it was removed already.
    """
    async with DB.transaction():
        row = await _in_reach(message_id, by)
        moved = (
            await ChatMessage.update({ChatMessage.status: MessageStatus.REMOVED, ChatMessage.removed_by: by.id})
            .where(ChatMessage.id == message_id)
            .where(ChatMessage.status != MessageStatus.REMOVED)
            .returning(ChatMessage.id)
        )
        if not moved:
            raise WrongState
        await restrictions.record_removal(
            object_kind=OBJECT_KIND,
            object_id=str(message_id),
            place=channel(row.show),
            person_id=row.person,
            author=row.author,
            body=row.body,
            reason=reason,
            by=by,
        )
    await room_news.tell_removed(row.show, message_id)


async def time_out_writer(*, message_id: int, minutes: int, reason: str, by: Principal) -> UUID:
    """Keep the writer of a message out of that room's chat for some minutes; who may is as in `remove`. Returns the sanction."""
    row = await _in_reach(message_id, by)
    return await sanctions.time_out(person_id=row.person, minutes=minutes, place=channel(row.show), reason=reason, by=by)


async def set_slow_mode(*, show_id: UUID, seconds: int, by: Principal) -> None:
    """Let each viewer write once in so many seconds (one of `SLOW_STEPS`; 0 is off). Raises `NotFound`, `WrongState`."""
    if seconds not in SLOW_STEPS:
        raise WrongState
    async with DB.transaction():
        await hosted_show(show_id=show_id, by=by)
        await Show.update({Show.slow_seconds: seconds}).where(Show.id == show_id)
        await audit.record(by=by, action="show.slow_mode", kind="show", id=show_id, seconds=seconds)
    await audience_news.tell_slow_mode(show_id, seconds)


async def settle_held(*, message_id: int, visible: bool) -> None:
    """Do to a held message what a moderator decided; safe to call twice."""
    status = MessageStatus.VISIBLE if visible else MessageStatus.REMOVED
    moved = (
        await ChatMessage.update({ChatMessage.status: status})
        .where(ChatMessage.id == message_id)
        .where(ChatMessage.status == MessageStatus.HELD)
        .returning(ChatMessage.show)
    )
    if moved and visible:
        await room_news.tell_line(moved[0]["show"], message_id)


async def announce_purchase(*, order_id: UUID) -> None:
    """Say in the room that something was bought there: one line for each order line; safe to call twice.

    With the buyer's first name when they chose that, else without any name.
    """
    async with DB.connection() as connection:
        bought = await connection.fetchrow(_BOUGHT, order_id)
    if bought is None:
        return
    lines = await OrderLine.select(OrderLine.id, OrderLine.title).where(OrderLine.order == order_id).order_by(OrderLine.id)
    for line in lines:
        message = _message(
            bought["show"],
            line["title"][:LONGEST],
            MessageKind.PURCHASE,
            MessageStatus.VISIBLE,
            uuid5(line["id"], "bought"),
            bought["buyer"],
            str(bought["named"] or "").split(" ")[0],
        )
        if message_id := await _insert(message):
            await room_news.tell_line(bought["show"], message_id)


# A paid order of a show that is on air, and the buyer's name when they want the room to hear it.
_BOUGHT = """
    select s.id as show, o.buyer,
           (select p.display_name from room_preference r join person p on p.id = r.person
            where r.person = o.buyer and r.announce_purchases) as named
    from shop_order o join show s on s.id = o.show_id where o.id = $1 and o.status = 'paid' and s.status = 'live'
"""


async def choose_announcement(*, announce: bool, by: Principal) -> None:
    """Whether the room may say the person's first name when they buy."""
    row = RoomPreference(person=by.id, announce_purchases=announce, changed_at=clock.now())
    await RoomPreference.insert(row).on_conflict(
        target=RoomPreference.person,
        action="DO UPDATE",
        values=[RoomPreference.announce_purchases, RoomPreference.changed_at],
    )


async def announces(*, by: Principal | None) -> bool:
    """The person's choice; no until they say yes."""
    if by is None:
        return False
    row = await RoomPreference.select(RoomPreference.announce_purchases).where(RoomPreference.person == by.id).first()
    return bool(row and row["announce_purchases"])


async def latest_lines(*, show_id: UUID, after: int = 0, limit: int = 60, by: Principal | None = None) -> list[Line]:
    """The last visible lines after an id, oldest first, with the person's own held ones among them."""
    seen: Any = ChatMessage.status == MessageStatus.VISIBLE
    if by is not None:
        seen = seen | ((ChatMessage.status == MessageStatus.HELD) & (ChatMessage.person == by.id))
    rows = (
        await ChatMessage.select()
        .where(ChatMessage.show == show_id)
        .where(ChatMessage.id > after)
        .where(seen)
        .order_by(ChatMessage.id, ascending=False)
        .limit(limit)
    )
    return [_line(row) for row in reversed(rows)]


async def line(message_id: int) -> Line | None:
    """One line of any status."""
    row = await ChatMessage.select().where(ChatMessage.id == message_id).first()
    return _line(row) if row else None


def _checked(body: str) -> str:
    text = " ".join(body.replace("\x00", "").split())
    if not text:
        raise MessageEmpty
    if len(text) > LONGEST:
        raise MessageTooLong(max=LONGEST)
    return text


async def _said_before(client_key: UUID, show_id: UUID, by: Principal) -> Line | None:
    row = await ChatMessage.select().where(ChatMessage.client_key == client_key).first()
    if row is None:
        return None
    if row["person"] != by.id or row["show"] != show_id:
        raise WrongState
    return _line(row)


async def _open_room(show_id: UUID) -> Show:
    show = await Show.objects().where(Show.id == show_id).first()
    if show is None:
        raise NotFound
    now = clock.now()
    soon = show.status == ShowStatus.SCHEDULED and now >= show.starts_at - EARLY
    just_over = show.status == ShowStatus.ENDED and show.ended_at is not None and now < show.ended_at + LATE
    if not (show.status == ShowStatus.LIVE or soon or just_over):
        raise ChatClosed
    return show


async def _voice(show: Show, by: Principal) -> MessageKind:
    if await Creator.exists().where(Creator.id == show.creator).where(Creator.person == by.id):
        return MessageKind.HOST
    return MessageKind.MODERATOR if by.has(Role.MODERATOR) else MessageKind.VIEWER


async def _slow_down(show: Show, by: Principal) -> None:
    await rate_limits.spend(f"chat:{by.id}", limit=5, seconds=10)
    if show.slow_seconds:
        await rate_limits.spend(f"chat:{show.id}:{by.id}", limit=1, seconds=show.slow_seconds)


async def _store(
    show_id: UUID,
    text: str,
    kind: MessageKind,
    status: MessageStatus,
    client_key: UUID,
    by: Principal,
    verdict: chat_filter.Verdict,
) -> tuple[Line, bool]:
    """Write the message; a twin that was faster is the same message, and was told already."""
    message = _message(show_id, text, kind, status, client_key, by.id, by.display_name)
    async with DB.transaction():
        message_id = await _insert(message)
        if message_id is None:
            twin = await _said_before(client_key, show_id, by)
            if twin is None:
                raise WrongState
            return twin, False
        if status is MessageStatus.HELD:
            await restrictions.hold(
                object_kind=OBJECT_KIND,
                object_id=str(message_id),
                place=channel(show_id),
                person_id=by.id,
                author=by.display_name,
                body=text,
                words=verdict.words,
            )
    stored = Line(id=message_id, author=message.author, kind=kind, body=text, status=status, person_id=by.id, at=message.at)
    return stored, True


def _message(
    show_id: UUID, text: str, kind: MessageKind, status: MessageStatus, client_key: UUID, person_id: UUID, author: str
) -> ChatMessage:
    return ChatMessage(
        show=show_id,
        person=person_id,
        author=author[:80],
        kind=kind,
        body=text,
        status=status,
        client_key=client_key,
        at=clock.now(),
    )


async def _insert(message: ChatMessage) -> int | None:
    rows = (
        await ChatMessage.insert(message)
        .on_conflict(target=ChatMessage.client_key, action="DO NOTHING")
        .returning(ChatMessage.id)
    )
    return int(rows[0]["id"]) if rows else None


async def _in_reach(message_id: int, by: Principal) -> ChatMessage:
    """A message that the person may judge: any for a moderator, those of the own show for its host. Raises `NotFound`."""
    row = await ChatMessage.objects().where(ChatMessage.id == message_id).first()
    if row is None:
        raise NotFound
    if not by.has(Role.MODERATOR):
        await hosted_show(show_id=row.show, by=by)
    return row


def _line(row: dict[str, Any]) -> Line:
    return Line(
        id=row["id"],
        author=row["author"],
        kind=MessageKind(row["kind"]),
        body=row["body"],
        status=MessageStatus(row["status"]),
        person_id=row["person"],
        at=row["at"],
    )
