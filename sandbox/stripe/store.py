"""Everything the stand-in remembers: in memory, and in SQLite before an answer leaves."""

from __future__ import annotations

import secrets
import sqlite3
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

Thing = dict[str, Any]

_LETTERS = (string.ascii_letters + string.digits).encode()
_OF_BYTE = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
_SCHEMA = """
create table if not exists thing (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    account text not null,
    body blob not null
)
"""


def new_id(prefix: str, length: int = 24) -> str:
    """An id in Stripe's style."""
    return f"{prefix}_{secrets.token_bytes(length).translate(_OF_BYTE).decode()}"


class Store:
    """Objects by id and by (kind, account), in the order of their making.

    A request changes objects in place and calls `touch`; `commit` makes the changes last, `rollback` undoes them.
    """

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")  # a killed process loses nothing; a power cut may lose the last moment
        self._db.execute(_SCHEMA)
        self._things: dict[str, Thing] = {}
        self._place: dict[str, tuple[str, str]] = {}
        self._kinds: dict[tuple[str, str], dict[str, Thing]] = {}
        self._dirty: dict[str, None] = {}
        for thing_id, kind, account, body in self._db.execute("select id, kind, account, body from thing order by seq"):
            self._hold(thing_id, kind, account, msgspec.json.decode(body))

    def add(self, kind: str, account: str, thing: Thing) -> Thing:
        """Remember a new object of `account`."""
        self._hold(thing["id"], kind, account, thing)
        self._dirty[thing["id"]] = None
        return thing

    def of_kind(self, kind: str) -> Iterator[tuple[str, Thing]]:
        """Every object of a kind with its account, account by account, oldest first."""
        for (held, account), things in self._kinds.items():
            if held == kind:
                for thing in things.values():
                    yield account, thing

    def touch(self, thing: Thing) -> None:
        """Say that an object was changed."""
        self._dirty[thing["id"]] = None

    def find(self, kind: str, account: str, thing_id: str) -> Thing | None:
        """The object, if it is of this kind and account."""
        return self._things[thing_id] if self._place.get(thing_id) == (kind, account) else None

    def any(self, thing_id: str) -> tuple[Thing, str] | None:
        """An object of whatever kind, and its account."""
        return (self._things[thing_id], self._place[thing_id][1]) if thing_id in self._things else None

    def all(self, kind: str, account: str) -> list[Thing]:
        """The objects of a kind and account, oldest first."""
        return list(self._kinds.get((kind, account), {}).values())

    def newest(self, kind: str, account: str) -> Iterator[Thing]:
        """The same, newest first."""
        return reversed(self._kinds.get((kind, account), {}).values())

    def remove(self, thing: Thing) -> None:
        """Forget an object."""
        kind = self._place.pop(thing["id"])
        del self._kinds[kind][thing["id"]]
        del self._things[thing["id"]]
        self._dirty[thing["id"]] = None

    def commit(self) -> None:
        """Write what changed, as one."""
        if not self._dirty:
            return
        self._db.execute("begin")
        for thing_id in self._dirty:
            thing = self._things.get(thing_id)
            if thing is None:
                self._db.execute("delete from thing where id = ?", (thing_id,))
                continue
            self._db.execute(
                "insert into thing (id, kind, account, body) values (?, ?, ?, ?) on conflict (id) do update set body = excluded.body",
                (thing_id, *self._place[thing_id], msgspec.json.encode(thing)),
            )
        self._db.execute("commit")
        self._dirty.clear()

    def rollback(self) -> None:
        """Put everything that changed since the last commit back as it was."""
        for thing_id in self._dirty:
            place = self._place.pop(thing_id, None)
            if place is not None:
                self._kinds[place].pop(thing_id, None)
                self._things.pop(thing_id, None)
            row = self._db.execute("select kind, account, body from thing where id = ?", (thing_id,)).fetchone()
            if row is not None:
                self._hold(thing_id, row[0], row[1], msgspec.json.decode(row[2]))
        self._dirty.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._db.execute("delete from thing")
        self._things.clear()
        self._place.clear()
        self._kinds.clear()
        self._dirty.clear()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _hold(self, thing_id: str, kind: str, account: str, thing: Thing) -> None:
        self._things[thing_id] = thing
        self._place[thing_id] = (kind, account)
        self._kinds.setdefault((kind, account), {})[thing_id] = thing
