"""The player macro: Mux's ids and tokens with Mux, addresses with the stand-in, nothing from anywhere else."""

from __future__ import annotations

import html
import json
import re

from foundation import i18n
from foundation.mux_gateway import PlayerSource
from foundation.templating import environment

HERE = PlayerSource(
    src="http://here/a.m3u8", poster="http://here/a.jpg", storyboard="http://here/a.vtt", stream="http://here/a.m3u8?token=t"
)


def _player(source: PlayerSource, arguments: str = "") -> str:
    template = '{% from "components/player.html" import player %}{{ player(source, "Copper <pans>"' + arguments + ") }}"
    return environment().from_string(template).render(source=source)


def test_with_mux_the_page_names_the_playback_id_and_its_tokens() -> None:
    page = _player(PlayerSource(playback_id="abc", playback_token="t1", thumbnail_token="t2", storyboard_token="t3"))
    assert 'playback-id="abc" playback-token="t1" thumbnail-token="t2" storyboard-token="t3"' in page
    assert " src=" not in page.partition("<mux-player")[2].partition(">")[0]


def test_public_playback_has_no_tokens() -> None:
    assert "token" not in _player(PlayerSource(playback_id="abc")).partition("<mux-player")[2]


def test_elsewhere_the_page_names_addresses() -> None:
    assert 'src="http://here/a.m3u8" poster="http://here/a.jpg" storyboard-src="http://here/a.vtt"' in _player(HERE)


def test_a_live_picture_has_no_storyboard_and_no_way_to_start_with_sound() -> None:
    page = _player(HERE, ", live=true")
    assert 'data-kind="live" data-src="http://here/a.m3u8?token=t"' in page
    assert "storyboard" not in page
    assert "<video" in page, "the room draws its own controls"
    assert "autoplay muted playsinline" in page


def test_a_replay_waits_behind_its_still_and_fetches_its_player_when_somebody_wants_it() -> None:
    page = _player(HERE)
    assert re.search(r'<img class="player__still" src="http://here/a.jpg" [^>]*fetchpriority="high"', page)
    assert re.search(r'data-script="/static/vendor/mux-player\.\w+\.js"', page)
    assert "data-begin" in page
    assert "autoplay" not in page


def test_chapters_and_titles_are_escaped() -> None:
    chapters = [{"startTime": 3, "value": 'Salt & "pepper" <b>\''}]
    template = '{% from "components/player.html" import player %}{{ player(source, "Copper <pans>", chapters=chapters) }}'
    page = environment().from_string(template).render(source=HERE, chapters=chapters)
    found = re.search(r'data-chapters="([^"]*)"', page)
    assert found is not None
    assert json.loads(html.unescape(found[1])) == chapters
    assert "<b>" not in page
    assert 'aria-label="Copper &lt;pans&gt;"' in page


def test_controls_have_french_names() -> None:
    token = i18n.locale.set("fr")
    try:
        page = html.unescape(_player(HERE))
    finally:
        i18n.locale.reset(token)
    labels = re.search(r'data-labels="(\{.*?\})"', page)
    assert labels is not None
    assert json.loads(labels[1])["unmute"] == "Activer le son"
    assert ">Activer le son</button>" in page
