"""Tables of people: creators, collaborations, shows, the room, attribution."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Brief, Order, OrderLine, Product


class ApplicationStatus(StrEnum):
    """Where an application stands. It waits for the brand while `submitted`, for the creator while `countered`."""

    SUBMITTED = "submitted"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CollaborationStatus(StrEnum):
    """Where a collaboration stands."""

    ACTIVE = "active"
    ENDED = "ended"


class ShowStatus(StrEnum):
    """Where a show stands. `ended` with a replay asset is a replay."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Signal(StrEnum):
    """What Mux says of the picture."""

    NONE = "none"
    CONNECTED = "connected"
    ACTIVE = "active"
    DISCONNECTED = "disconnected"


class MessageKind(StrEnum):
    """Who speaks."""

    VIEWER = "viewer"
    HOST = "host"
    MODERATOR = "moderator"
    PURCHASE = "purchase"


class MessageStatus(StrEnum):
    """Whether the room may see it."""

    VISIBLE = "visible"
    HELD = "held"
    REMOVED = "removed"


class TouchKind(StrEnum):
    """What a person did that may lead to a sale."""

    SHOW_VIEW = "show_view"
    REPLAY_VIEW = "replay_view"
    CLIP_VIEW = "clip_view"
    WATCHED = "watched"
    LINK_CLICK = "link_click"
    PRODUCT_CLICK = "product_click"
    BUY_TAP = "buy_tap"


class Creator(Table, db=DB, tablename="creator"):
    """An influencer who hosts shows and is paid."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    handle = Varchar(length=40, null=False, default=None, unique=True)
    display_name = Varchar(length=80, null=False, default=None)
    bio = Text(null=False, default="")
    trade = Varchar(length=40, null=False, default="")
    picture = Varchar(length=200, null=False, default="")
    country = Varchar(length=2, null=False, default=None)
    language = Varchar(length=5, null=False, default=None)
    followers = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)


class Follow(Table, db=DB, tablename="follow"):
    """A person who wants to hear of a creator's shows."""

    id = UUID(primary_key=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    since = Timestamptz(null=False, default=None)

    uq_follow_creator_person = Unique([creator, person])


class RoomPreference(Table, db=DB, tablename="room_preference"):
    """What a person chose for the rooms they visit: whether a purchase is announced with their first name."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    announce_purchases = Boolean(null=False, default=False)
    changed_at = Timestamptz(null=False, default=None)


class Application(Table, db=DB, tablename="application"):
    """A creator asks to host a brief."""

    id = UUID(primary_key=True)
    brief = ForeignKey(Brief, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    message = Text(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ApplicationStatus)
    reason = Text(null=False, default="")
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    decided_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    uq_application_brief_creator = Unique([brief, creator])


class Collaboration(Table, db=DB, tablename="collaboration"):
    """An accepted brand and creator."""

    id = UUID(primary_key=True)
    application = ForeignKey(Application, null=False, default=None, on_delete=OnDelete.restrict, unique=True)
    brief = ForeignKey(Brief, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    status = Varchar(length=20, null=False, default=None, choices=CollaborationStatus)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Terms(Table, db=DB, tablename="terms"):
    """What both agreed to, frozen; a change is a new version. `products` is the list of product ids it covers."""

    id = UUID(primary_key=True)
    collaboration = ForeignKey(Collaboration, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    version = SmallInt(null=False, default=None)
    commission_bp = Integer(null=False, default=None)
    platform_fee_bp = Integer(null=False, default=None)
    window_days = SmallInt(null=False, default=None)
    model = Varchar(length=20, null=False, default="last_touch")
    hold_days = SmallInt(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    products = JSONB(null=False, default=None)
    content_hash = Varchar(length=64, null=False, default=None)
    frozen_at = Timestamptz(null=False, default=None)
    accepted_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)

    uq_terms_collaboration_version = Unique([collaboration, version])


class Show(Table, db=DB, tablename="show"):
    """One live event of a collaboration."""

    id = UUID(primary_key=True)
    slug = Varchar(length=100, null=False, default=None, unique=True)
    collaboration = ForeignKey(Collaboration, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, null=False, default=None)
    description = Text(null=False, default="")
    picture = Varchar(length=200, null=False, default="")
    language = Varchar(length=5, null=False, default=None)
    starts_at = Timestamptz(null=False, default=None, index=True)
    minutes = SmallInt(null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ShowStatus)
    signal = Varchar(length=20, null=False, default="none", choices=Signal)
    live_stream_id = Varchar(length=80, null=True, default=None, unique=True)
    playback_id = Varchar(length=120, null=True, default=None)
    asset_id = Varchar(length=80, null=True, default=None, unique=True)
    asset_playback_id = Varchar(length=120, null=True, default=None)
    asset_seconds = Integer(null=False, default=0)
    went_live_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    peak_viewers = Integer(null=False, default=0)
    slow_seconds = SmallInt(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)


class Reminder(Table, db=DB, tablename="reminder"):
    """A person who wants to be told when a show begins."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    asked_at = Timestamptz(null=False, default=None)
    sent_at = Timestamptz(null=True, default=None)

    uq_reminder_show_person = Unique([show, person])


class Slot(Table, db=DB, tablename="slot"):
    """A part of the run of show: one product for some minutes."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    position = SmallInt(null=False, default=None)
    product = ForeignKey(Product, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, null=False, default=None)
    minutes = SmallInt(null=False, default=None)

    uq_slot_show_position = Unique([show, position])
    ck_slot_minutes = Check(minutes > 0)


class Pin(Table, db=DB, tablename="pin"):
    """A product on screen from one moment to another."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    product = ForeignKey(Product, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    slot = ForeignKey(Slot, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    pinned_at = Timestamptz(null=False, default=None)
    unpinned_at = Timestamptz(null=True, default=None)
    pinned_by = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)


class ChatMessage(Table, db=DB, tablename="chat_message"):
    """What was said in a room; stored before it is sent. `client_key` makes a repeated POST the same message."""

    id = BigSerial(primary_key=True)
    show = ForeignKey(Show, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    author = Varchar(length=80, null=False, default=None)
    kind = Varchar(length=20, null=False, default=None, choices=MessageKind)
    body = Varchar(length=500, null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=MessageStatus)
    client_key = UUID(null=False, default=None, unique=True)
    at = Timestamptz(null=False, default=None)
    removed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)


class Touch(Table, db=DB, tablename="touch"):
    """What a person did before a sale, kept on the server. A link to a product or a brand belongs to no show: the touch has its click's id."""

    id = UUID(primary_key=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    creator = ForeignKey(Creator, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    visitor = Varchar(length=64, null=False, default=None, index=True)
    kind = Varchar(length=20, null=False, default=None, choices=TouchKind)
    product = ForeignKey(Product, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    at = Timestamptz(null=False, default=None)
    source = Varchar(length=20, null=False, default="room")


class AttributionDecision(Table, db=DB, tablename="attribution_decision"):
    """Which creator an order line is credited to, and why. A new finding is a new version, never an edit."""

    id = UUID(primary_key=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    version = SmallInt(null=False, default=None)
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    show = ForeignKey(Show, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    rule = Varchar(length=40, null=False, default=None)
    reason = Varchar(length=80, null=False, default=None)
    evidence = JSONB(null=False, default=None)
    policy_version = Varchar(length=20, null=False, default=None)
    decided_at = Timestamptz(null=False, default=None)

    uq_attribution_decision_order_line_version = Unique([order_line, version])
