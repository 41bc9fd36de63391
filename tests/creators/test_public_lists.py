"""Lists that everybody sees: some of each kind, then one kind a page at a time; what search engines read; the page without a network."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from creators import listings
from creators.pages import home, profiles
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("db")


def _structured(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


async def test_a_search_shows_some_of_each_kind_and_leads_to_all_of_one(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await factories.stage()
    for number in range(8):
        await factories.show(made.nour, made.collaboration_id, [made.pan.id], title=f"Copper night {number}")
    monkeypatch.setattr(home, "PAGE", 4)
    first = (await client.get("/search", params={"q": "copper"})).text
    assert len(re.findall('class="show-tile"', first)) == 6
    assert "?q=copper&amp;in=shows" in first
    pages = [(await client.get("/search", params={"q": "copper", "in": "shows", "page": page})).text for page in (1, 2, 3, 4)]
    shown = [re.findall(r'<h3 class="show-tile__title"><a href="([^"]+)"', page) for page in pages]
    assert [len(tiles) for tiles in shown] == [4, 4, 1, 0]
    assert len({href for tiles in shown for href in tiles}) == 9
    assert 'rel="next"' in pages[0]
    assert 'rel="prev"' in pages[2]
    assert 'rel="next"' not in pages[2]
    assert "There is no such page." in pages[3]


@pytest.mark.parametrize(
    "asked", ["", "q=", "q=%00", "q=nothing-has-this-name", "q=a&in=nonsense&page=-1", "q=%25&page=99999999999"]
)
async def test_a_search_for_anything_answers(client: Any, asked: str) -> None:
    assert (await client.get(f"/search?{asked}")).status_code == 200


async def test_a_creators_shows_go_on_behind_the_first_page(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await factories.stage()
    await factories.show(made.nour, made.collaboration_id, [made.pan.id], title="Another night")
    monkeypatch.setattr(profiles, "PAGE", 1)
    first, second = [(await client.get(f"/creators/nour.en.cuisine?page={page}")).text for page in (1, 2)]
    assert ("Copper night" in first) != ("Copper night" in second)
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert len(await listings.of_creator(made.creator_id)) == 2


async def test_search_engines_read_what_a_page_is_about(client: Any, cast: Cast) -> None:
    made = await factories.stage()
    event = _structured((await client.get(f"/shows/{made.slug}")).text)
    assert (event["@type"], event["name"], event["performer"]["@type"]) == ("Event", "Copper night", "Person")
    assert event["location"]["url"].endswith(f"/shows/{made.slug}")
    product = _structured((await client.get(f"/shop/products/{made.pan.id}")).text)
    assert (product["@type"], product["offers"][0]["price"]) == ("Product", str(made.pan.choices[0].price.decimal()))
    person = _structured((await client.get("/creators/nour.en.cuisine")).text)
    assert (person["@type"], person["mainEntity"]["alternateName"]) == ("ProfilePage", "@nour.en.cuisine")


async def test_what_people_wrote_cannot_break_out_of_the_structured_data(client: Any) -> None:
    made = await factories.stage()
    title = '</script><script>alert("x")</script>'
    show = await factories.show(made.nour, made.collaboration_id, [made.pan.id], title=title)
    page = (await client.get(f"/shows/{show.slug}")).text
    assert "<script>alert" not in page
    assert _structured(page)["name"] == title


async def test_the_browser_can_keep_a_page_for_the_time_without_a_network(client: Any) -> None:
    worker = await client.get("/service-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    found = re.search(r"const KEPT = (\[.*?\]);", worker.text)
    assert found is not None
    kept = json.loads(found[1])
    for path in kept:
        assert (await client.get(path)).status_code == 200, path
    assert "/offline" in kept
