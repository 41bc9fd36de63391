"""What one order line pays whom (docs/money.md, chapter 2). Pure arithmetic on `Money`."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.money import Money, included_tax

RULE_VERSION = "2026-11"
PLATFORM_FEE_BP = 500
"""The fee on lines that no creator is credited with; attributed lines take it from the accepted terms."""

HOLD_DAYS = 14
"""The hold of lines that no creator is credited with: the EU's time to withdraw (2011/83/EU art. 9)."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The rates of a line, in basis points: the creator's commission, the platform's fee, the VAT in the price."""

    commission_bp: int
    fee_bp: int
    vat_bp: int


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How the gross of a line splits; `commission + fee + brand` is the gross that remains."""

    base: Money
    vat: Money
    commission: Money
    fee: Money
    brand: Money

    def __sub__(self, other: Shares) -> Shares:
        """The difference, part by part; a part may be below zero by rounding."""
        return Shares(
            base=self.base - other.base,
            vat=self.vat - other.vat,
            commission=self.commission - other.commission,
            fee=self.fee - other.fee,
            brand=self.brand - other.brand,
        )


def shares(gross: Money, rule: Rule) -> Shares:
    """Split what remains of a line's gross. Each part is rounded half to even once, the brand takes the rest."""
    vat = included_tax(gross, rule.vat_bp)
    base = gross - vat
    commission = base.share(rule.commission_bp)
    fee = base.share(rule.fee_bp)
    return Shares(base=base, vat=vat, commission=commission, fee=fee, brand=gross - commission - fee)


def refund(gross: Money, refunded_before: Money, amount: Money, rule: Rule) -> Shares:
    """What each part gives back when `amount` is refunded after `refunded_before` of the line's `gross`.

    The parts add up to `amount`. Cumulative: any sequence of refunds moves in sum what one refund of their total moves.
    """
    return shares(gross - refunded_before, rule) - shares(gross - refunded_before - amount, rule)
