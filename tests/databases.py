"""A migrated template, a clone for each test worker, and the emptying between tests."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from foundation.database import DB
from foundation.migrations import migrate

TEMPLATE = "fanfare_template"
_empty: list[str] = []


def named(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def make_template(url: str) -> None:
    asyncio.run(_execute(url, f'create database "{TEMPLATE}"'))
    migrate(named(url, TEMPLATE))


def clone(url: str, name: str) -> str:
    server = named(url, "postgres")
    asyncio.run(_execute(server, f'create database "{name}" template "{TEMPLATE}" strategy file_copy'))
    return named(url, name)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn=url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def empty() -> None:
    """One round trip that deletes every row, triggers and foreign keys set aside, and keeps what the migrations put in."""
    from foundation import valkey

    async with DB.connection() as connection:
        if not _empty:
            tables = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public' and tablename not in ('migration', 'vat_rate') order by 1"
            )
            _empty.append("".join(f'delete from "{row["tablename"]}";' for row in tables))  # noqa: S608  # names from the catalogue
        await connection.execute("set session_replication_role = replica;" + _empty[0] + "set session_replication_role = origin")
    await valkey.flush()
