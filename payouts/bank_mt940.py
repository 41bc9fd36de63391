"""MT940, the SWIFT statement: :60F: opening balance, :61: lines with their :86: text, :62F: closing balance."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from foundation.i18n import _
from foundation.money import Money, UnknownCurrency
from payouts.bank_files import Line, Statement, adds_up, bad, checked

FIELD: Final = re.compile(r"^:(\d{2}[A-Z]?):", re.MULTILINE)
ENTRY: Final = re.compile(r"(\d{6})(\d{4})?(R?[CD])([A-Z])?([\d,]{1,15})([A-Z][A-Z0-9]{3})([^\n/]{0,16})(?://([^\n]{0,34}))?")
BALANCE: Final = re.compile(r"([CD])(\d{6})([A-Z]{3})([\d,]{1,15})")


def read(text: str) -> Statement:
    """The statements of one account in a file. Raises `BadBankFile`."""
    account, currency, lines = "", "", list[Line]()
    opening: int | None = None
    since, whole = 0, False
    try:
        for tag, content in _fields(text.replace("\r\n", "\n").replace("\r", "\n")):
            if tag == "25":
                if account and content != account:
                    raise bad(_("it has statements of several accounts; please send one a file"))
                account = content
            elif tag in ("60F", "60M"):
                currency, opening = _balance(content)
                since, whole = len(lines), False
            elif tag == "61":
                lines.append(_line(content, currency))
            elif tag == "86" and lines and not lines[-1].text:
                lines[-1] = _told(lines[-1], content)
            elif tag in ("62F", "62M"):
                adds_up(opening, _balance(content)[1], lines[since:])
                whole = True
    except (ValueError, UnknownCurrency) as wrong:
        raise bad(_("an amount, a currency or a date in it cannot be read")) from wrong
    if not account or not currency:
        raise bad(_("it names no account or no opening balance"))
    if not whole:
        raise bad(_("it ends before its closing balance; please send the whole file"))
    return Statement("mt940", account[:40], currency, checked(lines))


def _fields(text: str) -> list[tuple[str, str]]:
    found = list(FIELD.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        (match[1], text[match.end() : end].strip().removesuffix("-}").strip()) for match, end in zip(found, ends, strict=True)
    ]


def _line(content: str, currency: str) -> Line:
    match = ENTRY.match(content)
    if match is None:
        raise ValueError(content)
    valued, booked, side, _funds, amount, _kind, reference, bank_reference = match.groups()
    money = Money.parse(amount.rstrip(",") or "0", currency)
    back = side in ("D", "RC")
    return Line(
        booked_on=_booked_on(_day(valued), booked),
        amount=-money if back else money,
        reference="" if reference.strip() == "NONREF" else reference.strip(),
        bank_reference=(bank_reference or "").strip(),
        is_return=side.startswith("R"),
    )


def _told(line: Line, content: str) -> Line:
    words = re.sub(r"\?\d{2}", " ", content.replace("\n", "")).strip()
    reference = re.search(r"EREF\+([^\s+]{1,140})", words)
    return Line(
        line.booked_on,
        line.amount,
        reference[1] if reference else line.reference,
        words[:1000],
        line.bank_reference,
        line.is_return,
    )


def _balance(content: str) -> tuple[str, int]:
    match = BALANCE.match(content)
    if match is None:
        raise ValueError(content)
    side, _day_text, currency, amount = match.groups()
    minor = Money.parse(amount.rstrip(","), currency).minor
    return currency, minor if side == "C" else -minor


def _day(text: str) -> date:
    return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def _booked_on(valued: date, booked: str | None) -> date:
    """The day of booking has no year: it is the one nearest to the value day."""
    if not booked:
        return valued
    years = (valued.year - 1, valued.year, valued.year + 1)
    days = [date(year, int(booked[:2]), int(booked[2:])) for year in years if not (booked == "0229" and year % 4)]
    return min(days, key=lambda day: abs(day - valued), default=valued) if days else valued + timedelta(0)
