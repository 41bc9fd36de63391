"""What a credit note gives back of one line: the pure rule (docs/money.md, chapter 1)."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.money import Money, included_tax


class MoreThanInvoiced(ValueError):
    """Credit notes would give back more of a line than was invoiced for it."""


@dataclass(frozen=True)
class Credited:
    """What credit notes have given back of a line, less what was taken back of them; minor units, `vat` inside `gross`."""

    gross: int = 0
    vat: int = 0


def part_of(amount: Money, *, invoiced: Money, vat_bp: int, before: Credited) -> Credited:
    """The gross and VAT of one more note of `amount` on a line of which `invoiced` was paid, with VAT at `vat_bp` inside.

    The VAT is that of everything given back so far, rounded once, less what earlier notes have said of it: so the notes of a whole line
    add up to the VAT of its invoice, however it was cut. Raises `MoreThanInvoiced`.
    """
    given = Money(before.gross, amount.currency) + amount
    if given > invoiced or not amount > Money.zero(amount.currency):
        raise MoreThanInvoiced(f"{given} of {invoiced}")
    return Credited(amount.minor, included_tax(given, vat_bp).minor - before.vat)
