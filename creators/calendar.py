"""A show as an iCalendar entry (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from creators.tables import Show, ShowStatus
from foundation import clock, settings


def calendar_of(show: Show) -> str:
    """The entry of one show: stable id, times in UTC, cancelled when the show is."""
    url = f"{settings.current().base_url}/shows/{show.slug}"
    status = "CANCELLED" if show.status == ShowStatus.CANCELLED else "CONFIRMED"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Fanfare//Shows//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{show.id}@fanfare",
        f"DTSTAMP:{_stamp(clock.now())}",
        f"DTSTART:{_stamp(show.starts_at)}",
        f"DTEND:{_stamp(show.starts_at + timedelta(minutes=show.minutes))}",
        f"SUMMARY:{_text(show.title)}",
        f"DESCRIPTION:{_text(url)}",
        f"URL:{url}",
        f"STATUS:{status}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> list[str]:
    """Lines of at most 75 octets; the rest goes on after a space, never inside a character."""
    parts, current, size = [], "", 0
    for sign in line:
        width = len(sign.encode())
        if size + width > 75:
            parts.append(current)
            current, size = " ", 1
        current += sign
        size += width
    return [*parts, current]
