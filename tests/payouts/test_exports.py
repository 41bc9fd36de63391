"""Exports, read again by plain readers: their sums are those of the trial balance."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from foundation.money import Money
from foundation.tables import AuditEntry
from payouts import ledger
from payouts.exports import BadSpan, Sheet, as_csv, as_xlsx, plain, span
from payouts.fec import FIELDS, valid_siren
from tests.cast import Cast
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

SIREN = "732829320"


@pytest.fixture
async def house(server: str, stripe_sandbox: StandIn) -> Ready:
    """Two orders of several lines, one of them released; the brand's name looks like a formula."""
    house = await ready(stripe_sandbox)
    await house.market.brand.update_self({"name": '=HYPERLINK("x")'})
    await house.sale(12000, 3333)
    await house.sale(4999, released=False)
    await house.books()
    return house


async def _balance() -> Counter[str]:
    return Counter({line.code.value: line.debit.minor - line.credit.minor for line in await ledger.trial_balance("EUR")})


async def _file(house: Ready, cast: Cast, what: str, **asked: str) -> bytes:
    client = await cast.client(house.fay)
    answer = await client.get("/finance/exports/file", params={"what": what, "currency": "EUR", **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment;")
    return answer.content


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _minor(text: str) -> int:
    return int(Decimal(text.replace(",", ".") or "0") * 100)


def _nonzero(sums: Counter[str]) -> dict[str, int]:
    return {code: minor for code, minor in sums.items() if minor}


async def test_the_ledger_as_csv_adds_up_to_the_trial_balance(house: Ready, cast: Cast) -> None:
    sums: Counter[str] = Counter()
    for row in _rows(await _file(house, cast, "ledger")):
        assert _minor(row["amount"]) == int(row["amount_minor"])
        sums[row["account"]] += int(row["amount_minor"]) * (1 if row["side"] == "D" else -1)
    assert _nonzero(sums) == _nonzero(await _balance()) != {}


async def test_the_ledger_as_xlsx_adds_up_and_holds_no_formula(house: Ready, cast: Cast) -> None:
    page = load_workbook(io.BytesIO(await _file(house, cast, "ledger", **{"as": "xlsx"}))).worksheets[0]
    head, *rows = page.iter_rows()
    names = [str(cell.value) for cell in head]
    sums: Counter[str] = Counter()
    owners = set()
    for row in rows:
        assert all(cell.data_type != "f" for cell in row)
        values = dict(zip(names, (cell.value for cell in row), strict=True))
        owners.add(values["owner"])
        sums[str(values["account"])] += int(str(values["amount_minor"])) * (1 if values["side"] == "D" else -1)
    assert _nonzero(sums) == _nonzero(await _balance())
    assert '=HYPERLINK("x")' in owners


async def test_the_trial_balance_of_a_month_is_that_of_its_postings(house: Ready, cast: Cast) -> None:
    rows = _rows(await _file(house, cast, "trial-balance"))
    assert _nonzero(Counter({row["account"]: int(row["net_amount_minor"]) for row in rows})) == _nonzero(await _balance())
    months: Counter[str] = Counter()
    for period in {row["period"] for row in _rows(await _file(house, cast, "ledger"))}:
        months.update(
            {
                row["account"]: int(row["net_amount_minor"])
                for row in _rows(await _file(house, cast, "trial-balance", period=period))
            }
        )
    assert _nonzero(months) == _nonzero(await _balance())


async def test_the_fec_has_eighteen_fields_continuous_numbers_and_the_sums_of_the_books(house: Ready, cast: Cast) -> None:
    years = {row["period"][:4] for row in _rows(await _file(house, cast, "ledger"))}
    sums: Counter[str] = Counter()
    for year in years:
        head, *lines = (await _file(house, cast, "fec", period=year, siren=SIREN)).decode().splitlines()
        assert tuple(head.split("\t")) == FIELDS
        rows = [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines]
        numbers = [int(row["EcritureNum"]) for row in rows]
        assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
        entries: Counter[str] = Counter()
        for row in rows:
            assert row["EcritureDate"].startswith(year)
            assert row["CompteNum"][:3] in {"517", "580", "512", "411", "467", "445", "471", "706", "627", "654", "658"}
            sums[row["CompteNum"][-4:]] += _minor(row["Debit"]) - _minor(row["Credit"])
            entries[row["EcritureNum"]] += _minor(row["Debit"]) - _minor(row["Credit"])
        assert not _nonzero(entries)
    assert _nonzero(sums) == _nonzero(await _balance())


async def test_datev_takes_the_same_sums_from_pairs_of_accounts(house: Ready, cast: Cast) -> None:
    years = {row["period"][:4] for row in _rows(await _file(house, cast, "ledger"))}
    sums: Counter[str] = Counter()
    for year in years:
        content = (await _file(house, cast, "datev", period=year, adviser="29098", client="55003")).decode("cp1252")
        head, *rows = content.split("\r\n")
        fields = next(csv.reader([head], delimiter=";"))
        assert fields[:5] == ["EXTF", "700", "21", "Buchungsstapel", "13"]
        assert len(fields) == 31
        assert (fields[10], fields[11], fields[14], fields[15]) == ("29098", "55003", f"{year}0101", f"{year}1231")
        for row in csv.DictReader(rows, delimiter=";"):
            assert row["Soll/Haben-Kennzeichen"] == "S"
            assert _minor(row["Umsatz (ohne Soll/Haben-Kz)"]) > 0
            sums[row["Konto"]] += _minor(row["Umsatz (ohne Soll/Haben-Kz)"])
            sums[row["Gegenkonto (ohne BU-Schlüssel)"]] -= _minor(row["Umsatz (ohne Soll/Haben-Kz)"])
    assert _nonzero(sums) == _nonzero(await _balance())


async def test_quickbooks_and_xero_journals_add_up_and_their_texts_are_no_formulas(house: Ready, cast: Cast) -> None:
    quickbooks: Counter[str] = Counter()
    names = set()
    for row in _rows(await _file(house, cast, "quickbooks")):
        quickbooks[row["Account"][:4]] += _minor(row["Debits"]) - _minor(row["Credits"])
        names.add(row["Name"])
    assert '\'=HYPERLINK("x")' in names
    xero: Counter[str] = Counter()
    narrations: Counter[str] = Counter()
    for row in _rows(await _file(house, cast, "xero")):
        xero[row["*AccountCode"]] += _minor(row["*Amount"])
        narrations[row["*Narration"] + row["*Date"]] += _minor(row["*Amount"])
    assert not _nonzero(narrations)
    assert _nonzero(quickbooks) == _nonzero(xero) == _nonzero(await _balance())


async def test_runs_and_statements_carry_their_payments_and_lines(house: Ready, cast: Cast) -> None:
    await (await cast.client(house.fay)).post("/finance/runs")
    runs = _rows(await _file(house, cast, "runs"))
    assert sum(int(row["amount_minor"]) for row in runs) > 0
    assert '\'=HYPERLINK("x")' in {row["payee"] for row in runs} | {
        row["brand"] for row in _rows(await _file(house, cast, "statements"))
    }
    for row in _rows(await _file(house, cast, "statements")):
        parts = (row["creator_amount_minor"], row["brand_amount_minor"], row["fee_amount_minor"])
        assert sum(map(int, parts)) == int(row["gross_amount_minor"])


async def test_a_file_is_for_finance_and_leaves_its_trace(house: Ready, cast: Cast) -> None:
    await _file(house, cast, "ledger")
    assert await AuditEntry.exists().where(AuditEntry.action == "export", AuditEntry.actor == f"person:{house.fay.id}")
    nour = await cast.client(house.market.nour)
    assert (await nour.get("/finance/exports/file", params={"what": "ledger"})).status_code == 403
    assert (await nour.get("/finance/exports")).status_code == 403


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"what": "fec", "period": "2026", "siren": "732829321"}, "A SIREN has nine digits"),
        ({"what": "fec", "period": "2026-11", "siren": SIREN}, "one whole year"),
        ({"what": "datev", "period": "2026", "adviser": "7", "client": "1"}, "DATEV wants"),
        ({"what": "ledger", "period": "2026-13"}, "Write a year"),
        ({"what": "fec", "period": "2026", "siren": SIREN, "currency": "JPY"}, "euros only"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_form(house: Ready, cast: Cast, asked: dict[str, str], sentence: str) -> None:
    answer = await (await cast.client(house.fay)).get("/finance/exports/file", params={"currency": "EUR", **asked})
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_an_unknown_file_is_not_found(house: Ready, cast: Cast) -> None:
    assert (await (await cast.client(house.fay)).get("/finance/exports/file", params={"what": "all"})).status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_of_a_cell_is_calculated(text: str) -> None:
    sheet = Sheet("x", ("text", "amount"), [(text, Money(-5, "EUR"))])
    row = next(csv.reader(io.StringIO(as_csv(sheet).content.decode("utf-8-sig").split("\r\n", 1)[1], newline="")))
    assert row == [f"'{text}", "-0.05", "-5"]
    cell = load_workbook(io.BytesIO(as_xlsx(sheet).content)).worksheets[0]["A2"]
    assert cell.data_type == "s"


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [plain(Money(minor, code)) for minor, code in ((5, "EUR"), (-123450, "EUR"), (500, "JPY"), (1, "KWD"))] == [
        "0.05",
        "-1234.50",
        "500",
        "0.001",
    ]


def test_only_years_and_months_are_spans() -> None:
    assert [span(text) for text in ("", "2026", "2026-01")] == ["", "2026", "2026-01"]
    for wrong in ("26", "2026-00", "2026-1", "2026%", "2026\n"):
        with pytest.raises(BadSpan):
            span(wrong)


def test_a_siren_has_a_check_digit() -> None:
    assert valid_siren(SIREN)
    assert not valid_siren("732829302")
    assert not valid_siren("73282932")
