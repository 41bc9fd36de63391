"""What a cart costs: discounts to the last cent, delivery once a brand, the VAT of where it goes on the day of the sale."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Forbidden
from foundation.money import Money
from marketplace import vat_rates
from marketplace.delivery import Way
from marketplace.discounts import Discount, DiscountInvalid, KnownCode, fold, spread
from marketplace.postal import (
    AreaMissing,
    AreaUnknown,
    PostcodeElsewhere,
    PostcodeInvalid,
    PostcodeMissing,
    ShipTo,
    area,
    checked,
    postcode,
)
from marketplace.prices import Goods, NotDelivered, TotalTooSmall, WayGone, price_cart
from marketplace.vat_rates import EUROPEAN_UNION, RateKnown, RateUnknown
from marketplace.vat_tables import VatClass, VatRate
from tests.marketplace.stall import euros, person

FRENCH = vat_rates.filled({VatClass.STANDARD: 2000, VatClass.REDUCED: 1000, VatClass.LOWER: 550})
COPPER, LINEN = uuid4(), uuid4()
POST = Way(uuid4(), "Post", euros(490), euros(5000), 2, 4, ("FR",))
BIKE = Way(uuid4(), "Bicycle", euros(900), None, 1, 1, ("FR",))


def goods(unit: int, quantity: int = 1, brand: UUID = COPPER, vat_class: VatClass = VatClass.STANDARD) -> Goods:
    return Goods(
        variant_id=uuid4(),
        brand_id=brand,
        brand_name="Copper" if brand == COPPER else "Linen",
        title="Thing",
        variant_name="",
        picture="",
        quantity=quantity,
        unit=euros(unit),
        vat_class=vat_class,
    )


def code(brand: UUID = COPPER, percent_bp: int = 0, amount: Money | None = None) -> dict[UUID, KnownCode]:
    return {brand: KnownCode(uuid4(), brand, "NOUR10", "nour10", Discount(percent_bp, amount))}


amounts = st.lists(st.integers(1, 10**7), min_size=1, max_size=12)


@given(amount=st.integers(0, 10**8), lines=amounts)
def test_a_discount_is_spread_to_the_last_cent_and_leaves_each_line_something(amount: int, lines: list[int]) -> None:
    parts = spread(euros(amount), [euros(minor) for minor in lines])
    assert sum(part.minor for part in parts) == min(amount, sum(lines) - len(lines))
    assert all(0 <= part.minor < line for part, line in zip(parts, lines, strict=True))


@given(units=st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 20)), min_size=1, max_size=8), percent=st.integers(0, 9000))
def test_lines_discounts_and_delivery_add_up_to_the_total(units: list[tuple[int, int]], percent: int) -> None:
    priced = price_cart(
        [goods(unit, count) for unit, count in units],
        country="FR", rates=FRENCH, offered={COPPER: (POST, BIKE)}, chosen={}, codes=code(percent_bp=percent),
    )  # fmt: skip
    assert sum(line.gross.minor for line in priced.lines) + priced.delivery.minor == priced.total.minor
    assert priced.goods - priced.discount + priced.delivery == priced.total
    assert all(line.gross.minor >= 1 for line in priced.lines)
    assert 0 <= priced.vat.minor <= priced.total.minor


def test_each_brand_delivers_once_and_the_code_of_one_leaves_the_other_alone() -> None:
    priced = price_cart(
        [goods(5900), goods(2000, 2, LINEN)],
        country="FR",
        rates=FRENCH,
        offered={COPPER: (POST, BIKE), LINEN: (POST,)},
        chosen={COPPER: BIKE.id},
        codes=code(percent_bp=1000),
    )
    assert [(one.way.name if one.way else "", one.price.minor) for one in priced.deliveries] == [("Bicycle", 900), ("Post", 490)]
    assert [line.discount.minor for line in priced.lines] == [590, 0]
    assert priced.total == euros(5900 - 590 + 4000 + 900 + 490)
    priced.check()


def test_delivery_is_free_from_what_is_paid_for_the_goods() -> None:
    def cost(unit: int, percent: int = 0) -> int:
        found = price_cart(
            [goods(unit)], country="FR", rates=FRENCH, offered={COPPER: (POST,)}, chosen={}, codes=code(percent_bp=percent)
        )
        return found.delivery.minor

    assert (cost(4999), cost(5000), cost(5000, 100)) == (490, 0, 490)


def test_delivery_follows_the_rate_of_most_of_the_goods() -> None:
    lines = [goods(1000, vat_class=VatClass.LOWER), goods(3000, vat_class=VatClass.REDUCED)]
    [one] = price_cart(lines, country="FR", rates=FRENCH, offered={COPPER: (BIKE,)}, chosen={}, codes={}).deliveries
    assert (one.vat_bp, one.vat.minor) == (1000, 82)


def test_what_cannot_be_ordered_so_is_said() -> None:
    nowhere = price_cart([goods(5900)], country="FR", rates=FRENCH, offered={COPPER: ()}, chosen={}, codes={})
    with pytest.raises(NotDelivered):
        nowhere.check()
    with pytest.raises(WayGone):
        price_cart(
            [goods(5900)], country="FR", rates=FRENCH, offered={COPPER: (POST,)}, chosen={COPPER: uuid4()}, codes={}
        ).check()
    with pytest.raises(TotalTooSmall):
        price_cart(
            [goods(49)],
            country="FR",
            rates=FRENCH,
            offered={COPPER: (Way(None, "", euros(0), None, 1, 2, ()),)},
            chosen={},
            codes={},
        ).check()


def test_a_discount_is_a_share_or_an_amount_and_never_everything() -> None:
    for wrong in (Discount(9001), Discount(-1), Discount(1000, euros(100)), Discount(0, euros(-1))):
        with pytest.raises(DiscountInvalid):
            wrong.check()
    assert Discount(0, Money(500, "CHF")).off(euros(900)) == euros(0)
    assert Discount(0, euros(1500)).off(euros(900)) == euros(900)


def test_codes_are_compared_without_case_spaces_and_width() -> None:
    assert {fold(text) for text in ("NOUR10", " nour 10 ", "ＮＯＵＲ１０", "No\u200bur10")} == {"nour10"}


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("FR", "59 000", "59 000"), ("PT", "2725079", "2725-079"), ("LV", "1073", "LV-1073"), ("NL", "1234ab", "1234AB"),
        ("GB", "ec1y 8sy", "EC1Y 8SY"), ("SE", "114 55", "114 55"), ("IE", "", ""), ("CH", " 1211 ", "1211"), ("PL", "00950", "00-950"),
    ],
)  # fmt: skip
def test_postcodes_are_kept_as_their_country_writes_them(country: str, typed: str, kept: str) -> None:
    assert postcode(typed, country=country) == kept


@pytest.mark.parametrize(
    ("country", "typed"), [("FR", "5900"), ("DE", "ABCDE"), ("GB", "99999"), ("FR", "59000; drop table"), ("LU", "٤٤٤٤")]
)
def test_postcodes_of_nowhere_are_refused_with_an_example(country: str, typed: str) -> None:
    with pytest.raises(PostcodeInvalid) as refusal:
        postcode(typed, country=country)
    assert refusal.value.data["example"]


def test_what_is_no_country_is_left_to_those_who_deliver() -> None:
    assert postcode(" 1234 ", country="XX") == "1234"


def test_a_country_that_needs_a_postcode_says_so() -> None:
    with pytest.raises(PostcodeMissing):
        postcode("  ", country="DE")


@pytest.mark.parametrize(("typed", "kept"), [("CA", "CA"), (" california ", "CA"), ("District of Columbia", "DC")])
def test_a_state_is_known_by_its_letters_and_its_name(typed: str, kept: str) -> None:
    assert area(typed, country="US") == kept


def test_an_american_address_needs_a_state_in_which_its_zip_code_lies() -> None:
    home = ShipTo(name="Sam Small", line1="1 Market St", postcode="94103", city="San Francisco", country="US", area="california")
    assert checked(home).town == "San Francisco, CA 94103"
    for wrong, refusal in (("", AreaMissing), ("Bavaria", AreaUnknown), ("NY", PostcodeElsewhere)):
        with pytest.raises(refusal):
            checked(msgspec.structs.replace(home, area=wrong))
    french = ShipTo(name="Sam", line1="1 rue", postcode="59000", city="Lille", country="FR", area="CA")
    assert checked(french).town == "59000 Lille", "elsewhere no state is kept"


# The Commission's table of rates as of 2026 ("Taxes in Europe"): standard, then every reduced rate that a state has.
COMMISSION = """
AT 20 10 13; BE 21 6 12; BG 20 9; CY 19 3 5 9; CZ 21 12; DE 19 7; DK 25; EE 24 9 13; ES 21 4 10; FI 25.5 10 13.5; FR 20 2.1 5.5 10;
GR 24 6 13; HR 25 5 13; HU 27 5 18; IE 23 4.8 9 13.5; IT 22 4 5 10; LT 21 5 12; LU 17 3 8 14; LV 21 5 12; MT 18 5 7 12; NL 21 9;
PL 23 5 8; PT 23 6 13; RO 21 11; SE 25 6 12; SI 22 5 9.5; SK 23 5 19
"""


@pytest.mark.usefixtures("db")
async def test_the_rates_of_2026_are_those_of_the_commissions_table() -> None:
    table = {row.split()[0]: [round(float(rate) * 100) for rate in row.split()[1:]] for row in COMMISSION.split(";")}
    assert set(table) == EUROPEAN_UNION
    for country, (standard, *reduced) in table.items():
        known = await vat_rates.rates(country=country, on=date(2026, 11, 22))
        assert known[VatClass.STANDARD] == standard, country
        assert {known[VatClass.REDUCED], known[VatClass.LOWER]} <= {*reduced, *([] if reduced else [standard])}, country


@pytest.mark.usefixtures("db")
async def test_every_state_of_the_union_has_its_rates() -> None:
    for country in EUROPEAN_UNION:
        known = await vat_rates.rates(country=country, on=date(2026, 11, 22))
        assert 1600 <= known[VatClass.STANDARD] <= 2700, country
        assert known[VatClass.LOWER] <= known[VatClass.REDUCED] <= known[VatClass.STANDARD], country
        assert known[VatClass.NONE] == 0
    assert (await vat_rates.rates(country="FR"))[VatClass.LOWER] == 550
    assert set((await vat_rates.rates(country="CH")).values()) == {0}


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("country", "day", "rate"),
    [
        ("DE", date(2020, 6, 30), 1900), ("DE", date(2020, 7, 1), 1600), ("DE", date(2020, 12, 31), 1600), ("DE", date(2021, 1, 1), 1900),
        ("FI", date(2024, 8, 31), 2400), ("FI", date(2024, 9, 1), 2550), ("EE", date(2025, 7, 1), 2400), ("RO", date(2025, 8, 1), 2100),
        ("SK", date(2024, 12, 31), 2000), ("SK", date(2025, 1, 1), 2300),
    ],
)  # fmt: skip
async def test_a_rate_holds_from_its_day_on(country: str, day: date, rate: int) -> None:
    assert (await vat_rates.rates(country=country, on=day))[VatClass.STANDARD] == rate


@pytest.mark.usefixtures("db")
async def test_no_rate_is_guessed_and_none_is_changed() -> None:
    fay, sam = await person("fay"), await person("sam")
    with pytest.raises(RateUnknown):
        await vat_rates.rates(country="FR", on=date(1950, 1, 1))
    new = {"country": "FR", "vat_class": VatClass.STANDARD, "rate_bp": 2100, "valid_from": date(2031, 1, 1)}
    with pytest.raises(Forbidden):
        await vat_rates.add_rate(**new, by=sam)  # type: ignore[arg-type]
    added = await vat_rates.add_rate(**new, by=fay)  # type: ignore[arg-type]
    try:
        with pytest.raises(RateKnown):
            await vat_rates.add_rate(**{**new, "rate_bp": 2200}, by=fay)  # type: ignore[arg-type]
        assert (await vat_rates.rates(country="FR", on=date(2030, 12, 31)))[VatClass.STANDARD] == 2000
        assert (await vat_rates.rates(country="FR", on=date(2031, 1, 1)))[VatClass.STANDARD] == 2100
    finally:
        await VatRate.delete().where(VatRate.id == added)
