"""Files of banks are read with distrust: camt.053, MT940 and CSV (docs/money.md, chapter 7)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payouts import bank_files
from payouts.bank_files import BadBankFile
from tests.payouts.statements import camt

MT940 = """:20:STARTUMSE
:25:12345678/0000001
:28C:00001/001
:60F:C261101EUR100,00
:61:2611031103C10,00NTRFNONREF//B77
:86:166?00GUTSCHRIFT?20EREF+STRIPE-1?21STRIPE PAYOUT
:61:2611031103D3,50NMSCNONREF
:86:FEES
:62F:C261103EUR106,50
-"""
FRENCH = """Compte;FR76 3000 6000
;;
Date;Libellé;Débit;Crédit
03/11/2026;VIR STRIPE;;1 010,00
04/11/2026;"FRAIS; BANQUE";-3,50;
"""


def minors(statement: bank_files.Statement) -> list[int]:
    return [line.amount.minor for line in statement.lines]


def test_camt_053_is_read_without_what_is_pending() -> None:
    found = bank_files.read("a.xml", camt())
    assert (found.format, found.account, found.currency, minors(found)) == (
        "camt.053",
        "FR7630006000011234567890189",
        "EUR",
        [1000, -350],
    )
    assert (found.lines[0].reference, found.lines[0].text, found.lines[0].booked_on) == (
        "STRIPE-1",
        "STRIPE PAYOUT",
        date(2026, 11, 3),
    )


def test_mt940_is_read() -> None:
    found = bank_files.read("a.sta", MT940.encode())
    assert (found.format, found.account, found.currency, minors(found)) == ("mt940", "12345678/0000001", "EUR", [1000, -350])
    assert (found.lines[0].reference, found.lines[0].bank_reference) == ("STRIPE-1", "B77")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FRENCH, [101_000, -350]),
        ('Date,Description,Amount,Currency\n2026-11-03,Stripe,"1,010.00",EUR\n2026-11-04,Fees,-3.50,EUR\n', [101_000, -350]),
        ("Buchungstag;Verwendungszweck;Betrag;Währung\n03.11.2026;Stripe;1.010,00;EUR\n", [101_000]),
        ("Date;Libellé;Montant\n03/11/2026;Stripe, virement;10,00\n04/11/2026;Frais, carte;-3,50\n", [1000, -350]),
        ("Date,Description,Amount,Currency\n2026-11-03,Stripe,1010,JPY\n", [1010]),
        ("Date,Description,Amount,Currency\n2026-11-03,Stripe,1.234,KWD\n", [1234]),
    ],
)
def test_csv_is_read_by_its_head(text: str, expected: list[int]) -> None:
    assert minors(bank_files.read("a.csv", text.encode(), account="ours")) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_a_bank_may_write_in_any_usual_encoding(encoding: str) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    read = bank_files.read("a.csv", mark + FRENCH.encode(encoding), account="ours")
    assert (minors(read), read.lines[0].text) == ([101_000, -350], "VIR STRIPE")
    declared = "UTF-16" if mark or encoding == "utf-16" else "ISO-8859-1" if encoding == "cp1252" else "UTF-8"
    xml = camt().decode().replace('encoding="UTF-8"', f'encoding="{declared}"').replace("STRIPE PAYOUT", "RÈGLEMENT STRIPE")
    found = bank_files.read("a.xml", mark + xml.encode(encoding))
    assert (minors(found), found.lines[0].text) == ([1000, -350], "RÈGLEMENT STRIPE")
    words = MT940.replace("STRIPE PAYOUT", "REGLEMENT").encode(encoding)
    assert minors(bank_files.read("a.sta", mark + words)) == [1000, -350]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe" + b"\x00\xd8",
        "a\x00b".encode("utf-16"),
        b"",
        b"PK\x03\x04 anything",
        b"\x1f\x8b\x08 anything",
        b"\x00\x01\x02\x03",
        b"x" * (bank_files.LARGEST + 1),
        b"<html></html>",
        b"<Document><BkToCstmrStmt><Stmt>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><Document>&b;</Document>',
        b"<Document>" + b"<a>" * 5000,
        camt(closing="106.51"),
        camt(day="2026-13-99"),
        MT940.replace("106,50", "106,51").encode(),
        MT940.replace("EUR", "XXX").encode(),
        MT940.partition(":62F:")[0].encode(),
        MT940.replace("FEES", "x" * 5000 + "\x00").encode(),
        b"Date,Description,Amount,Currency\n2026-11-03,a,1.00,EUR\n2026-11-03,b,1.00,USD\n",
        b"Date,Description,Amount,Currency\n2026-11-03,a,1.005,EUR\n",
        b"Date,Description,Amount,Currency\n2026-11-03,a,=1+1,EUR\n",
        b"Date,Description,Amount,Currency\n2026-11-03,a,NaN,EUR\n",
        b"who,knows\n1,2\n",
    ],
)
def test_what_is_no_statement_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(BadBankFile):
        bank_files.read("a", content)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.text(max_size=200).map(lambda t: (":20:x\n:25:1\n:60F:" + t).encode()),
    )
)
def test_no_file_breaks_the_reader(content: bytes) -> None:
    try:
        bank_files.read("a", content)
    except BadBankFile:
        pass
