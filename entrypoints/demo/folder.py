"""The data folder of the demo: whether its market is there, and how it is emptied."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import asyncpg

from foundation import embedded, settings, valkey
from foundation.embedded import Engines
from foundation.settings import SettingError, Settings
from foundation.tables import Person


class DemoInProduction(SettingError):
    """The demo gives everybody the same password."""


class SomethingElseHere(SettingError):
    """The data folder holds a market that is not the demo's."""


def refuse_production() -> None:
    """Raises `DemoInProduction`."""
    now = settings.current()
    if now.production:
        raise DemoInProduction("FANFARE_ENV is production: the demo makes people with a known password and never runs there.")
    if not now.stripe_api_base or not now.mux_api_base:
        raise DemoInProduction(
            "STRIPE_API_BASE and MUX_API_BASE must name the stand-ins: the demo pays and broadcasts by itself."
        )


def mark(state: str) -> None:
    """Remember that the market was `begun` or `finished`."""
    _marker().parent.mkdir(parents=True, exist_ok=True)
    _marker().write_text(json.dumps({"state": state}))


def state() -> str:
    """`finished`, `begun` (and interrupted), or empty when the demo was never here."""
    try:
        return str(json.loads(_marker().read_text())["state"])
    except (OSError, ValueError, KeyError):
        return ""


def prepare(*, fresh: bool) -> bool:
    """True when the market of the demo is there. `fresh`, or an interrupted demo, empties the folder first.

    Raises `SomethingElseHere` when the engines are not ours to empty.
    """
    found = state()
    if found == "finished" and not fresh:
        return True
    if found or fresh:
        now = settings.current()
        if now.database_url or now.redis_url:
            raise SomethingElseHere("DATABASE_URL and REDIS_URL name servers of yours: empty them yourself to begin anew.")
        _empty(now)
    return False


async def refuse_strangers() -> None:
    """Raises `SomethingElseHere` when somebody lives here already."""
    if await Person.exists():
        raise SomethingElseHere(
            f"{settings.current().data_path} holds something else than the demo; set FANFARE_DATA_DIR to another folder, "
            "or use --fresh to empty it."
        )


def _marker() -> Path:
    return settings.current().data_path / "demo.json"


def _empty(now: Settings) -> None:
    """Forget the market; pictures and films that were drawn before are kept, they would be the same."""
    engines = embedded.engines(now, serving=True)
    try:
        asyncio.run(_empty_engines(engines))
    finally:
        engines.stop()
    for name in ("stripe", "mux", "media"):
        shutil.rmtree(now.data_path / name, ignore_errors=True)
    (now.data_path / "mux-signing-key.json").unlink(missing_ok=True)  # the stand-in forgot it with everything else
    _marker().unlink(missing_ok=True)


async def _empty_engines(engines: Engines) -> None:
    connection = await asyncpg.connect(engines.database_url)
    try:
        await connection.execute("drop schema public cascade; create schema public")
    finally:
        await connection.close()
    os.environ["REDIS_URL"] = engines.redis_url
    settings.current.cache_clear()
    try:
        await valkey.client().flushall()
        await valkey.close()
    finally:
        del os.environ["REDIS_URL"]
        settings.current.cache_clear()
