"""The connection to Valkey (or Redis): one client for each event loop and each logical database."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from foundation import settings

SESSIONS = 0
"""Logical database of sessions and rate limits."""

JOBS = 1
"""Logical database of Dramatiq alone: its maintenance looks through all keys."""

LIVE = 2
"""Logical database of what happens in rooms: replay streams and presence."""

AWAY = (RedisError, OSError)
"""What a command may raise while Valkey is away."""

_clients: dict[tuple[asyncio.AbstractEventLoop, int], Redis] = {}


def client(database: int = SESSIONS) -> Redis:
    """The client of the running event loop for one logical database.

    A command that meets a lost connection is sent again, up to three times within half a second: a counter may
    then count twice, and a page fails soon instead of hanging. Raises one of `AWAY` afterwards.
    """
    key = (asyncio.get_running_loop(), database)
    if key not in _clients:
        _forget_closed_loops()
        _clients[key] = Redis.from_url(
            address(database),
            socket_timeout=5,
            socket_connect_timeout=2,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 3),
            retry_on_error=[ConnectionLost, NoAnswer],
        )
    return _clients[key]


def address(database: int) -> str:
    """The address of one logical database, counted from the one that `REDIS_URL` names (0 when it names none)."""
    parts = urlsplit(settings.current().redis_url)
    if not parts.scheme:
        raise settings.SettingError("REDIS_URL is not set and no embedded server was started.")
    query = parse_qs(parts.query)
    if parts.scheme == "unix":
        query["db"] = [str(int(query.get("db", ["0"])[0]) + database)]
        # Written out, because urlunsplit makes `unix:/path` of it, which the client refuses.
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query, doseq=True)}"
    named = parts.path.strip("/") or query.pop("db", ["0"])[0]
    return urlunsplit(parts._replace(path=f"/{int(named) + database}", query=urlencode(query, doseq=True)))


async def close() -> None:
    """Close the clients of the running event loop."""
    loop = asyncio.get_running_loop()
    for key in [key for key in _clients if key[0] is loop]:
        await _clients.pop(key).aclose()


async def flush() -> None:
    """Forget everything in the three logical databases; for tests and for the story, which begin with nothing."""
    for database in (SESSIONS, JOBS, LIVE):
        await client(database).flushdb()


def _forget_closed_loops() -> None:
    for key in [key for key in _clients if key[0].is_closed()]:
        del _clients[key]
