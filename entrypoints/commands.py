"""The commands of `fanfare`. Each parses, calls a verb, prints; what they do stands elsewhere."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from entrypoints import supervisor
from foundation import embedded, logs, settings, valkey
from foundation import migrations as database_migrations
from foundation.database import DB

Result = TypeVar("Result")


def add_to(group: click.Group) -> None:
    """Register every command."""
    for command in (run, migrate):
        group.add_command(command)


@click.command()
def run() -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    now = settings.current()
    logs.configure(now)
    with supervisor.running() as programs:
        click.echo(f"Fanfare is up: {now.base_url}   (logs: {programs.logs})")
        keep_running(programs)


@click.command()
def migrate() -> None:
    """Bring the database up to date."""
    with on_engines():
        database_migrations.migrate(settings.current().database_url)
    click.echo("The database is up to date.")


def keep_running(programs: supervisor.Supervisor) -> None:
    """Watch the programs until a signal asks for the end."""
    over = threading.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda *_: over.set())
    while not over.wait(0.5):
        programs.watch()
    click.echo("\nStopping …")


@contextmanager
def on_engines() -> Iterator[None]:
    """The running engines, or engines of this command's own while the block runs."""
    now = settings.current()
    logs.configure(now)
    engines = embedded.engines(now, serving=False)
    os.environ.update(DATABASE_URL=engines.database_url, REDIS_URL=engines.redis_url)
    settings.current.cache_clear()
    try:
        yield
    finally:
        engines.stop()


def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a verb from the command line to its end and close what it opened."""

    async def whole() -> Result:
        try:
            return await work
        finally:
            await DB.close()
            await valkey.close()

    with on_engines():
        return asyncio.run(whole())
