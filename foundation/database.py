"""The database engine of the process: Piccolo with a transaction that never leaks its connection.

Piccolo's own transaction keeps the connection for ever when COMMIT fails or the task is cancelled at the wrong moment, and
makes a nested transaction a no-op. Here a nested transaction is a savepoint, and each event loop has its own pool (the web
process, the Dramatiq loop and tests may live in one process).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from foundation import settings

if TYPE_CHECKING:
    from asyncpg import Connection, Pool


PREPARED = 500
"""Statements that a connection keeps prepared: a purchase alone has more than the hundred of asyncpg's own setting."""


class TransactionElsewhere(RuntimeError):
    """A task used a transaction that another task had begun; spawn no tasks inside a transaction."""


class SafeTransaction(PostgresTransaction):
    """One transaction on one pooled connection; inside another one, a savepoint."""

    engine: SafeEngine
    task: asyncio.Task[Any] | None
    outermost: bool = False

    async def __aenter__(self) -> SafeTransaction:
        parent = self.engine.transaction_here()
        if parent is not None:
            self.connection = parent.connection
            self.task = parent.task
            self.transaction = self.connection.transaction()
            await self.transaction.start()
            return self
        self.task = asyncio.current_task()
        self.connection = await self.engine.acquire()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        except BaseException:
            await self.engine.release(self.connection)
            raise
        self.context = self.engine.current_transaction.set(self)
        self.outermost = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        try:
            if error is not None:
                await self._roll_back()
            else:
                await self.transaction.commit()
        finally:
            if self.outermost:
                self.engine.current_transaction.reset(self.context)
                await self.engine.release(self.connection)
        return False

    async def _roll_back(self) -> None:
        if not self.connection.is_closed():
            # When the server has gone it has rolled back by itself; the first error is the one to show.
            with suppress(asyncpg.PostgresConnectionError):
                await self.transaction.rollback()


class SafeEngine(PostgresEngine):
    """The engine; connects lazily, with one pool for each event loop."""

    def __init__(self) -> None:
        self._pools: dict[asyncio.AbstractEventLoop, asyncio.Future[Pool[Any]]] = {}
        super().__init__(config={})

    async def check_version(self) -> None:
        """Nothing: importing a module must not connect."""

    async def prep_database(self) -> None:
        """Nothing: extensions are made by migrations."""

    @property
    def pool(self) -> SafeEngine:
        return self

    @pool.setter
    def pool(self, value: object) -> None:
        """Piccolo's initialiser sets it to None; the pools are kept by event loop instead."""

    def transaction(self, allow_nested: bool = True) -> SafeTransaction:
        """`async with DB.transaction():` commits at the end, rolls back on any error; nested it is a savepoint."""
        return SafeTransaction(engine=self, allow_nested=allow_nested)

    def transaction_here(self) -> SafeTransaction | None:
        """The transaction of the current task. Raises `TransactionElsewhere` when a parent task's was inherited."""
        current = cast("SafeTransaction | None", self.current_transaction.get())
        if current is not None and current.task is not asyncio.current_task():
            raise TransactionElsewhere
        return current

    async def acquire(self) -> Connection[Any]:
        return await (await self._pool_here()).acquire()

    async def release(self, connection: Connection[Any]) -> None:
        pool = await self._pool_here()
        await asyncio.shield(pool.release(connection))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection[Any]]:
        """The transaction's own asyncpg connection, or one from the pool: for batches and hot paths."""
        current = self.transaction_here()
        if current is not None:
            yield current.connection
            return
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.release(connection)

    async def close(self) -> None:
        """Close the pool of the current event loop."""
        opening = self._pools.pop(asyncio.get_running_loop(), None)
        if opening is not None:
            pool = await opening
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:  # noqa: ARG002  # Piccolo's signature
        query, arguments = querystring.compile_string(engine_type=self.engine_type)
        async with self.connection() as connection:
            return await connection.fetch(query, *arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:  # noqa: ARG002  # Piccolo's signature
        async with self.connection() as connection:
            return await connection.fetch(ddl)

    async def _pool_here(self) -> Pool[Any]:
        loop = asyncio.get_running_loop()
        opening = self._pools.get(loop)
        if opening is None:
            opening = self._pools[loop] = asyncio.ensure_future(_open_pool())
        try:
            return await asyncio.shield(opening)
        except BaseException:
            if opening.done() and (opening.cancelled() or opening.exception()):
                self._pools.pop(loop, None)  # the server was not there yet: the next query tries again
            raise

    async def get_new_connection(self) -> Connection[Any]:
        return await asyncpg.connect(**connect_options(settings.current().database_url))


async def _open_pool() -> Pool[Any]:
    now = settings.current()
    return await asyncpg.create_pool(
        **connect_options(now.database_url), min_size=1, max_size=int(now.database_pool), command_timeout=60, reset=_as_it_is
    )


async def _as_it_is(_connection: Connection[Any]) -> None:
    """Give a connection back without a round trip to the server.

    asyncpg would reset the session after each query. Nothing of ours outlives its transaction there: locks are those of
    transactions, settings are `set local`, nobody listens; and asyncpg itself has rolled back what was left open.
    """


def connect_options(url: str) -> dict[str, Any]:
    """Arguments of `asyncpg.connect` for an address such as `postgresql://user@/name?host=/folder`."""
    if not urlsplit(url).scheme:
        raise settings.SettingError("DATABASE_URL is not set and no embedded server was started.")
    role = settings.current().database_role
    own = {"application_name": "fanfare", "timezone": "UTC", **({"role": role} if role else {})}
    return {"dsn": url, "server_settings": own, "statement_cache_size": PREPARED}


DB = SafeEngine()
