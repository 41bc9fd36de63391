"""Which browser a session belongs to, in two words: enough to recognise one's own."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
)
_LATE_BROWSERS = (("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python-httpx", "httpx"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name(agent: str) -> str:
    """`Firefox, Android`; empty when nothing is known. Chrome and Safari come last: the others carry their names too."""
    found = (_first(agent, (*_BROWSERS, *_LATE_BROWSERS)), _first(agent, _SYSTEMS))
    return ", ".join(part for part in found if part)


def is_phone(agent: str) -> bool:
    """Whether it is a telephone."""
    return "iPhone" in agent or ("Android" in agent and "Mobile" in agent)


def _first(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((shown for sign, shown in names if sign in agent), "")
