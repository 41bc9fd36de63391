"""Statements as CSV, by the profiles of their heads: amounts in one column, or debit and credit in two."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from foundation.i18n import _
from foundation.money import Money, UnknownCurrency
from payouts.bank_files import Line, Statement, bad, checked


@dataclass(frozen=True)
class Profile:
    """The names that a bank gives to its columns; the first that is there counts."""

    name: str
    day: tuple[str, ...]
    text: tuple[str, ...]
    amount: tuple[str, ...] = ()
    debit: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()
    currency: tuple[str, ...] = ("currency", "ccy", "devise", "währung", "waehrung")
    reference: tuple[str, ...] = ("reference", "référence", "referenz", "end to end id", "bank reference", "id")
    account: tuple[str, ...] = ("account", "iban", "compte", "konto", "auftragskonto")


PROFILES: Final = (
    Profile(
        "two columns",
        day=("date", "date de comptabilisation", "date operation", "date opération", "buchungstag", "booking date"),
        text=("libellé", "libelle", "description", "text", "details", "verwendungszweck"),
        debit=("débit", "debit", "soll"),
        credit=("crédit", "credit", "haben"),
    ),
    Profile(
        "one column",
        day=("date", "booking date", "buchungstag", "date completed (utc)", "settlement date (utc)", "date de l'opération"),
        text=("description", "text", "libellé", "libelle", "verwendungszweck", "details", "payment reference"),
        amount=("amount", "montant", "betrag", "total amount", "amount (eur)"),
    ),
)
DELIMITERS: Final = (";", "\t", ",")
DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d/%m/%y", "%d.%m.%y", "%Y-%m-%d %H:%M:%S", "%d-%m-%Y")


def read(text: str, *, account: str = "") -> Statement:
    """The lines of a file, in one currency (EUR where no column says it). Raises `BadBankFile`."""
    unknown = _("it is neither camt.053 nor MT940 nor a CSV with a head that we know")
    for delimiter in DELIMITERS:  # guessing it from the commas in amounts goes wrong; a head that fits does not
        try:
            rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
        except csv.Error as wrong:
            raise bad(unknown) from wrong
        for number, row in enumerate(rows[:20]):
            head = {name.strip().lower(): place for place, name in enumerate(row)}
            profile = next((one for one in PROFILES if _fits(one, head)), None)
            if profile:
                return _statement(profile, head, rows[number + 1 :], account)
    raise bad(unknown)


def _fits(profile: Profile, head: dict[str, int]) -> bool:
    needed = [profile.day, profile.text, *([profile.amount] if profile.amount else [profile.debit, profile.credit])]
    return all(any(name in head for name in names) for names in needed)


def _statement(profile: Profile, head: dict[str, int], rows: list[list[str]], account: str) -> Statement:
    def cell(row: list[str], names: tuple[str, ...]) -> str:
        place = next((head[name] for name in names if name in head), None)
        return row[place].strip() if place is not None and place < len(row) else ""

    lines, currencies, accounts = list[Line](), set[str](), set[str]()
    try:
        for row in rows:
            if not any(field.strip() for field in row):
                continue
            currency = cell(row, profile.currency).upper() or "EUR"
            currencies.add(currency)
            accounts.add(cell(row, profile.account))
            debit, credit = cell(row, profile.debit), cell(row, profile.credit)
            amount = (
                _amount(cell(row, profile.amount), currency)
                if profile.amount
                else _amount(credit, currency) - abs_of(debit, currency)
            )
            lines.append(
                Line(_day(cell(row, profile.day)), amount, cell(row, profile.reference)[:140], cell(row, profile.text)[:1000])
            )
    except (ValueError, UnknownCurrency) as wrong:
        raise bad(_("an amount, a currency or a date in it cannot be read")) from wrong
    if len(currencies) > 1:
        raise bad(_("it mixes currencies"))
    named = sorted(accounts - {""})
    if len(named) > 1:
        raise bad(_("it has statements of several accounts; please send one a file"))
    if not lines:
        raise bad(_("it is empty"))
    return Statement("csv", (named[0] if named else account or "csv")[:40].replace(" ", ""), currencies.pop(), checked(lines))


def abs_of(text: str, currency: str) -> Money:
    """What a debit column says, with or without its sign."""
    money = _amount(text, currency)
    return -money if money.minor < 0 else money


def _amount(text: str, currency: str) -> Money:
    """An amount with one decimal sign: in "1.234,56" and "1,234.56" the last sign is the decimal one."""
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace("'", "").replace("+", "")
    last = max(plain.rfind(","), plain.rfind("."))
    if "," in plain and "." in plain:
        plain = plain[:last].replace(",", "").replace(".", "") + "." + plain[last + 1 :]
    return Money.parse(plain, currency) if plain else Money(0, currency)


def _day(text: str) -> date:
    for pattern in DAYS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            continue
    raise ValueError(text)
