"""The report of sellers: its rules, its form, what it counts, and the two persons who give it away (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as Xml

import asyncpg
import pytest

from foundation import clock, i18n, settings
from foundation.database import DB
from foundation.tables import AuditEntry, Role
from marketplace.tables import Brand, RefundStatus
from payouts import (
    clawbacks,
    dac7_figures,
    dac7_sellers,
    dac7_xml,
    earnings,
    identities,
    residences,
    tax_corrections,
    tax_reports,
)
from payouts.dac7_sellers import Excluded, Missing, Quarters, Seller
from payouts.dac7_xml import NAMES, Message, Operator, Record
from payouts.identities import Declared
from payouts.runs import SamePerson
from payouts.tables import PayeeKind
from payouts.tax_reports import OperatorIncomplete, ReportChanged, ReportExists, SellersIncomplete, YearNotOver
from payouts.tax_tables import DpiVariant, TaxReport
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import Market

HOUSE = Operator(name="Fanfare SAS", siren="732829320", vat_id="FR44732829320", address="1 rue de la Paix, 75002 Paris")
NOUR = Declared(
    legal_name="Nour de la Tour",
    is_company=False,
    street="3 place Sébastopol",
    postcode="59000",
    town="Lille",
    country="FR",
    tin="0123456789012",
    born_on=date(1990, 5, 4),
)


def seller(kind: PayeeKind = PayeeKind.CREATOR, **told: Any) -> Seller:
    known: dict[str, Any] = {
        "owner": uuid4(), "name": "Nour Benali", "is_company": False, "street": "3 place", "town": "Lille", "country": "FR", "tin": "1",
        "born_on": date(1990, 5, 4), "consideration": Quarters((100, 0, 0, 0)), "activities": Quarters((1, 0, 0, 0)),
    }  # fmt: skip
    if kind == PayeeKind.BRAND:
        known.update(name="Cuivre SAS", is_company=True, born_on=None, town="")
    return Seller(kind=kind, **{**known, **told})


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (seller(), None),
        (seller(country="US"), Excluded.OUTSIDE),
        (seller(consideration=Quarters(), activities=Quarters()), Excluded.NOTHING),
        (seller(PayeeKind.BRAND, activities=Quarters((29, 0, 0, 0)), consideration=Quarters((200_000, 0, 0, 0))), Excluded.SMALL),
        (seller(PayeeKind.BRAND, activities=Quarters((29, 0, 0, 0)), consideration=Quarters((200_001, 0, 0, 0))), None),
        (seller(PayeeKind.BRAND, activities=Quarters((10, 10, 10, 0)), consideration=Quarters((1, 0, 0, 0))), None),
        (seller(PayeeKind.BRAND, others=("USD",)), None),
    ],
)
def test_who_is_left_out_of_a_report(one: Seller, reason: Excluded | None) -> None:
    assert dac7_sellers.excluded(one) == reason


@pytest.mark.parametrize(
    ("one", "missing"),
    [
        (seller(), []),
        (seller(identified=False, tin=""), [Missing.IDENTITY]),
        (seller(name="Nour"), [Missing.NAME]),
        (seller(street=""), [Missing.ADDRESS]),
        (seller(town=""), [Missing.ADDRESS]),
        (seller(tin=""), [Missing.TIN]),
        (seller(tin="", born_in="Lille", born_country="FR"), []),
        (seller(tin="", born_in="Lille"), [Missing.BIRTHPLACE]),
        (seller(tin="", born_country="FR"), [Missing.BIRTHPLACE]),
        (seller(tin="", born_on=None, born_in="Oran", born_country="DZ"), [Missing.BIRTH]),
        (seller(born_on=None), [Missing.BIRTH]),
        (seller(others=("USD",)), [Missing.CURRENCY]),
        (seller(PayeeKind.BRAND), []),
        (seller(PayeeKind.BRAND, tin="", name=""), [Missing.NAME, Missing.TIN]),
    ],
)
def test_what_a_seller_still_has_to_say(one: Seller, missing: list[Missing]) -> None:
    assert dac7_sellers.missing(one) == missing


def test_figures_are_whole_euros_and_never_below_zero() -> None:
    assert Quarters((150, 250, -1, 99)).whole() == (2, 2, 0, 1)
    assert Quarters((150, 250, -1, 99)).below


@pytest.mark.parametrize("language", i18n.LOCALES)
def test_every_country_has_a_name_in_every_language(language: str) -> None:
    token = i18n.locale.set(language)
    try:
        found = dict(residences.named())
    finally:
        i18n.locale.reset(token)
    assert set(found) == set(residences.codes()) >= {"FR", "US", "DE", "GB"}
    assert "EU" not in found


def written(variant: DpiVariant, *sellers: Seller) -> bytes:
    message = Message(
        variant=variant, year=2026, reference=f"OP_2026_{HOUSE.siren}_1", made_at=datetime(2027, 1, 4, 9, tzinfo=UTC)
    )
    return dac7_xml.written(message, HOUSE, [Record(one) for one in sellers])


AMOUNTS = ["Consideration", "NumberOfActivities", "Fees", "Taxes"]
ORDER: dict[str, list[str]] = {
    "DPI_OECD": ["MessageSpec", "DPIBody"],
    "MessageSpec": [
        "TransmittingCountry", "ReceivingCountry", "MessageType", "MessageRefId", "MessageTypeIndic", "ReportingPeriod", "Timestamp",
    ],
    "PlatformOperator": [
        "ResCountryCode", "TIN", "IN", "VAT", "Name", "PlatformBusinessName", "Address", "Nexus", "AssumedReporting", "DocSpec",
    ],
    "ReportableSeller": ["Identity", "RelevantActivities", "DocSpec"],
    "IndSellerID": ["ResCountryCode", "TIN", "VAT", "Name", "Address", "BirthInfo"],
    "EntSellerID": ["ResCountryCode", "TIN", "IN", "VAT", "Name", "Address"],
    "AddressFix": ["Street", "PostCode", "City"],
    "BirthInfo": ["BirthDate", "BirthPlace"],
    "FinancialIdentifier": ["Identifier", "AccountHolderName"],
    "PersonalServices": AMOUNTS,
    "SaleOfGoods": AMOUNTS,
    "DocSpec": ["DocTypeIndic", "DocRefId", "CorrDocRefId"],
}  # fmt: skip
"""What the schema asks for: the elements of each part in their order."""
OPTIONAL = {"CorrDocRefId", "IN", "VAT", "BirthPlace", "PostCode", "AccountHolderName"}


def checked(element: Xml.Element, names: dac7_xml.Names) -> None:
    """The structure of the schema: every known part has its children in their order, each once."""
    name = element.tag.partition("}")[2]
    children = [child.tag.partition("}")[2] for child in element]
    if name in ORDER:
        assert children == [one for one in ORDER[name] if one in children or one not in OPTIONAL], name
    space = names.types if name in {"DocTypeIndic", "DocRefId", "CorrDocRefId"} else names.dpi
    assert element.tag == f"{{{space}}}{name}"
    for child in element:
        checked(child, names)


@pytest.mark.parametrize("variant", list(DpiVariant))
def test_the_file_has_the_structure_of_its_schema(variant: DpiVariant) -> None:
    person = seller(
        tin="",
        born_in="Oran",
        born_country="DZ",
        vat_id="FR1",
        account="acct_1",
        name="Nour & <Benali>\x00 X",
        taxes=Quarters((600, 0, 0, 0)),
    )
    brand = seller(PayeeKind.BRAND, registration="732829320", fees=Quarters((0, 0, 0, 149)))
    content = written(variant, person, brand)
    assert content == written(variant, person, brand), "the same facts give the same bytes"
    root, names = Xml.fromstring(content), NAMES[variant]  # noqa: S314  # our own bytes
    checked(root, names)
    space = {"d": names.dpi, "s": names.types}
    assert root.get("version") == "1.0"
    assert [one.text for one in root.iterfind(".//d:FirstName", space)] == ["Nour"]
    assert [one.text for one in root.iterfind(".//d:LastName", space)] == ["& <Benali> X"]
    (tin,) = root.iterfind(".//d:IndSellerID/d:TIN", space)
    assert (tin.text, tin.get("unknown")) == ("NOTIN", "true")
    prefix = "TaxesQ" if variant == DpiVariant.FRENCH else "TaxQ"
    assert [one.text for one in root.iterfind(f".//d:PersonalServices/d:Taxes/d:{prefix}1", space)] == ["6"]
    assert [one.text for one in root.iterfind(".//d:SaleOfGoods/d:Fees/d:FeesQ4", space)] == ["1"]
    references = [one.text for one in root.iterfind(".//s:DocRefId", space)]
    assert len(set(references)) == 3
    reference = root.findtext(".//d:MessageRefId", namespaces=space) or ""
    assert reference.startswith("OP_2026_732829320_")
    assert len(reference) <= 88


@pytest.mark.parametrize("variant", list(DpiVariant))
def test_the_place_of_birth_is_said_only_without_a_tax_number_and_with_its_own_country(variant: DpiVariant) -> None:
    space = {"d": NAMES[variant].dpi}
    born: dict[str, Any] = {"born_in": "Oran", "born_country": "DZ"}
    for told, place in ((born, []), ({**born, "tin": ""}, ["Oran", "DZ"])):
        root = Xml.fromstring(written(variant, seller(**told)))  # noqa: S314  # our own bytes
        checked(root, NAMES[variant])
        (birth,) = root.iterfind(".//d:BirthInfo", space)
        assert birth.findtext("d:BirthDate", namespaces=space) == "1990-05-04"
        found = [
            *birth.iterfind("d:BirthPlace/d:City", space),
            *birth.iterfind("d:BirthPlace/d:CountryInfo/d:CountryCode", space),
        ]
        assert [one.text for one in found] == place


def test_who_gave_a_place_of_birth_beside_a_number_is_not_corrected_for_it() -> None:
    one = seller()
    before = {
        name: value for name, value in tax_corrections.content_of(one).items() if name != "born_country"
    }  # as kept long ago
    told = {(one.kind, one.owner): tax_corrections.Told("M1", before)}
    known = {**vars(one), "born_in": "Oran", "born_country": "DZ"}
    assert tax_corrections.changes(told, [Seller(**known)], []) == []
    (record,) = tax_corrections.changes(told, [Seller(**{**known, "tin": ""})], [])
    assert record.seller.born_country == "DZ"


def test_a_year_without_sellers_says_so() -> None:
    assert b"DPI403" in written(DpiVariant.FRENCH)


@pytest.fixture
async def house(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Market]:
    """Two sales whose hold has passed, one of them half refunded; the house's own facts are set."""
    monkeypatch.setenv("FANFARE_VAT_ID", HOUSE.vat_id)
    monkeypatch.setenv("FANFARE_LEGAL_ADDRESS", HOUSE.address)
    settings.current.cache_clear()
    market = await facts.market()
    for gross in (600_000, 240_000):
        sale = await market.order(gross)
        await earnings.credit_sale(order_id=sale.order_id)
        await earnings.release_due()
    await clawbacks.claw_back(refund_id=await sale.refund({0: 120_000}, status=RefundStatus.SENDING))
    yield market
    monkeypatch.undo()
    settings.current.cache_clear()


YEAR = facts.PAID_AT.year


async def test_a_report_counts_what_became_theirs(house: Market) -> None:
    brand, creator = sorted(await dac7_figures.sellers(YEAR), key=lambda one: one.kind)
    assert creator.consideration.total == 60_000  # 10 % of 5,000 and of what is left of 2,000
    assert brand.consideration.total == 720_000 - 60_000 - brand.fees.total + 60_000
    assert (creator.activities.total, brand.activities.total) == (2, 2)
    assert creator.consideration.values[3] == creator.consideration.total, "October and November are the fourth quarter"
    assert (creator.identified, creator.fees.total) == (False, 0)
    assert await dac7_figures.sellers(YEAR - 1) == []


async def test_one_prepares_another_confirms_and_nobody_edits(house: Market) -> None:
    fay, finn = await facts.person("fay", Role.FINANCE_MAKER), await facts.person("finn", Role.FINANCE_CHECKER)
    with pytest.raises(YearNotOver):
        await tax_reports.prepare(year=clock.now().year, variant=DpiVariant.FRENCH, leave_out=True, by=fay)
    with clock.shifted(timedelta(days=400)):
        with pytest.raises(SellersIncomplete):
            await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=False, by=fay)
        await identities.declare(told=NOUR, by=house.nour)
        await Brand.update({Brand.legal_address: "1 rue", Brand.registration: "732829320"}).where(Brand.id == house.brand.id)
        report = await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=False, by=fay)
        assert (report.sellers, report.left_out, b"<dpi:LastName>de la Tour<" in report.content) == (2, 0, True)
        with pytest.raises(ReportExists):
            await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=False, by=finn)
        await tax_reports.discard(report_id=report.id, by=fay)
        report = await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=False, by=fay)
        with pytest.raises(SamePerson):
            await tax_reports.confirm(report_id=report.id, digest=report.sha256, by=fay)
        with pytest.raises(ReportChanged):
            await tax_reports.confirm(report_id=report.id, digest="0" * 64, by=finn)
        assert await tax_reports.said_of(kind=PayeeKind.CREATOR, owner=house.creator.id) == []
        await tax_reports.confirm(report_id=report.id, digest=report.sha256, by=finn)
        (said,) = await tax_reports.said_of(kind=PayeeKind.CREATOR, owner=house.creator.id)
    assert sum(said.content["consideration"]) == 600
    assert (await tax_reports.file_of(report_id=report.id, by=finn)).content == report.content
    assert await AuditEntry.exists().where(AuditEntry.action == "tax_report.read")
    async with DB.connection() as connection:
        for deed in ("update tax_report set sellers = 9", "delete from tax_report", "delete from tax_report_seller"):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(deed)


async def test_without_the_houses_own_facts_nothing_is_prepared(house: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    fay = await facts.person("fay", Role.FINANCE_MAKER)
    monkeypatch.setenv("FANFARE_VAT_ID", "")
    settings.current.cache_clear()
    with clock.shifted(timedelta(days=400)), pytest.raises(OperatorIncomplete):
        await tax_reports.prepare(year=YEAR, variant=DpiVariant.OECD, leave_out=True, by=fay)
    assert await TaxReport.count() == 0


async def test_finance_prepares_and_confirms_on_the_page_and_others_stay_out(house: Market, server: str, cast: Cast) -> None:
    fay, finn = await cast.client(await cast.fay()), await cast.client(await cast.finn())
    page = (await fay.get(f"/finance/tax?year={YEAR}")).text
    assert "Who they are" in page
    assert "600.00" in page
    assert "Nothing was withheld" in (await fay.get("/finance/tax?year=1")).text
    assert (await fay.post(f"/finance/tax/{YEAR}", data={"variant": "xx"})).status_code == 422
    assert (await finn.post(f"/finance/tax/{YEAR}", data={"variant": "fr"})).status_code == 403
    assert "is not over" in (await fay.post(f"/finance/tax/{clock.now().year}", data={"variant": "fr"})).text
    report = await _prepared(house)
    page = (await finn.get(f"/finance/tax?year={YEAR}")).text
    assert report.sha256[:16] in page
    assert (await fay.post(f"/finance/tax/reports/{report.id}/confirm", data={"sha256": report.sha256})).status_code == 403
    done = await finn.post(f"/finance/tax/reports/{report.id}/confirm", data={"sha256": report.sha256, "year": YEAR})
    assert done.status_code == 303
    again = await finn.post(f"/finance/tax/reports/{report.id}/confirm", data={"sha256": report.sha256, "year": YEAR})
    assert again.status_code == 409
    file = await fay.get(f"/finance/tax/reports/{report.id}/file")
    assert file.content == report.content
    assert "attachment" in file.headers["content-disposition"]
    assert "DAC7" in (await (await cast.client(house.nour)).get("/studio/tax")).text
    assert (await (await cast.client(house.nour)).get(f"/finance/tax/reports/{report.id}/file")).status_code == 403


async def _prepared(house: Market) -> TaxReport:
    maker = await facts.person("maker", Role.FINANCE_MAKER)
    with clock.shifted(timedelta(days=400)):
        return await tax_reports.prepare(year=YEAR, variant=DpiVariant.FRENCH, leave_out=True, by=maker)
