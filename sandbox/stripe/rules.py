"""Figures and delays of the stand-in, where Stripe's depend on the contract, the country or the bank."""

VERSION = "2026-05-27.dahlia"
PLATFORM = "acct_1FanfareSandbox"

FEE_BASIS_POINTS = 150
FEE_FIXED = 25
"""A charge costs 1.5 % rounded half up plus 25 minor units, whatever the currency. Refunds do not give it back."""

DISPUTE_FEE = 2000
"""A dispute costs 20.00, given back when it is won."""

SETTLEMENT_SECONDS = 2 * 86_400
"""A charge's money is pending for two days, then available; with `pm_card_bypassPending` it is available at once."""

TOPUP_SECONDS = 0
PAYOUT_TRANSIT_SECONDS = 60
PAYOUT_PAID_SECONDS = 2 * 86_400
AUTOMATIC_PAYOUT_SECONDS = 86_400
"""Money that reached a connected account is paid out to its bank one day later."""

REFUND_SECONDS = 1
IDEMPOTENCY_SECONDS = 86_400
ACCOUNT_LINK_SECONDS = 300
CUSTOMER_SESSION_SECONDS = 1800
DISPUTE_ANSWER_SECONDS = 9 * 86_400

SMALLEST = {"jpy": 50, "krw": 100, "sek": 300, "nok": 300, "dkk": 250, "czk": 1500, "huf": 17500, "pln": 200}
SMALLEST_ELSE = 50
LARGEST = 99_999_999


def fee_of(amount: int) -> int:
    """The fee of a charge in minor units."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED
