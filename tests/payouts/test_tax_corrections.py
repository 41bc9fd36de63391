"""A report that was given away is corrected record by record, and completed by who was missing (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as Xml

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock
from foundation.accounts import Principal
from foundation.money import Money
from foundation.tables import Role
from marketplace.tables import Brand, RefundStatus
from payouts import clawbacks, dac7_figures, dac7_xml, exchange, identities, ledger, tax_corrections, tax_reports
from payouts.chart import Account, Code
from payouts.dac7_sellers import Quarters, Seller
from payouts.dac7_xml import NAMES, Message, Record
from payouts.exchange_tables import Exchange, ExchangeKind
from payouts.ledger import Source, credit, debit
from payouts.tables import PayeeKind
from payouts.tax_corrections import Told
from payouts.tax_reports import NothingChanged, ReportExists
from payouts.tax_tables import DpiVariant, Indicator, TaxReport, TaxReportSeller
from tests.payouts import facts
from tests.payouts import test_tax_reports as first
from tests.payouts.facts import Market
from tests.payouts.test_tax_reports import HOUSE, NOUR, YEAR, checked, seller

house = first.house
NEXT_YEAR = timedelta(days=400)
SPACE = {"s": NAMES[DpiVariant.FRENCH].types, "d": NAMES[DpiVariant.FRENCH].dpi}


def told_of(*sellers: Seller) -> dict[tuple[PayeeKind, UUID], Told]:
    return {(one.kind, one.owner): Told("OP_1", tax_corrections.content_of(one)) for one in sellers}


def test_what_is_said_again_is_nothing_and_a_cent_below_half_a_euro_neither() -> None:
    one = seller(consideration=Quarters((10_000, 0, 0, 0)))
    assert tax_corrections.changes(told_of(one), [one], []) == []
    assert tax_corrections.changes(told_of(one), [replace(one, consideration=Quarters((10_049, 0, 0, 0)))], []) == []


def test_corrections_and_new_sellers_never_stand_in_one_message() -> None:
    old, gone, new = seller(), seller(name="Ines Roux"), seller(name="Malo Petit")
    changed = replace(old, street="4 place")
    told = told_of(old, gone)
    found = tax_corrections.changes(told, [changed, new], [(gone.kind, gone.owner)])
    assert [(one.seller.owner, one.indicator, one.corrects) for one in found] == [
        (old.owner, Indicator.CORRECTED, "OP_1"),
        (gone.owner, Indicator.DELETED, "OP_1"),
    ]
    assert found[1].seller.name == "Ines Roux", "what is deleted is named as it was said"
    assert tax_corrections.changes(told_of(changed), [changed, new], []) == [Record(new)]
    assert tax_corrections.changes(told, [], []) == [], "who has become incomplete stays as they were said"


@given(st.lists(st.integers(0, 10**9), min_size=4, max_size=4), st.booleans())
def test_a_deleted_record_says_exactly_what_was_said(euros: list[int], company: bool) -> None:
    one, two, three, four = (each * 100 for each in euros)
    said = seller(consideration=Quarters((one, two, three, four)), is_company=company, activities=Quarters((1, 2, 3, 4)))
    told = told_of(said)
    (record,) = tax_corrections.changes(told, [], told)
    assert tax_corrections.content_of(record.seller) == next(iter(told.values())).content


@pytest.mark.parametrize("variant", list(DpiVariant))
def test_a_correction_names_the_record_before_it_and_the_house_under_its_first_name(variant: DpiVariant) -> None:
    message = Message(variant=variant, year=2026, reference="OP_2", made_at=datetime(2027, 2, 1, tzinfo=UTC), first="OP_1")
    one = seller()
    root = Xml.fromstring(dac7_xml.written(message, HOUSE, [Record(one, Indicator.CORRECTED, "OP_1")]))  # noqa: S314  # our own
    checked(root, NAMES[variant])
    space = {"s": NAMES[variant].types, "d": NAMES[variant].dpi}
    assert root.findtext(".//d:MessageTypeIndic", namespaces=space) == "DPI402"
    specs = [[child.text for child in spec] for spec in root.iterfind(".//d:DocSpec", space)]
    assert specs == [["OECD0", "OP_1_operator"], ["OECD2", f"OP_2_{one.owner}", f"OP_1_{one.owner}"]]


@pytest.fixture
async def pair(db: None) -> tuple[Principal, Principal]:
    return await facts.person("fay", Role.FINANCE_MAKER), await facts.person("finn", Role.FINANCE_CHECKER)


async def given_away(fay: Principal, finn: Principal) -> TaxReport:
    report = await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=fay)
    await tax_reports.confirm(report_id=report.id, digest=report.sha256, by=finn)
    return report


async def records(report: TaxReport) -> list[tuple[str, str]]:
    rows = await TaxReportSeller.objects().where(TaxReportSeller.report == report.id)
    return sorted((row.kind, row.indicator) for row in rows)


async def test_a_confirmed_report_is_corrected_and_completed_in_one_line(
    house: Market, pair: tuple[Principal, Principal]
) -> None:
    fay, finn = pair
    await Brand.update({Brand.legal_address: "1 rue", Brand.registration: "732829320"}).where(Brand.id == house.brand.id)
    with clock.shifted(NEXT_YEAR):
        one = await given_away(fay, finn)
        assert (await records(one), one.left_out) == ([("brand", "OECD1")], 1)
        with pytest.raises(NothingChanged):
            await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=fay)
        await Brand.update({Brand.legal_address: "2 rue"}).where(Brand.id == house.brand.id)
        await identities.declare(told=NOUR, by=house.nour)
        two = await given_away(fay, finn)
        assert (await records(two), two.corrects) == ([("brand", "OECD2")], one.id)
        assert f"{one.reference}_{house.brand.id}".encode() in two.content
        three = await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=fay)
        with pytest.raises(ReportExists):
            await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=finn)
        await tax_reports.confirm(report_id=three.id, digest=three.sha256, by=finn)
        assert await records(three) == [("creator", "OECD1")]
        await Brand.update({Brand.country: "US"}).where(Brand.id == house.brand.id)
        four = await given_away(fay, finn)
        assert (await records(four), f"{two.reference}_{house.brand.id}".encode() in four.content) == ([("brand", "OECD3")], True)
        with pytest.raises(NothingChanged):
            await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=fay)
        shown = await tax_reports.reports(YEAR)
        assert [(each.follows, each.corrects) for each in shown] == [(True, True), (True, False), (True, True), (False, False)]
        said = await tax_reports.said_of(kind=PayeeKind.BRAND, owner=house.brand.id)
        assert [each.indicator for each in said] == [Indicator.DELETED, Indicator.CORRECTED, Indicator.NEW]
    await only_one_line(one, fay)


async def only_one_line(one: TaxReport, fay: Principal) -> None:
    """The database itself keeps the line: nothing corrects what is corrected already, or what nobody has confirmed."""
    twice: dict[str, Any] = {
        "year": YEAR,
        "variant": "fr",
        "sellers": 0,
        "content": b"",
        "sha256": "",
        "maker": fay.id,
        "made_at": clock.now(),
    }
    for values in ({"corrects": one.id}, {"corrects": None}, {"corrects": one.id, "variant": "oecd"}):
        with pytest.raises(asyncpg.PostgresError):
            await TaxReport(**{"id": uuid4(), "reference": uuid4().hex, **twice, **values}).save()


async def test_refunds_of_a_reported_year_are_a_correction(house: Market, pair: tuple[Principal, Principal]) -> None:
    fay, finn = pair
    await identities.declare(told=NOUR, by=house.nour)
    with clock.shifted(NEXT_YEAR):
        await given_away(fay, finn)
    sale = await house.order(60_000)
    await clawbacks.claw_back(refund_id=await sale.refund({0: 60_000}, status=RefundStatus.SENDING))
    with clock.shifted(NEXT_YEAR), pytest.raises(NothingChanged):
        await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=fay)


async def settled(rate_minor: int, at: datetime, number: int) -> None:
    lines = (debit(Account(Code.STRIPE_PENDING), Money(1, "EUR")), credit(Account(Code.FX_CLEARING), Money(1, "EUR")))
    posted = await ledger.post(key=f"fx{number}", kind="F1", event_at=at, source=Source(kind="charge", id="c"), lines=lines)
    await Exchange(
        id=uuid4(), kind=ExchangeKind.SETTLED, source_id=f"txn_{number}", from_currency="USD", from_minor=10_000, to_currency="EUR",
        to_minor=rate_minor, journal=posted.id, at=at,
    ).save()  # fmt: skip


async def of_nour(sellers: Sequence[Seller]) -> Seller:
    return next(one for one in sellers if one.kind == PayeeKind.CREATOR)


async def test_dollars_count_in_euros_at_the_last_rate_of_their_quarter(db: None) -> None:
    market = await facts.market()
    purse = Account(Code.CREATOR_AVAILABLE, "creator", str(market.creator.id))

    async def earned(minor: int, month: int, currency: str) -> None:
        at = datetime(2025, month, 20, tzinfo=UTC)
        lines = [debit(Account(Code.GOODWILL), Money(minor, currency)), credit(purse, Money(minor, currency))]
        await ledger.post(key=uuid4().hex, kind="A1", event_at=at, source=Source(kind="test", id="x"), lines=lines)

    await earned(10_000, 2, "USD")
    await earned(10_000, 5, "USD")
    await earned(5_000, 5, "EUR")
    assert (await of_nour(await dac7_figures.sellers(2025))).others == ("USD",), "a currency without a rate is named"
    await settled(9_000, datetime(2025, 3, 31, 12, tzinfo=UTC), 1)
    await settled(8_000, datetime(2025, 3, 31, 23, tzinfo=UTC), 2)  # in Paris the second quarter has begun
    nour = await of_nour(await dac7_figures.sellers(2025))
    assert (nour.consideration.values, nour.others) == ((9_000, 13_000, 0, 0), ())
    assert await exchange.rate(given="USD", got="JPY") is None
