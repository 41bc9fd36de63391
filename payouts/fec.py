"""The French file of accounting entries, FEC (Livre des procédures fiscales, art. A47 A-1): 18 fields, one posting a line."""

from __future__ import annotations

import re
from datetime import date

from foundation.errors import Refusal
from foundation.i18n import _
from foundation.money import Money
from payouts.chart import NAMES, Code
from payouts.exports import EuroOnly, File, local_day, plain
from payouts.exports_books import BookLine
from payouts.tables import Side

FIELDS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib", "PieceRef",
    "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip

# The French general plan (PCG); our own four digits follow, so each number leads back to its code.
PLAN = {
    Code.STRIPE_PENDING: "517",
    Code.STRIPE_AVAILABLE: "517",
    Code.STRIPE_RESERVED: "517",
    Code.IN_TRANSIT: "580",
    Code.BANK: "512",
    Code.BRAND_DEBT: "411",
    Code.BRAND_UNBILLED: "418",
    Code.CREATOR_DEBT: "467",
    Code.BRAND_INVOICED: "411",
    Code.DISPUTED: "467",
    Code.INPUT_VAT: "4456",
    Code.CLEARING: "467",
    Code.BRAND_PENDING: "467",
    Code.BRAND_AVAILABLE: "467",
    Code.BRAND_HELD: "467",
    Code.BRAND_IN_PAYOUT: "467",
    Code.CREATOR_PENDING: "467",
    Code.CREATOR_AVAILABLE: "467",
    Code.CREATOR_IN_PAYOUT: "467",
    Code.CREATOR_HELD: "467",
    Code.VAT_PAYABLE: "4457",
    Code.TAX_WITHHELD: "442",
    Code.REFUND_PAYABLE: "467",
    Code.UNAPPLIED: "419",
    Code.BRAND_CREDIT: "419",
    Code.SUSPENSE: "471",
    Code.DEFERRED_FEE: "487",
    Code.PLATFORM_FEE: "706",
    Code.RECHARGED: "708",
    Code.FX_GAIN: "766",
    Code.STRIPE_FEES: "627",
    Code.DISPUTE_FEES: "627",
    Code.BAD_DEBT: "654",
    Code.FX_LOSS: "666",
    Code.ROUNDING: "658",
    Code.GOODWILL: "658",
    Code.FX_CLEARING: "478",
}


class BadSiren(Refusal):
    """No SIREN: nine digits whose check digit is right."""

    code = "bad_siren"
    status = 422
    message = _("A SIREN has nine digits; one of these is wrong.")
    field = "siren"


class YearWanted(Refusal):
    """The FEC is of one fiscal year, because its numbers go on through the year."""

    code = "year_wanted"
    status = 422
    message = _("The FEC is made for one whole year. Write a year, such as 2026.")
    field = "period"


def account_number(code: Code) -> str:
    """The account in the French plan: the plan's digits, then our code."""
    return PLAN[code] + code.value


def fec(lines: list[BookLine], *, siren: str, year: str, currency: str) -> File:
    """The FEC of a calendar year: tab, comma, UTF-8, entries numbered from 1 without a gap. `lines` are those of the year.

    Raises `BadSiren`, `YearWanted`, `EuroOnly`.
    """
    if not valid_siren(siren):
        raise BadSiren
    if not re.fullmatch(r"\d{4}", year):
        raise YearWanted
    if currency != "EUR":
        raise EuroOnly
    rows = ["\t".join(FIELDS), *("\t".join(_row(line)) for line in lines)]
    return File(f"{siren}FEC{year}1231.txt", "text/plain; charset=utf-8", ("\r\n".join(rows) + "\r\n").encode())


def valid_siren(text: str) -> bool:
    """Nine digits with the check digit of Luhn (ISO/IEC 7812-1)."""
    if not re.fullmatch(r"[0-9]{9}", text):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(text)]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def _row(line: BookLine) -> list[str]:
    zero = plain(Money(0, line.amount.currency), ",")
    amount = plain(line.amount, ",")
    return [
        "FF",
        "Fanfare",
        str(line.number),
        _day(line.day),
        account_number(line.code),
        _clean(NAMES[line.code]),
        _clean(line.owner_id),
        _clean(line.owner or line.owner_id),
        _clean(line.source_id),
        _day(local_day(line.event_at)),
        _clean(line.text),
        amount if line.side == Side.D else zero,
        amount if line.side == Side.C else zero,
        "",
        "",
        _day(local_day(line.booked_at)),
        "",
        "",
    ]


def _clean(text: str) -> str:
    return " ".join(text.replace("|", " ").split())


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
