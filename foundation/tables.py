"""Tables of the ground: people, what they may do, what leaves and what arrives."""

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


class Role(StrEnum):
    """What a person may be; one person may be several. `viewer` is everybody who signed up."""

    VIEWER = "viewer"
    CREATOR = "creator"
    BRAND_MEMBER = "brand_member"
    MODERATOR = "moderator"
    FINANCE_MAKER = "finance_maker"
    FINANCE_CHECKER = "finance_checker"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Person(Table, db=DB, tablename="person"):
    """Somebody with an account. `email` is kept in lower case; sessions that began before `sessions_since` are void."""

    id = UUID(primary_key=True)
    email = Varchar(length=254, null=False, default=None, unique=True)
    password_hash = Text(null=True, default=None, secret=True)
    display_name = Varchar(length=80, null=False, default=None)
    locale = Varchar(length=5, null=False, default="en")
    time_zone = Varchar(length=64, null=False, default="Europe/Paris")
    theme = Varchar(length=6, null=False, default="auto")
    email_confirmed_at = Timestamptz(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)
    sessions_since = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class RoleGrant(Table, db=DB, tablename="role_grant"):
    """A role that a person has, besides viewer."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict)
    role = Varchar(length=20, null=False, default=None, choices=Role)
    granted_at = Timestamptz(null=False, default=None)
    granted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)

    uq_role_grant_person_role = Unique([person, role])


class ExternalIdentity(Table, db=DB, tablename="external_identity"):
    """A person as an OpenID Connect provider knows them."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict)
    issuer = Varchar(length=255, null=False, default=None)
    subject = Varchar(length=255, null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    uq_external_identity_issuer_subject = Unique([issuer, subject])


class OneTimeLink(Table, db=DB, tablename="one_time_link"):
    """A link in a mail that works once: confirmation of an address, reset of a password. Only the token's hash is kept."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.cascade)
    purpose = Varchar(length=20, null=False, default=None)
    token_hash = Varchar(length=64, null=False, default=None, unique=True)
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    used_at = Timestamptz(null=True, default=None)


class ApiToken(Table, db=DB, tablename="api_token"):
    """A key with which a program acts for a person. Only its hash is kept; `prefix` is what people recognise it by."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=80, null=False, default=None)
    prefix = Varchar(length=16, null=False, default=None)
    token_hash = Varchar(length=64, null=False, default=None, unique=True)
    scopes = JSONB(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class IdempotentCall(Table, db=DB, tablename="idempotent_call"):
    """A call that was sent with an `Idempotency-Key`, and its answer once there is one."""

    id = BigSerial(primary_key=True)
    caller = Varchar(length=80, null=False, default=None)
    key = Varchar(length=200, null=False, default=None)
    fingerprint = Varchar(length=64, null=False, default=None)
    begun_at = Timestamptz(null=False, default=None, index=True)
    status = SmallInt(null=True, default=None)
    content_type = Varchar(length=100, null=False, default="")
    body = Text(null=False, default="")

    uq_idempotent_call_caller_key = Unique([caller, key])


class Mail(Table, db=DB, tablename="mail"):
    """A mail to send, or that was sent; written in the transaction of the fact."""

    id = UUID(primary_key=True)
    recipient = Varchar(length=254, null=False, default=None)
    subject = Varchar(length=255, null=False, default=None)
    text = Text(null=False, default=None)
    html = Text(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    sent_at = Timestamptz(null=True, default=None)


class AuditEntry(Table, db=DB, tablename="audit_entry"):
    """Who did what to which object, when, from where. Append-only."""

    id = BigSerial(primary_key=True)
    at = Timestamptz(null=False, default=None, index=True)
    actor = Varchar(length=80, null=False, default=None)
    action = Varchar(length=80, null=False, default=None)
    object_kind = Varchar(length=40, null=False, default=None)
    object_id = Varchar(length=80, null=False, default=None, index=True)
    details = JSONB(null=False, default=None)
    request_id = Varchar(length=64, null=False, default="")


class OutboxMessage(Table, db=DB, tablename="outbox_message"):
    """An event that was written with its fact and waits for the relay."""

    id = BigSerial(primary_key=True)
    topic = Varchar(length=80, null=False, default=None)
    payload = JSONB(null=False, default=None)
    request_id = Varchar(length=64, null=False, default="")
    created_at = Timestamptz(null=False, default=None)


class OutboxDelivery(Table, db=DB, tablename="outbox_delivery"):
    """One event on its way to one actor; gone once the actor has done its work, dead after its last try."""

    id = BigSerial(primary_key=True)
    message_id = BigInt(null=False, default=None)
    topic = Varchar(length=80, null=False, default=None)
    actor = Varchar(length=120, null=False, default=None)
    payload = JSONB(null=False, default=None)
    request_id = Varchar(length=64, null=False, default="")
    created_at = Timestamptz(null=False, default=None)
    sent_at = Timestamptz(null=False, default=None, index=True)
    sends = SmallInt(null=False, default=1)
    dead_at = Timestamptz(null=True, default=None)
    error = Text(null=False, default="")

    uq_outbox_delivery_message_actor = Unique([message_id, actor])


class WebhookReceipt(Table, db=DB, tablename="webhook_receipt"):
    """A vendor's event as it arrived, stored once."""

    id = BigSerial(primary_key=True)
    source = Varchar(length=20, null=False, default=None)
    event_id = Varchar(length=120, null=False, default=None)
    kind = Varchar(length=120, null=False, default=None)
    account = Varchar(length=80, null=True, default=None)
    object_kind = Varchar(length=60, null=False, default=None)
    object_id = Varchar(length=120, null=False, default=None)
    payload = JSONB(null=False, default=None)
    happened_at = Timestamptz(null=False, default=None)
    received_at = Timestamptz(null=False, default=None)
    handled_at = Timestamptz(null=True, default=None)
    attempts = Integer(null=False, default=0)
    error = Text(null=False, default="")

    uq_webhook_receipt_source_event = Unique([source, event_id])


class Schedule(Table, db=DB, tablename="schedule"):
    """Work that comes round; claimed by one relay at a time."""

    name = Varchar(length=80, primary_key=True)
    every_seconds = Integer(null=False, default=None)
    next_run_at = Timestamptz(null=False, default=None)
    last_run_at = Timestamptz(null=True, default=None)
    enabled = Boolean(null=False, default=True)

    ck_schedule_every = Check(every_seconds > 0)
