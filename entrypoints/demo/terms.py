"""How the brands of the demo deliver, and the codes that their creators may say."""

from __future__ import annotations

from creators import codes
from entrypoints.demo.founding import Market
from foundation.money import Money
from marketplace import delivery
from marketplace.delivery import NewWay
from marketplace.discounts import NO_DISCOUNT, Discount
from marketplace.vat_rates import EUROPEAN_UNION

UNION = tuple(sorted(EUROPEAN_UNION))
WAYS = (
    NewWay("To your door", UNION, Money(490, "EUR"), Money(4000, "EUR"), 2, 4),
    NewWay("Pick-up point", ("BE", "FR"), Money(290, "EUR"), Money(2500, "EUR"), 3, 5),
)


async def agree(made: Market) -> None:
    """The first two brands charge for small parcels, the others deliver free; every second code takes a tenth off."""
    for number in range(2):
        for way in WAYS[: 2 - number]:
            await delivery.offer_way(brand_id=made.brands[number], way=way, by=made.owner(number))
    for place, ((key, brief), collaboration_id) in enumerate(sorted(made.collaborations.items())):
        word = "".join(sign for sign in key.upper() if sign.isalnum())[:20]
        await codes.give_code(
            collaboration_id=collaboration_id,
            code=f"{word}{brief[0]}{brief[1]}",
            discount=Discount(1000) if place % 2 == 0 else NO_DISCOUNT,
            by=made.owner(brief[0]),
        )
