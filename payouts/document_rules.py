"""What becomes one document, and its sums. Pure (docs/money.md, chapter 14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from foundation.money import Money, included_tax
from payouts.document_tables import DocumentKind
from payouts.vat_matrix import Treatment, Vat

STANDARD = "S"
INVOICE_CODES = {DocumentKind.ON_BEHALF: "380", DocumentKind.SELF_BILLED: "389", DocumentKind.FEE: "380"}
CREDIT_CODES = {DocumentKind.ON_BEHALF: "381", DocumentKind.SELF_BILLED: "261", DocumentKind.FEE: "381"}


@dataclass(frozen=True, kw_only=True)
class Due:
    """A difference between what a source pays now and what documents say of it; below zero it is to be credited.

    `amount` has its VAT inside. `vat_bp` is the rate that was frozen with the sale, 0 where it knew of none; `vat` is the tax that
    was booked, None where the document makes it out of its sum.
    """

    source: str
    source_id: UUID
    words: str
    day: date
    amount: Money
    vat_bp: int
    vat: Money | None = None


@dataclass(frozen=True)
class Line:
    """One line as it is printed; positive on credit notes too."""

    due: Due
    net: Money
    vat: Money


@dataclass(frozen=True)
class Draft:
    """A document to be issued: one rate, one direction."""

    type_code: str
    category: str
    vat_bp: int
    wording: str
    lines: tuple[Line, ...]

    @property
    def net(self) -> Money:
        return Money(sum(line.net.minor for line in self.lines), self.lines[0].net.currency)

    @property
    def vat(self) -> Money:
        return Money(sum(line.vat.minor for line in self.lines), self.lines[0].net.currency)

    @property
    def total(self) -> Money:
        return self.net + self.vat

    @property
    def is_credit(self) -> bool:
        return self.type_code in CREDIT_CODES.values()


def drafts(kind: DocumentKind, due: Iterable[Due], vat: Vat) -> list[Draft]:
    """The documents of one supplier and customer: an invoice and a credit note for each rate that occurs.

    A sale that knew its rate keeps it. The others take what `vat` says now; charged VAT is then inside the amount, because
    nobody pays more than what was agreed. Nothing comes of those while `vat` is blocked.
    """
    groups: dict[tuple[bool, int, str, str], list[Due]] = defaultdict(list)
    for one in sorted(due, key=lambda each: (each.day, each.source, each.source_id)):
        treated = _treated(one, vat)
        if treated is not None and one.amount.minor:
            groups[(one.amount.minor < 0, *treated)].append(one)
    return [
        Draft((CREDIT_CODES if is_credit else INVOICE_CODES)[kind], category, rate, wording, _lines(rows, rate))
        for (is_credit, rate, category, wording), rows in sorted(groups.items())
    ]


def waiting(due: Iterable[Due], vat: Vat) -> Money | None:
    """What cannot be put on a document while `vat` is blocked; None when nothing waits."""
    left = [one.amount for one in due if _treated(one, vat) is None and one.amount.minor]
    return sum(left[1:], left[0]) if left else None


def _treated(one: Due, vat: Vat) -> tuple[int, str, str] | None:
    if one.vat_bp:
        return one.vat_bp, STANDARD, ""
    if vat.treatment == Treatment.BLOCKED or (
        one.vat is not None and vat.rate_bp
    ):  # a tax that was never booked cannot be invoiced
        return None
    return vat.rate_bp, vat.category, vat.wording


def _lines(rows: list[Due], rate: int) -> tuple[Line, ...]:
    """The tax is made once out of the sum and spread over the lines, so that no cent is lost; tax that was booked stays as it was."""
    amounts = [Money(abs(one.amount.minor), one.amount.currency) for one in rows]
    if all(one.vat is not None for one in rows):
        taxes = [Money(abs(one.vat.minor), one.amount.currency) for one in rows if one.vat is not None]
    else:
        total = sum(amounts[1:], amounts[0])
        taxes = included_tax(total, rate).split([amount.minor for amount in amounts])
    return tuple(Line(one, amount - tax, tax) for one, amount, tax in zip(rows, amounts, taxes, strict=True))
