"""The memory of the stand-in: documents by kind and id, and the queue of webhooks, in one SQLite file.

Each write is committed before the call returns, so a kill loses nothing that was answered.
"""

import json
import secrets
import sqlite3
import string
from pathlib import Path
from typing import Any

Document = dict[str, Any]

ALPHABET = string.ascii_letters + string.digits

SCHEMA = """
pragma journal_mode = wal;
pragma synchronous = normal;
create table if not exists document (
    kind text not null, id text not null, body text not null,
    place integer not null, primary key (kind, id)
);
create index if not exists document_place on document (kind, place);
create table if not exists webhook (
    id text primary key, body text not null, rank real not null, due real not null,
    attempts integer not null default 0, held integer not null default 0
);
"""


def fresh_id(length: int = 44) -> str:
    """Return a random id in the style of Mux: letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class Store:
    """Documents and queued webhooks. Used from one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path`."""
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.executescript(SCHEMA)

    def put(self, kind: str, body: Document) -> None:
        """Write a document under its `id`; a new one takes the newest place in the list of its kind."""
        self.database.execute(
            "insert into document values (?, ?, ?, (select coalesce(max(place), 0) + 1 from document where kind = ?))"
            " on conflict (kind, id) do update set body = excluded.body",
            (kind, body["id"], json.dumps(body), kind),
        )

    def get(self, kind: str, key: str) -> Document | None:
        """Return the document, or None."""
        row = self.database.execute("select body from document where kind = ? and id = ?", (kind, key)).fetchone()
        return _document(row)

    def find(self, kind: str, field: str, value: str) -> Document | None:
        """Return the newest document whose top-level `field` is `value`, or None."""
        row = self.database.execute(
            "select body from document where kind = ? and json_extract(body, '$.' || ?) = ? order by place desc",
            (kind, field, value),
        ).fetchone()
        return _document(row)

    def page(self, kind: str, *, limit: int, page: int) -> list[Document]:
        """Return one page of a kind, newest first; pages count from 1."""
        rows = self.database.execute(
            "select body from document where kind = ? order by place desc limit ? offset ?",
            (kind, limit, (page - 1) * limit),
        )
        return [json.loads(row[0]) for row in rows]

    def all(self, kind: str) -> list[Document]:
        """Return every document of a kind, oldest first."""
        rows = self.database.execute("select body from document where kind = ? order by place", (kind,))
        return [json.loads(row[0]) for row in rows]

    def remove(self, kind: str, key: str) -> None:
        """Forget a document; quiet when it is not there."""
        self.database.execute("delete from document where kind = ? and id = ?", (kind, key))

    def clear(self) -> None:
        """Forget everything but the keys that the product's settings may name already."""
        self.database.execute("delete from webhook")
        self.database.execute("delete from document where kind not in ('signing_key', 'setting')")

    def secret(self) -> bytes:
        """Return the key of this store that signs playback grants; made once."""
        kept = self.get("setting", "grant")
        if kept is None:
            kept = {"id": "grant", "value": secrets.token_hex(32)}
            self.put("setting", kept)
        return bytes.fromhex(kept["value"])


def _document(row: Any) -> Document | None:
    return json.loads(row[0]) if row else None
