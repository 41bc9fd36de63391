"""camt.053, the XML statement of ISO 20022: read without document types, entities or anything from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn
from xml.parsers import expat

from foundation.i18n import _
from foundation.money import Money, UnknownCurrency
from payouts.bank_files import Line, Statement, adds_up, bad, checked

DEEPEST = 40
MOST_ELEMENTS = 2_000_000


@dataclass
class Element:
    """One element without its name space."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def each(self, path: str) -> Iterator[Element]:
        """All elements at a path such as `NtryDtls/TxDtls`."""
        head, _slash, rest = path.partition("/")
        for child in self.children:
            if child.name == head:
                if rest:
                    yield from child.each(rest)
                else:
                    yield child

    def first(self, *paths: str) -> str:
        """The text of the first element at the first path that has one."""
        return next((found.text.strip() for path in paths for found in self.each(path) if found.text.strip()), "")


def read(content: bytes) -> Statement:
    """The first account's statements in a file; pending entries are left out. Raises `BadBankFile`."""
    statements = [one for root in _tree(content).each("BkToCstmrStmt") for one in root.each("Stmt")]
    if not statements:
        raise bad(_("it is XML, but not a camt.053 statement"))
    account = statements[0].first("Acct/Id/IBAN", "Acct/Id/Othr/Id")
    lines: list[Line] = []
    currency = ""
    try:
        for statement in statements:
            if statement.first("Acct/Id/IBAN", "Acct/Id/Othr/Id") != account:
                raise bad(_("it has statements of several accounts; please send one a file"))
            own = [_line(entry) for entry in statement.each("Ntry") if _booked(entry)]
            adds_up(*_balances(statement), own)
            lines += own
            currency = currency or statement.first("Acct/Ccy") or (own[0].amount.currency if own else "")
    except (ValueError, UnknownCurrency) as wrong:
        raise bad(_("an amount, a currency or a date in it cannot be read")) from wrong
    if any(line.amount.currency != currency for line in lines):
        raise bad(_("it mixes currencies"))
    return Statement("camt.053", account[:40], currency, checked(lines))


def _line(entry: Element) -> Line:
    details = list(entry.each("NtryDtls/TxDtls"))
    one = details[0] if len(details) == 1 else entry
    text = " ".join(found.text.strip() for detail in details for found in detail.each("RmtInf/Ustrd"))
    return Line(
        booked_on=_day(entry.first("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")),
        amount=_signed(entry),
        reference=one.first("Refs/EndToEndId", "Refs/TxId", "NtryRef")[:140],
        text=(text or entry.first("AddtlNtryInf"))[:1000],
        bank_reference=entry.first("AcctSvcrRef")[:60],
        is_return=any(True for detail in details for _found in detail.each("RtrInf")),
    )


def _signed(element: Element) -> Money:
    amount = next(element.each("Amt"), None)
    if amount is None:
        raise ValueError("Amt")
    money = Money.parse(amount.text, amount.attributes.get("Ccy", ""))
    if money.minor < 0:
        raise ValueError("Amt")
    debited = element.first("CdtDbtInd") == "DBIT"
    return -money if debited else money


def _booked(entry: Element) -> bool:
    return entry.first("Sts", "Sts/Cd") in ("BOOK", "")


def _balances(statement: Element) -> tuple[int | None, int | None]:
    found = {balance.first("Tp/CdOrPrtry/Cd"): _signed(balance).minor for balance in statement.each("Bal")}
    return found.get("OPBD", found.get("PRCD")), found.get("CLBD")


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _tree(content: bytes) -> Element:
    root = Element("", {})
    open_elements = [root]
    count = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > DEEPEST or count > MOST_ELEMENTS:
            raise bad(_("it is nested too deeply or has too many elements"))
        element = Element(name.rpartition("|")[2], attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        open_elements.pop()

    def say(text: str) -> None:
        open_elements[-1].text += text

    def refuse(*_anything: object) -> NoReturn:
        raise bad(_("it declares a document type or entities, which no bank does"))

    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = say
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as broken:
        raise bad(_("its XML is broken")) from broken
    return next((child for child in root.children if child.name == "Document"), root)
