"""The table of what travels with a mail."""

from __future__ import annotations

from piccolo.columns import UUID, Bytea, ForeignKey, OnDelete, Varchar
from piccolo.table import Table

from foundation.database import DB
from foundation.tables import Mail


class MailAttachment(Table, db=DB, tablename="mail_attachment"):
    """A file in a mail; forgotten with the mail's words."""

    id = UUID(primary_key=True)
    mail = ForeignKey(Mail, null=False, default=None, on_delete=OnDelete.cascade, index=True)
    name = Varchar(length=120, null=False, default=None)
    media_type = Varchar(length=80, null=False, default=None)
    content = Bytea(null=False, default=None)
