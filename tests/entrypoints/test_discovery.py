"""What search engines find, and what they are kept out of."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from foundation import settings
from tests import factories
from tests.cast import Browser, Cast

PLACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


async def test_robots_are_kept_out_of_the_places_of_work(client: Browser) -> None:
    lines = (await client.get("/robots.txt")).text.splitlines()
    assert {"Disallow: /finance", "Disallow: /studio", "Disallow: /brand/", "Disallow: /orders"} <= set(lines)
    assert f"Sitemap: {settings.current().base_url}/sitemap.xml" in lines
    assert "Disallow: /brands" not in lines, "the pages of brands are for everybody"


async def test_the_sitemap_names_every_public_page_and_each_one_answers(client: Browser) -> None:
    made = await factories.stage()
    text = (await client.get("/sitemap.xml")).text
    base = settings.current().base_url
    paths = [str(place.text).removeprefix(base) for place in ElementTree.fromstring(text).iter(PLACE)]  # noqa: S314  # our own
    assert f"/shows/{made.slug}" in paths
    assert {path.split("/")[1] for path in paths} >= {"shows", "creators", "brands", "shop"}
    assert [path for path in paths if (await client.get(path)).status_code != 200] == []


async def test_a_public_page_names_its_one_address_and_its_two_languages(client: Browser) -> None:
    made = await factories.stage()
    page = (await client.get(f"/shows/{made.slug}?ref=abc")).text
    here = f"{settings.current().base_url}/shows/{made.slug}"
    assert f'<link rel="canonical" href="{here}">' in page
    assert f'hreflang="fr" href="{here}?lang=fr"' in page
    assert f'property="og:url" content="{here}"' in page
    assert "noindex" not in page


async def test_pages_of_work_and_errors_are_not_to_be_found(client: Browser, cast: Cast) -> None:
    nour = await cast.nour()
    for page in (await client.get("/no-such-page"), await client.get("/sign-in"), await (await cast.client(nour)).get("/studio")):
        assert re.search(r'<meta name="robots" content="noindex">', page.text)
