"""What a show's page shows, whatever its state: programme, products, who hosts, how many watch, where the picture is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from creators import chat, follows, pins
from creators.profiles import Profile, creators_by_id
from creators.room_news import LOW, channel
from creators.shows import line_up, public_show
from creators.tables import MessageKind, Pin, Show, ShowStatus, Slot
from foundation import clock, mux_gateway, realtime
from foundation.accounts import Principal
from foundation.errors import NotFound
from foundation.mux_gateway import PlayerSource
from foundation.tables import Role
from marketplace import catalogue
from marketplace.catalogue import Offered
from marketplace.tables import Brand
from moderation import sanctions
from moderation.sanctions import ActiveSanction


class SlotState(StrEnum):
    """Where the run of show is."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One slot of the programme. `at` is when it was pinned, else when it is planned; `seconds` is its place in the replay."""

    id: UUID
    position: int
    title: str
    minutes: int
    product: Offered | None
    at: datetime
    state: SlotState
    seconds: int | None
    until_seconds: int | None

    @property
    def length_seconds(self) -> int:
        """How long the chapter lasts, at least a second."""
        if self.seconds is None or self.until_seconds is None:
            return max(1, self.minutes * 60)
        return max(1, self.until_seconds - self.seconds)


@dataclass(frozen=True, kw_only=True)
class Room:
    """A show's page. `me_*` is about the person who asks."""

    show: Show
    creator: Profile
    brand: Brand
    parts: tuple[Part, ...]
    products: tuple[Offered, ...]
    on_screen: tuple[Offered, ...]
    source: PlayerSource | None
    viewers: int
    fans: int
    lines: tuple[chat.Line, ...]
    me_host: bool
    me_moderator: bool
    me_following: bool
    me_reminded: bool
    me_announces: bool
    me_sanction: ActiveSanction | None

    @property
    def replay(self) -> bool:
        return self.show.status == ShowStatus.ENDED and self.show.asset_playback_id is not None

    @property
    def live(self) -> bool:
        return self.show.status == ShowStatus.LIVE

    @property
    def pinned(self) -> Offered | None:
        """The product that leads on screen."""
        return self.on_screen[0] if self.on_screen else None

    @property
    def channel(self) -> str:
        return channel(self.show.id)

    @property
    def ends_at(self) -> datetime:
        return self.show.starts_at + timedelta(minutes=self.show.minutes)

    @property
    def part_now(self) -> Part | None:
        return next((part for part in self.parts if part.state is SlotState.NOW), None)

    def low(self, product: Offered) -> int | None:
        """How many are left when that is few."""
        return product.stock if 0 < product.stock <= LOW else None


async def enter(*, slug: str, by: Principal | None) -> Room:
    """Everything about a show's page for one person. Raises `NotFound`, also for a cancelled show that nobody was told of."""
    return await room_of(show=await public_show(slug=slug), by=by)


async def room_of(*, show: Show, by: Principal | None) -> Room:
    """The same for a show that was fetched already."""
    creator = (await creators_by_id({show.creator})).get(show.creator)
    brand = await Brand.objects().where(Brand.id == show.brand).first()
    if creator is None or brand is None:
        raise NotFound
    slots, history = await line_up(show.id), await pins.history(show.id)
    ids = list(dict.fromkeys(slot.product for slot in slots))
    products = {product.id: product for product in await catalogue.products_on_sale(ids=ids)}
    on_screen = sorted((pin for pin in history if pin.unpinned_at is None), key=lambda pin: pin.slot is None)
    host = by is not None and creator.person_id == by.id
    return Room(
        show=show,
        creator=creator,
        brand=brand,
        parts=tuple(programme(show, slots, history, products)),
        products=tuple(products.values()),
        on_screen=tuple(products[pin.product] for pin in on_screen if pin.product in products),
        source=source_of(show),
        viewers=await realtime.viewers(channel(show.id)) if show.status == ShowStatus.LIVE else 0,
        fans=(await follows.fans({creator.id})).get(creator.id, 0),
        lines=tuple(await chat.latest_lines(show_id=show.id, by=by)),
        me_host=host,
        me_moderator=by is not None and by.has(Role.MODERATOR),
        me_following=await follows.follows(creator_id=creator.id, by=by),
        me_reminded=show.id in await follows.reminded(show_ids=[show.id], by=by),
        me_announces=await chat.announces(by=by),
        me_sanction=await sanctions.active(by.id, channel(show.id)) if by else None,
    )


def programme(show: Show, slots: list[Slot], history: list[Pin], products: dict[UUID, Offered]) -> list[Part]:
    """The run of show with its state: pinned slots carry the time they were shown, the others the plan."""
    shown = {pin.slot: pin for pin in history if pin.slot is not None}
    current = next((pin.slot for pin in history if pin.unpinned_at is None and pin.slot is not None), None)
    reached = max((slot.position for slot in slots if slot.id in shown), default=0)
    planned = show.went_live_at or show.starts_at
    parts = []
    for slot in slots:
        pin = shown.get(slot.id)
        parts.append(_part(show, slot, pin, planned, products.get(slot.product), _state(show, slot, current, reached)))
        planned = (pin.pinned_at if pin else planned) + timedelta(minutes=slot.minutes)
    return parts


def source_of(show: Show) -> PlayerSource | None:
    """What the player shows: the live picture while there is one, the recording afterwards, else nothing."""
    playback = show.asset_playback_id or (show.playback_id if show.status == ShowStatus.LIVE else None)
    return mux_gateway.player_source(playback) if playback else None


def replay_second(show: Show, at: datetime) -> int | None:
    """Where in the recording a moment is; None before it began or without a recording."""
    if show.went_live_at is None or show.asset_playback_id is None:
        return None
    seconds = int((at - show.went_live_at).total_seconds())
    return seconds if 0 <= seconds <= max(show.asset_seconds, 1) else None


def kind_for_template(line: chat.Line, by: Principal | None) -> str:
    """The macro's name for a line: own and held ones look different to their writer."""
    if by is not None and line.person_id == by.id and line.kind is not MessageKind.PURCHASE:
        return "held" if line.status == "held" else "own" if line.kind is MessageKind.VIEWER else _KINDS[line.kind]
    return _KINDS[line.kind]


_KINDS = {
    MessageKind.VIEWER: "viewer",
    MessageKind.HOST: "host",
    MessageKind.MODERATOR: "mod",
    MessageKind.PURCHASE: "system",
}


def _part(show: Show, slot: Slot, pin: Pin | None, planned: datetime, product: Offered | None, state: SlotState) -> Part:
    seconds = replay_second(show, pin.pinned_at) if pin else None
    until = replay_second(show, pin.unpinned_at or clock.now()) if pin else None
    return Part(
        id=slot.id,
        position=slot.position,
        title=slot.title,
        minutes=slot.minutes,
        product=product,
        at=pin.pinned_at if pin else planned,
        state=state,
        seconds=seconds,
        until_seconds=until if until is not None or seconds is None else show.asset_seconds,
    )


def _state(show: Show, slot: Slot, current: UUID | None, reached: int) -> SlotState:
    if show.status == ShowStatus.ENDED:
        return SlotState.DONE
    if slot.id == current:
        return SlotState.NOW
    return SlotState.DONE if slot.position <= reached else SlotState.NEXT
