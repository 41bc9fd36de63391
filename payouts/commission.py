"""What one order line pays whom (docs/money.md, chapter 2). Pure arithmetic on `Money`."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.money import Money, included_tax, round_half_even

RULE_VERSION = "2026-11"
HOLD_DAYS = 14
"""The hold of lines that no creator is credited with: the EU's time to withdraw (2011/83/EU art. 9)."""


@dataclass(frozen=True)
class Whole:
    """The commission, before VAT, of a line's whole base, where it is no plain percentage; what remains keeps its part of it."""

    minor: int
    base_minor: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The rates of a line, in basis points: the creator's commission, the platform's fee, the VAT in the price and on both services."""

    commission_bp: int
    fee_bp: int
    vat_bp: int
    commission_vat_bp: int = 0
    fee_vat_bp: int = 0
    whole: Whole | None = None


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How the gross of a line splits; `commission + fee + fee_vat + brand` is the gross that remains.

    `commission` is what the creator gets, with the VAT that they owe on it (`commission_vat`) inside; `fee` is without its VAT.
    """

    base: Money
    vat: Money
    commission: Money
    commission_vat: Money
    fee: Money
    fee_vat: Money
    brand: Money

    def __sub__(self, other: Shares) -> Shares:
        """The difference, part by part; a part may be below zero by rounding."""
        return Shares(
            base=self.base - other.base,
            vat=self.vat - other.vat,
            commission=self.commission - other.commission,
            commission_vat=self.commission_vat - other.commission_vat,
            fee=self.fee - other.fee,
            fee_vat=self.fee_vat - other.fee_vat,
            brand=self.brand - other.brand,
        )

    def __neg__(self) -> Shares:
        """The same the other way."""
        return nothing(self.base.currency) - self


def nothing(currency: str) -> Shares:
    """No part of anything."""
    zero = Money(0, currency)
    return Shares(base=zero, vat=zero, commission=zero, commission_vat=zero, fee=zero, fee_vat=zero, brand=zero)


def shares(gross: Money, rule: Rule) -> Shares:
    """Split what remains of a line's gross. Each part is rounded half to even once, the brand takes the rest, never below zero."""
    vat = included_tax(gross, rule.vat_bp)
    base = gross - vat
    fee = min(base.share(rule.fee_bp), gross)
    fee_vat = min(fee.share(rule.fee_vat_bp), gross - fee)
    most = gross - fee - fee_vat
    net = min(_net_commission(base, rule), most)
    commission_vat = min(net.share(rule.commission_vat_bp), most - net)
    commission = net + commission_vat
    return Shares(
        base=base,
        vat=vat,
        commission=commission,
        commission_vat=commission_vat,
        fee=fee,
        fee_vat=fee_vat,
        brand=most - commission,
    )


def refund(gross: Money, refunded_before: Money, amount: Money, rule: Rule) -> Shares:
    """What each part gives back when `amount` is refunded after `refunded_before` of the line's `gross`.

    The parts add up to `amount`. Cumulative: any sequence of refunds moves in sum what one refund of their total moves.
    """
    return shares(gross - refunded_before, rule) - shares(gross - refunded_before - amount, rule)


def _net_commission(base: Money, rule: Rule) -> Money:
    if rule.whole is None:
        return base.share(rule.commission_bp)
    if not rule.whole.base_minor:
        return Money(0, base.currency)
    return Money(round_half_even(rule.whole.minor * base.minor, rule.whole.base_minor), base.currency)
