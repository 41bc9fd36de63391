"""The commands of `fanfare`. Each parses, calls a verb, prints; what they do stands elsewhere."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from pathlib import Path

import click
import httpx

from creators import greenroom
from entrypoints import attribution_commands, money_commands, moving_picture, process, supervisor
from entrypoints import broadcast as sending
from foundation import accounts, logs, settings, templating
from foundation import migrations as database_migrations
from foundation.errors import Refusal
from foundation.tables import Role


def add_to(group: click.Group) -> None:
    """Register every command."""
    for command in (
        run,
        migrate,
        grant,
        broadcast,
        story,
        demo,
        screens,
        *money_commands.COMMANDS,
        *attribution_commands.COMMANDS,
    ):
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
    with process.connected():
        database_migrations.migrate(settings.current().database_url)
    click.echo("The database is up to date.")


@click.command()
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role if role is not Role.VIEWER]))
def grant(email: str, role: str) -> None:
    """Give the person with EMAIL a ROLE, for example the first administrator."""

    async def give() -> str:
        person = await accounts.by_email(email)
        if person is None:
            raise click.ClickException(f"Nobody has the address {email}.")
        await accounts.grant(person_id=person.id, role=Role(role))
        return person.display_name

    click.echo(f"{process.finish(give())} is now {role.replace('_', ' ')}.")


@click.command()
@click.argument("show")
@click.option(
    "--file", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A video to publish in a loop."
)
@click.option("--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A PNG that is set in motion.")
@click.option("--seconds", type=float, help="Stop after this time.")
@click.option("--landscape", is_flag=True, help="960x540 instead of 540x960.")
def broadcast(show: str, source: Path | None, picture: Path | None, seconds: float | None, landscape: bool) -> None:
    """Publish a moving picture with sound, or a file, to the stream of SHOW (its address name), as an encoder would."""

    async def publish() -> None:
        target = await greenroom.publishing_from_machine(slug=show)
        await sending.broadcast(
            rtmp_url=target.rtmp_url,
            stream_key=target.stream_key,
            source=source,
            picture=picture,
            seconds=seconds,
            size=moving_picture.LANDSCAPE if landscape else moving_picture.PORTRAIT,
            on_progress=_report,
        )

    try:
        process.finish(publish())
    except sending.BroadcastFailed as error:
        raise click.ClickException(str(error)) from error
    except Refusal as refusal:
        raise click.ClickException(str(templating.sentence(refusal))) from refusal


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Only the JSON object at the end; the steps go to standard error.")
def story(as_json: bool) -> None:
    """Live through one sale from an empty database, without a browser, and check every total."""
    from entrypoints.story import stage, tale

    def say(words: str) -> None:
        click.echo(words, err=as_json)

    logs_are = settings.current().data_path / "story-logs"
    try:
        with stage.own_fanfare():
            report = asyncio.run(tale.tell(say))
    except (AssertionError, Refusal, httpx.HTTPError) as error:
        click.secho(f"The story broke: {error}\nThe logs of its programs are in {logs_are}.", fg="red", err=True)
        raise SystemExit(1) from error
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=None if as_json else 2))


@click.command()
@click.option("--fresh", is_flag=True, help="Forget the market of an earlier demo and begin anew.")
def demo(fresh: bool) -> None:
    """Show a believable market with a live show on air; end it with Ctrl-C."""
    from entrypoints.demo import command

    command.demo(fresh=fresh)


@click.command()
@click.option("--only", default="", help="A regular expression of the pictures' names, for example room-390.")
def screens(only: str) -> None:
    """Photograph the main pages of the demo into the data folder, and the README's pictures into docs/screens."""
    from entrypoints import screens as photographs

    photographs.screens(only=only)


def _report(stage: str, amount: float) -> None:
    click.echo(f"\rrendering {amount:4.0%}" if stage == "render" else f"\ron air {amount:7.1f} s ", nl=False)


def keep_running(programs: supervisor.Supervisor) -> None:
    """Watch the programs until a signal asks for the end."""
    over = threading.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda *_: over.set())
    while not over.wait(0.5):
        programs.watch()
    click.echo("\nStopping …")
