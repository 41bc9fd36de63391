"""HLS playlists as pure text: read what ffmpeg writes, join the takes of a show, cut a window, write it again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of media: its file, its seconds, when it began (UTC, if known) and whether the timeline jumps before it."""

    name: str
    seconds: float
    began: str | None = None
    jump: bool = False


def read(text: str) -> list[Segment]:
    """Read the segments of a media playlist; a last line that is not whole yet is left out."""
    segments: list[Segment] = []
    seconds: float | None = None
    began: str | None = None
    jump = False
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            seconds = float(line[8:].split(",")[0])
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            began = line.split(":", 1)[1]
        elif line == "#EXT-X-DISCONTINUITY":
            jump = True
        elif line and not line.startswith("#") and seconds is not None:
            segments.append(Segment(name=line, seconds=seconds, began=began, jump=jump))
            seconds, began, jump = None, None, False
    return segments


def join(takes: Sequence[Sequence[Segment]]) -> list[Segment]:
    """Put the takes of one recording behind each other, with a jump of the timeline between them."""
    joined: list[Segment] = []
    for take in takes:
        for number, segment in enumerate(take):
            joined.append(replace(segment, jump=True) if number == 0 and joined else segment)
    return joined


def length(segments: Sequence[Segment]) -> float:
    """Return the seconds of all segments together."""
    return sum(segment.seconds for segment in segments)


def first_of_window(segments: Sequence[Segment], seconds: float) -> int:
    """Return the place of the first segment of the last `seconds`; at least three segments stay."""
    total = 0.0
    for place in range(len(segments) - 1, -1, -1):
        total += segments[place].seconds
        if total >= seconds and len(segments) - place >= 3:
            return place
    return 0


def between(segments: Sequence[Segment], start: float, end: float) -> list[Segment]:
    """Return the segments that touch the interval from `start` to `end`, in seconds of the recording."""
    chosen: list[Segment] = []
    at = 0.0
    for segment in segments:
        if at + segment.seconds > start and at < end:
            chosen.append(segment)
        at += segment.seconds
    return chosen


def locate(segments: Sequence[Segment], time: float) -> tuple[Segment, float]:
    """Return the segment that shows a moment of the recording, and the seconds into it; the last one at the end."""
    at = 0.0
    for segment in segments:
        if time < at + segment.seconds:
            return segment, max(0.0, time - at)
        at += segment.seconds
    return segments[-1], max(0.0, segments[-1].seconds - 0.1)


def write(segments: Sequence[Segment], *, first: int = 0, ended: bool) -> str:
    """Write a media playlist from the place `first` on; `ended` closes it for good."""
    shown = segments[first:]
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max([1, *(math.floor(s.seconds + 0.5) for s in segments)])}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{sum(s.jump for s in segments[:first])}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if ended and first == 0:
        lines.insert(2, "#EXT-X-PLAYLIST-TYPE:VOD")
    for segment in shown:
        if segment.jump:
            lines.append("#EXT-X-DISCONTINUITY")
        if segment.began:
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{segment.began}")
        lines += [f"#EXTINF:{segment.seconds:.6f},", segment.name]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def began_at(segments: Sequence[Segment]) -> datetime | None:
    """Return when the first segment began, if its playlist says so."""
    began = segments[0].began if segments else None
    return datetime.fromisoformat(began) if began else None
