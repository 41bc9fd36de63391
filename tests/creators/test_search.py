"""Searching finds shows, products, creators and brands, and says so when there is nothing."""

from __future__ import annotations

from tests import factories
from tests.cast import Browser


async def test_words_find_what_is_sold_and_who_sells_it(client: Browser) -> None:
    made = await factories.stage()
    page = (await client.get("/search?q=cuivre")).text
    assert f'href="/shop/products/{made.pan.id}"' in page
    assert 'href="/brands/cuivre-sel"' in page
    assert f'href="/shows/{made.slug}"' in page


async def test_signs_of_the_database_are_only_letters_here(client: Browser) -> None:
    await factories.stage()
    for words in ("%25", "_", "%25' or 1=1 --"):
        page = await client.get(f"/search?q={words}")
        assert page.status_code == 200
        assert "/shop/products/" not in page.text


async def test_nothing_found_says_what_to_do_next(client: Browser) -> None:
    page = (await client.get("/search?q=zeppelin")).text
    assert "Nothing found for “zeppelin”" in page
    assert "Try fewer or other words." in page
