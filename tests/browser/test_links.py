"""Links, codes, reported sales, tokens and the API's page in a real browser."""

from __future__ import annotations

import pytest

from creators import codes, conversions, links, shops
from creators.conversion_tables import ShopKind
from foundation import api_tokens, clock
from foundation.api_tokens import Scope
from tests import factories
from tests.browser.conftest import Opener, barriers, keep_screen

pytestmark = pytest.mark.browser


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark", "language"), [(390, False, "fr"), (1280, True, "en")])
async def test_the_pages_of_links_and_reported_sales_are_whole(open_page: Opener, width: int, dark: bool, language: str) -> None:
    stage = await factories.stage()
    await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
    await links.make_link(collaboration_id=stage.collaboration_id, show_id=stage.show_id, by=stage.nour)
    await shops.connect_shop(brand_id=stage.brand_id, kind=ShopKind.SHOPIFY, name="S", host="cuivre.myshopify.com", by=stage.ada)
    await api_tokens.make_token(name="Our shop", scopes=[Scope.CONVERSIONS_WRITE], days=90, by=stage.ada)
    line = conversions.SoldLine(sku=stage.pan.choices[0].sku, quantity=1, net_minor=4917, title="Saucepan Alma")
    sale = conversions.Sale(order="100042", currency="EUR", happened_at=clock.now(), lines=[line], code="nour10")
    made = await conversions.report_sale(brand_id=stage.brand_id, sale=sale, source="shopify")
    for person, path in (
        (stage.nour, f"/studio/shop-sales/{made.id}"),
        (stage.ada, f"/brand/conversions/{made.id}"),
        (stage.nour, "/studio/links"),
        (stage.ada, "/brand/conversions"),
        (stage.ada, "/brand/codes"),
        (stage.ada, "/settings/api"),
        (stage.ada, "/schema"),
    ):
        async with open_page(person, width=width, dark=dark, language=language) as page:
            await page.goto(path)
            if path == "/schema":
                await page.wait_for_selector(".opblock")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            await keep_screen(page, f"links-{path.strip('/').replace('/', '-')}-{width}")
            if path != "/schema":
                assert await barriers(page) == [], path
