"""What the demo says when everything is there: the addresses, and the sign-in of each role."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from creators.tables import Show
from entrypoints.demo import people
from foundation import settings

WAYS_IN = (
    ("Viewer and buyer", "sam", "/"),
    ("Creator, on air now", "nour", "/studio"),
    ("Brand Cuivre & Sel", "ada", "/brand"),
    ("Moderator", "max", "/moderation"),
    ("Finance, makes payout runs", "fay", "/finance"),
    ("Finance, approves them", "finn", "/finance/runs"),
    ("Administrator", "rose", "/admin/people"),
)


def say(console: Console, show: Show) -> None:
    """Print the ways in."""
    base = settings.current().base_url
    table = Table(title="Fanfare is up", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "Address", "E-mail"):
        table.add_column(heading)
    table.add_row("Front page", f"{base}/", "")
    table.add_row("Live room", f"{base}/shows/{show.slug}", "")
    for role, key, path in WAYS_IN:
        table.add_row(role, f"{base}{path}", people.email_of(key))
    table.add_row("Mails that were sent", f"{base}/dev/mail", "")
    console.print()
    console.print(table)
    console.print(f"Everybody's password: [bold]{people.PASSWORD}[/]")
    console.print("Test card 4242 4242 4242 4242, any date to come, any code. Ctrl-C ends everything.\n")
