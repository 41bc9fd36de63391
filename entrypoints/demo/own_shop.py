"""A brand of the demo with a shop of its own: a code and a link of its creator, sales that the shop reports, and the invoice for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from creators import codes, conversion_desk, conversions, links, shops
from creators.conversion_tables import ConversionStatus, ShopKind
from creators.conversions import Sale, SoldLine
from entrypoints.demo.founding import Market
from entrypoints.demo.programme import DemoShow
from foundation import clock
from marketplace.catalogue import Offered
from payouts import brand_invoices, off_platform

HOST = "shop.cuivre-sel.example"
SOLD = ((1, 1), (2, 0), (1, 2), (3, 1), (1, 0), (2, 2), (1, 1), (1, 0))
"""Units and place of the article of each sale."""


def code_of(show: DemoShow) -> str:
    """The word that names the show's host."""
    return f"{show.host.upper()}10"


async def open_shop(made: Market, show: DemoShow) -> None:
    """Connect the shop of the show's brand, give its host a code, and let the host make a link into the shop."""
    brand, owner = made.brands[show.brief[0]], made.owner(show.brief[0])
    collaboration = made.collaborations[show.host, show.brief]
    await shops.connect_shop(brand_id=brand, kind=ShopKind.WOOCOMMERCE, name=HOST, host=HOST, by=owner)
    await codes.give_code(collaboration_id=collaboration, code=code_of(show), by=owner)
    await links.make_link(collaboration_id=collaboration, target=f"https://{HOST}/", by=made.people[show.host])


async def sell(made: Market, show: DemoShow, products: Sequence[Offered], number: int) -> None:
    """The shop reports its sale of that number, with the code."""
    units, place = SOLD[number % len(SOLD)]
    product = products[place % len(products)]
    choice = product.choices[0]
    line = SoldLine(sku=choice.sku, quantity=units, net_minor=units * choice.price.minor * 5 // 6, title=product.title)
    sale = Sale(
        order=str(20_114 + 7 * number), currency=product.currency, happened_at=clock.now(), lines=[line], code=code_of(show)
    )
    await conversions.report_sale(brand_id=made.brands[show.brief[0]], sale=sale, source=ShopKind.WOOCOMMERCE.value)


async def check(made: Market, show: DemoShow) -> None:
    """The brand accepts what waits for more than two days, and gets its invoice when a month is over."""
    brand, owner = made.brands[show.brief[0]], made.owner(show.brief[0])
    for one in await conversion_desk.conversions_of_brand(brand_id=brand, by=owner, status=ConversionStatus.WAITING):
        if one.happened_at < clock.now() - timedelta(days=2):
            await conversion_desk.accept(conversion_id=one.id, brand_id=brand, by=owner)
            await off_platform.fold(conversion_id=one.id)
    await brand_invoices.issue_due()
