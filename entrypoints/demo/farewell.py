"""What the demo says when everything is there: the addresses, and the sign-in of each role."""

from __future__ import annotations

from rich.console import Console

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
    lines = [
        ("Front page", f"{base}/", ""),
        ("Live room", f"{base}/shows/{show.slug}", ""),
        *((role, f"{base}{path}", people.email_of(key)) for role, key, path in WAYS_IN),
        ("Mails that were sent", f"{base}/dev/mail", ""),
    ]
    widest = max(len(address) for _, address, email in lines if email)
    console.print("\n[bold]Fanfare is up.[/]")
    for what, address, email in lines:
        console.print(f"  {what:<28}{address:<{widest + 2}}{email}".rstrip(), soft_wrap=True, highlight=False)
    console.print(f"\n  Everybody's password: [bold]{people.PASSWORD}[/]", highlight=False)
    console.print("  Test card: 4242 4242 4242 4242, any date to come, any three figures.", highlight=False)
    console.print(
        "  Ctrl-C ends everything; the market stays, and the next `make demo` takes it up again.\n",
        highlight=False,
        soft_wrap=True,
    )
