"""The VAT rates as people read and keep them: as of a day, what comes, history; added and taken back by finance only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from foundation.errors import Forbidden, NotFound
from foundation.tables import AuditEntry
from marketplace import vat_book, vat_rates
from marketplace.vat_rates import FARTHEST, NoRateOfClass, NoUnionCountry, RateBegins, RateInForce
from marketplace.vat_tables import VatClass, VatRate
from tests.cast import Cast
from tests.marketplace.stall import person

HERE = "/finance/vat-rates"


def rate(day: str, bp: int, vat_class: VatClass = VatClass.STANDARD, country: str = "FR") -> VatRate:
    return VatRate(id=uuid4(), country=country, vat_class=vat_class, rate_bp=bp, valid_from=date.fromisoformat(day))


def test_a_rate_holds_until_the_day_before_the_next_of_its_country_and_class() -> None:
    book = vat_book.held(
        [
            rate("2030-01-01", 2100),
            rate("2014-01-01", 2000),
            rate("2014-01-01", 1000, VatClass.REDUCED),
            rate("2021-01-01", 1900, country="DE"),
        ]
    )
    assert [(one.rate_bp, one.last) for one in book if one.country == "FR"] == [
        (1000, None), (2000, date(2029, 12, 31)), (2100, None),
    ]  # fmt: skip
    before, first = vat_book.on_day(book, date(2029, 12, 31)), vat_book.on_day(book, date(2030, 1, 1))
    assert (before["FR"][VatClass.STANDARD].rate_bp, first["FR"][VatClass.STANDARD].rate_bp) == (2000, 2100)
    assert VatClass.LOWER not in first["FR"]
    assert set(vat_book.on_day(book, date(2013, 12, 31))) == set()
    assert [one.first for one in vat_book.after_day(book, date(2020, 1, 1))] == [date(2021, 1, 1), date(2030, 1, 1)]
    newest = [one.rate_bp for one in vat_book.newest_first(book) if one.country == "FR"]
    assert newest == [2100, 2000, 1000]


@pytest.fixture
async def clean(db: object) -> AsyncIterator[None]:
    """The rates stay in the database from test to test: what a test added goes."""
    before = {row["id"] for row in await VatRate.select(VatRate.id)}
    yield
    await VatRate.delete().where(VatRate.id.not_in(list(before)))


async def _add(day: date, by: str = "fay", country: str = "FR", vat_class: VatClass = VatClass.STANDARD) -> UUID:
    return await vat_rates.add_rate(country=country, vat_class=vat_class, rate_bp=2100, valid_from=day, by=await person(by))


@pytest.mark.usefixtures("clean")
async def test_only_what_has_not_begun_can_be_added_or_taken_back_and_only_by_finance() -> None:
    today = vat_rates.today()
    for day in (today, today - timedelta(days=1), today + FARTHEST + timedelta(days=1), date.min, date.max):
        with pytest.raises(RateBegins):
            await _add(day)
    ahead = today + timedelta(days=1)
    with pytest.raises(NoUnionCountry):
        await _add(ahead, country="CH")
    with pytest.raises(NoRateOfClass):
        await _add(ahead, vat_class=VatClass.NONE)
    for name in ("root", "ada", "sam"):
        with pytest.raises(Forbidden):
            await _add(ahead, by=name)
    added, fay = await _add(ahead), await person("fay")
    assert [one.rate_bp for one in vat_book.after_day(await vat_book.read(country="FR"), today)] == [2100]
    with pytest.raises(Forbidden):
        await vat_rates.withdraw_rate(rate_id=added, by=await person("root"))
    await vat_rates.withdraw_rate(rate_id=added, by=fay)
    with pytest.raises(NotFound):
        await vat_rates.withdraw_rate(rate_id=added, by=fay)
    begun = next(one for one in await vat_book.read(country="FR") if one.holds(today))
    with pytest.raises(RateInForce):
        await vat_rates.withdraw_rate(rate_id=begun.id, by=fay)
    actions = [row["action"] for row in await AuditEntry.select(AuditEntry.action).where(AuditEntry.action.like("vat_rate.%"))]
    assert sorted(actions) == ["vat_rate.add", "vat_rate.withdraw"]


@pytest.mark.usefixtures("clean")
async def test_the_page_shows_a_day_and_a_country_and_says_beside_the_field_what_is_wrong(cast: Cast) -> None:
    fay = await cast.client(await person("fay"))
    page = (await fay.get(f"{HERE}?on=2020-09-01")).text
    assert "16%" in page, "Germany's rate of that autumn"
    germany = (await fay.get(f"{HERE}?of=DE&on=nonsense")).text
    assert "History of Germany" in germany
    assert "France</a>" not in germany
    assert "No rate is known of this day" in (await fay.get(f"{HERE}?on=0001-01-01&of=DE")).text
    assert "History" not in (await fay.get(f"{HERE}?of=XX'--")).text
    ahead = vat_rates.today() + timedelta(days=40)
    typed = {"country": "FR", "vat_class": "standard", "rate": "20,6", "valid_from": str(ahead)}
    for wrong in (
        {"rate": "200"},
        {"rate": ""},
        {"country": "CH"},
        {"vat_class": "none"},
        {"valid_from": "2020-01-01"},
        {"valid_from": "x"},
    ):
        answer = await fay.post(f"{HERE}?of=FR", data=typed | wrong)
        assert answer.status_code == 422, wrong
        [name] = wrong
        assert f'id="field-{name}-error"' in answer.text, wrong
    assert (await fay.post(HERE, data=typed)).status_code == 303
    assert (await fay.post(HERE, data=typed)).status_code == 409, "a second click keeps the first"
    coming = (await fay.get(f"{HERE}?of=FR")).text
    assert "20.6%" in coming
    assert "/withdraw" in coming
    root, ada = await cast.client(await person("root")), await cast.client(await person("ada"))
    read = (await root.get(HERE)).text
    assert "20.6%" in read
    assert "/withdraw" not in read
    assert (await root.post(HERE, data=typed)).status_code == 403
    assert (await ada.get(HERE)).status_code == 403
    [row] = await VatRate.objects().where(VatRate.valid_from == ahead)
    assert (await root.post(f"{HERE}/{row.id}/withdraw")).status_code == 403
    assert (await fay.post(f"{HERE}/{row.id}/withdraw")).status_code == 303
    assert "20.6%" not in (await fay.get(HERE)).text
