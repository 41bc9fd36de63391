"""Playlists of the stand-in of Mux: joined takes, the live window, cuts."""

from __future__ import annotations

from sandbox.mux import playlist
from sandbox.mux.playlist import Segment

FIRST = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:1
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T20:00:00.000+0000
#EXTINF:1.000000,
take1-00000.ts
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T20:00:01.000+0000
#EXTINF:1.200000,
take1-00001.ts
"""


def _pieces(count: int) -> list[Segment]:
    return [Segment(name=f"{number}.ts", seconds=1.0) for number in range(count)]


def test_what_ffmpeg_wrote_is_read_and_written_again() -> None:
    pieces = playlist.read(FIRST)
    assert [(one.name, one.seconds) for one in pieces] == [("take1-00000.ts", 1.0), ("take1-00001.ts", 1.2)]
    assert playlist.read(playlist.write(pieces, ended=True)) == pieces
    began = playlist.began_at(pieces)
    assert began is not None
    assert began.isoformat() == "2026-11-21T20:00:00+00:00"


def test_an_encoder_that_came_back_leaves_one_jump_of_the_timeline() -> None:
    joined = playlist.join([_pieces(2), _pieces(3), _pieces(1)])
    assert [one.jump for one in joined] == [False, False, True, False, False, True]
    assert playlist.write(joined, ended=True).count("#EXT-X-DISCONTINUITY\n") == 2


def test_the_live_window_counts_what_it_left_behind() -> None:
    joined = playlist.join([_pieces(20), _pieces(20)])
    first = playlist.first_of_window(joined, 10)
    text = playlist.write(joined, first=first, ended=False)
    assert "#EXT-X-MEDIA-SEQUENCE:30" in text
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in text
    assert "#EXT-X-ENDLIST" not in text
    assert len(playlist.read(text)) == 10


def test_a_short_show_is_shown_from_its_beginning() -> None:
    assert playlist.first_of_window(_pieces(2), 30) == 0


def test_the_target_duration_is_never_below_a_segment() -> None:
    text = playlist.write([Segment(name="a.ts", seconds=0.4), Segment(name="b.ts", seconds=2.6)], ended=False)
    assert "#EXT-X-TARGETDURATION:3" in text
    assert "#EXT-X-TARGETDURATION:1" in playlist.write(_pieces(1), ended=False)


def test_a_moment_is_found_in_its_segment_and_the_last_one_beyond_the_end() -> None:
    assert playlist.locate(_pieces(3), 1.5) == (_pieces(3)[1], 0.5)
    assert playlist.locate(_pieces(3), 99)[0].name == "2.ts"


def test_an_instant_clip_holds_the_segments_it_touches() -> None:
    assert [one.name for one in playlist.between(_pieces(5), 1.5, 3)] == ["1.ts", "2.ts"]
