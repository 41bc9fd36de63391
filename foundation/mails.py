"""Mails: written as rows in the transaction of their reason, sent by a job, HTML and text from one template.

A template of `frontend_templates/emails/` fills the blocks `subject` and `body` with the macros of `parts`; it is rendered once
with the parts for HTML and once with those for text. Without `FANFARE_MAIL_URL` mails are kept and shown at /dev/mail.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from anyio import to_thread
from jinja2 import Environment
from piccolo.custom_types import Combinable

from foundation import clock, i18n, outbox, settings, templating
from foundation.attachment_tables import MailAttachment
from foundation.database import DB
from foundation.errors import NotFound
from foundation.events import MailWritten
from foundation.tables import Mail

SECONDS: Final = 20

SENT_KEPT: Final = timedelta(days=90)
"""Receiver and subject of a mail that went out, so long; its words are gone at once."""

SHOWN_KEPT: Final = timedelta(days=30)
"""Whole mails at /dev/mail, which hold links that open accounts."""

FORGOTTEN_AT_ONCE: Final = 5000


@dataclass(frozen=True)
class Attachment:
    """A file that travels with a mail; `media_type` such as `application/pdf`."""

    name: str
    media_type: str
    content: bytes


async def write(
    *,
    to: str,
    locale: str,
    template: str,
    once: str = "",
    time_zone: str = "",
    attachments: Sequence[Attachment] = (),
    **context: object,
) -> UUID:
    """Write a mail in the language of its reader; it leaves after the commit. Call it inside the verb's transaction.

    `template` is a file of `emails/`; `context` are its values. `once` names the reason: a second mail to the same reader for
    the same reason is not written. Moments stand in the reader's `time_zone` when it is given. Returns the id of the mail.
    """
    mail_id = _id_of(once, to) if once else uuid4()
    if once and await is_written(to=to, once=once):
        return mail_id
    token = i18n.locale.set(i18n.negotiate(locale))
    zone = i18n.time_zone.set(time_zone or i18n.time_zone.get())
    try:
        subject, text, html = _render(template, {**context, "link": link, "locale": i18n.locale.get()})
    finally:
        i18n.locale.reset(token)
        i18n.time_zone.reset(zone)
    await Mail(id=mail_id, recipient=to, subject=subject[:255], text=text, html=html, created_at=clock.now()).save()
    if attachments:
        await MailAttachment.insert(
            *(MailAttachment(mail=mail_id, name=one.name, media_type=one.media_type, content=one.content) for one in attachments)
        )
    await outbox.publish(MailWritten(mail_id=mail_id))
    return mail_id


async def is_written(*, to: str, once: str) -> bool:
    """Whether this reader has been written to for this reason."""
    return await Mail.select(Mail.id).where(Mail.id == _id_of(once, to)).first() is not None


async def send(*, mail_id: UUID) -> None:
    """Hand a mail to the mail server and forget its words, which may hold a link that opens an account.

    Safe to call twice: what was sent is not sent again, and a repetition after a crash in between carries the same
    Message-ID. Without a mail server nothing happens. Raises `smtplib.SMTPException` or `OSError` while the server is away.
    """
    url = settings.current().mail_url
    mail = await Mail.objects().get(Mail.id == mail_id)
    if not url or mail is None or mail.sent_at is not None:
        return
    attached = await MailAttachment.objects().where(MailAttachment.mail == mail_id).order_by(MailAttachment.name)
    await to_thread.run_sync(_hand_over, url, _message(mail, attached))
    async with DB.transaction():
        await MailAttachment.delete().where(MailAttachment.mail == mail_id)
        await Mail.update({Mail.sent_at: clock.now(), Mail.text: "", Mail.html: ""}).where(Mail.id == mail_id)


async def forget_old() -> int:
    """Delete mails that went out long ago, and those that are only kept to be looked at, with what was attached; return how many.

    What waits for the mail server stays, however long.
    """
    now = clock.now()
    old: Combinable = Mail.sent_at < now - SENT_KEPT
    if are_kept():
        old = old | (Mail.sent_at.is_null() & (Mail.created_at < now - SHOWN_KEPT))
    async with DB.transaction():
        ids = [row["id"] for row in await Mail.select(Mail.id).where(old).limit(FORGOTTEN_AT_ONCE).lock_rows("UPDATE")]
        if ids:
            await MailAttachment.delete().where(MailAttachment.mail.is_in(ids))
            await Mail.delete().where(Mail.id.is_in(ids))
    return len(ids)


def are_kept() -> bool:
    """Whether mails wait at /dev/mail instead of going out."""
    now = settings.current()
    return not now.mail_url and not now.production


async def newest(*, to: str = "", limit: int = 50) -> list[Mail]:
    """The newest mails, of all readers or of one."""
    query = Mail.objects().order_by(Mail.created_at, ascending=False).limit(limit)
    return await (query.where(Mail.recipient == to) if to else query)


async def kept(*, mail_id: UUID) -> Mail:
    """One mail. Raises `NotFound`."""
    mail = await Mail.objects().get(Mail.id == mail_id)
    if mail is None:
        raise NotFound
    return mail


async def attached_to(mail_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The ids and names of what travels with kept mails, by mail, in the order of the names."""
    named = MailAttachment.select(MailAttachment.id, MailAttachment.mail, MailAttachment.name).order_by(MailAttachment.name)
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in await named.where(MailAttachment.mail.is_in(list(mail_ids))) if mail_ids else []:
        found.setdefault(row["mail"], []).append((row["id"], row["name"]))
    return found


async def attachment(*, mail_id: UUID, attachment_id: UUID) -> Attachment:
    """One file of one mail. Raises `NotFound`."""
    row = await MailAttachment.objects().get((MailAttachment.id == attachment_id) & (MailAttachment.mail == mail_id))
    if row is None:
        raise NotFound
    return Attachment(row.name, row.media_type, bytes(row.content))


def link(path: str) -> str:
    """The full address of one of our paths, for a mail."""
    return settings.current().base_url + path


def _render(template: str, context: dict[str, object]) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    text, html = _environment("text"), _environment("html")
    plain = {**context, "layout": "emails/layout.txt", "parts": text.get_template("emails/parts.txt").module}
    rich = {**context, "layout": "emails/layout.html", "parts": html.get_template("emails/parts.html").module}
    loaded = text.get_template(f"emails/{template}")
    subject = "".join(loaded.blocks["subject"](loaded.new_context(plain)))
    lines = re.sub(r"\n{3,}", "\n\n", loaded.render(plain)).strip() + "\n"
    return " ".join(subject.split()), lines, html.get_template(f"emails/{template}").render(rich)


@cache
def _environment(kind: str) -> Environment:
    """Text is not markup: nothing in it is escaped."""
    house = templating.environment()
    return house.overlay(autoescape=False) if kind == "text" else house


def _id_of(once: str, to: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"{once} {to}")


def _message(mail: Mail, attached: Sequence[MailAttachment]) -> EmailMessage:
    sender = settings.current().mail_from
    host = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for one in attached:
        kind, _slash, subtype = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name)
    return message


def _hand_over(url: str, message: EmailMessage) -> None:
    """`smtp://` changes to TLS when the server offers it; `smtps://` speaks it from the first byte."""
    parts = urlsplit(url)
    host, safe = parts.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=safe)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=safe)
        elif parts.scheme == "smtp" and parts.username:
            raise smtplib.SMTPNotSupportedError("the mail server offers no TLS: our password does not go there")
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
    finally:
        with suppress(smtplib.SMTPException):
            server.quit()
