"""The command line: `fanfare …`."""

from __future__ import annotations

import os
import sys

import click

from foundation.settings import SettingError

os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")


class Commands(click.Group):
    """Ends with one sentence and exit code 2 when a setting is missing or wrong."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingError as error:
            click.secho(str(error), fg="red", err=True)
            sys.exit(2)


@click.group(cls=Commands)
def fanfare() -> None:
    """Creator marketplace and affiliate platform with live shopping."""


if __name__ == "__main__":
    from entrypoints import commands

    commands.add_to(fanfare)
    fanfare(prog_name="fanfare")
