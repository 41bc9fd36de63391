"""Settlement in one currency: what the platform is paid in others is exchanged when it arrives, as for an account with one bank account."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.stripe import rules

MILLION = 1_000_000


@dataclass
class Exchange:
    """`into` is the platform's currency, empty while nothing is exchanged. `rates`: millionths of its minor unit for one minor unit of another."""

    into: str = ""
    rates: dict[str, int] = field(default_factory=dict)

    def settled(self, account: str, currency: str) -> str:
        """The currency in which money of `currency` arrives on the balance of `account`."""
        return self.into if account == rules.PLATFORM and currency in self.rates else currency

    def convert(self, account: str, amount: int, currency: str) -> int:
        """What arrives, rounded half away from zero."""
        if self.settled(account, currency) == currency:
            return amount
        worth = (abs(amount) * self.rates[currency] + MILLION // 2) // MILLION
        return worth if amount >= 0 else -worth

    def rate(self, account: str, currency: str) -> float | None:
        """Stripe's `exchange_rate`, a number for people."""
        return None if self.settled(account, currency) == currency else self.rates[currency] / MILLION
