"""What a brand sees first in the morning, the brief while it is written, and lists too long for one page."""

from __future__ import annotations

import re

from foundation.database import DB
from marketplace.tables import Product
from tests import factories
from tests.cast import Browser, Cast
from tests.marketplace import stall
from tests.marketplace.test_brand_console import brief_form


def shown(page: str, word: str) -> str:
    """The figure that stands beside a word of the list of what waits."""
    found = re.search(rf'">{word}</a><b class="num">([\d,]+)</b>', page)
    assert found is not None, word
    return found[1]


async def test_the_overview_says_what_waits_and_shows_the_newest_orders(cast: Cast) -> None:
    stage = await factories.stage()
    ada = await cast.client(stage.ada)
    assert shown((await ada.get("/brand")).text, "Orders to send") == "0"
    order_id = await stall.buy(stage.pan, await stall.person("sam"))
    page = (await ada.get("/brand")).text
    assert shown(page, "Orders to send") == "1"
    assert shown(page, "Returns to answer") == "0"
    assert f"/brand/orders/{(await stall.order(order_id)).number}" in page
    piece = (await ada.get("/brand/applications/waiting", headers={"hx-request": "true"})).text
    assert shown(piece, "Applications to answer") == "0"


async def test_the_preview_shows_what_is_typed_and_never_refuses(cast: Cast) -> None:
    alma = await stall.stall()
    ada = await cast.client(await stall.person("ada"))
    whole = await ada.post("/brand/briefs/preview", data=brief_form(alma.id))
    assert whole.status_code == 200
    for words in ("Noël en cuivre", "12.5%", "€80.00", "5 places", "Three sauces, live"):
        assert words in whole.text
    half = await ada.post(
        "/brand/briefs/preview", data={"title": "<b>N", "commission": "many", "ends_on": "soon", "products": "x"}
    )
    assert half.status_code == 200
    assert "&lt;b&gt;N" in half.text
    assert "The pictures of your products stand here." in half.text
    assert (await ada.post("/brand/briefs/preview", data={})).status_code == 200


async def test_the_preview_knows_nothing_of_another_brands_products(cast: Cast) -> None:
    alma = await stall.stall()
    await Product.update({Product.picture: "secret.webp"}).where(Product.id == alma.id)
    other = await cast.client(await cast.chloe())
    assert (await other.post("/brand/briefs/preview", data=brief_form(alma.id))).status_code in {303, 403, 404}


MANY = """
    with made as (
        insert into product (id, brand, slug, title, currency, status, created_at, description, picture, vat_class)
        select gen_random_uuid(), $1, 'pan-' || n, 'Pan ' || n, 'EUR', 'active', now(), '', '', 'standard' from generate_series(1, 30) n
        returning id, slug
    )
    insert into variant (id, product, name, sku, price_minor, stock, position)
    select gen_random_uuid(), id, '', slug, 1000, 5, 0 from made
"""


async def test_a_brand_with_many_products_shows_them_page_by_page(cast: Cast, client: Browser) -> None:
    alma = await stall.stall()
    async with DB.connection() as connection:
        await connection.execute(MANY, alma.brand.id)
    first, second = [(await client.get(f"/brands/cuivre-sel?page={number}")).text for number in (1, 2)]
    assert first.count('href="/shop/products/') == 24
    assert 'href="?page=2#products"' in first
    assert second.count('href="/shop/products/') == 7
    assert (await client.get("/brands/cuivre-sel?page=99")).text.count('href="/shop/products/') == 7
    assert (await client.get("/brands/cuivre-sel?page=-1")).status_code == 200
