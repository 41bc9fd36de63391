"""What calls and answers about live streams and assets share."""

from datetime import UTC, datetime
from typing import Any, Literal

from foundation import settings

Policy = Literal["signed", "public"]


def default_policy() -> Policy:
    """Playback is signed when the settings have a signing key, else public."""
    return "signed" if settings.current().mux_signing_key_id else "public"


def instant(value: str | float | None) -> datetime | None:
    """Read a time of Mux: seconds since 1970, which REST sends as text, or ISO 8601 as webhooks do. UTC."""
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        read = datetime.fromisoformat(str(value))
        return read if read.tzinfo else read.replace(tzinfo=UTC)


def chosen_playback_id(data: dict[str, Any]) -> str | None:
    """Return the playback id of a live stream or an asset: a signed one when there is one, else the first."""
    known = data.get("playback_ids") or []
    signed = [entry for entry in known if entry.get("policy") == "signed"]
    return next((str(entry["id"]) for entry in signed or known), None)
