"""The magic test cards of Stripe: what a card does is written in its number, or in the name of a test payment method."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Card:
    """How a test card behaves. `decline` is (code, decline code); `three_d_secure`: unless_set_up or always."""

    number: str
    brand: str = "visa"
    funding: str = "credit"
    decline: tuple[str, str | None] | None = None
    three_d_secure: str = ""
    settles_at_once: bool = False
    dispute: str = ""
    refund: str = ""


_CARDS = (
    Card(number="4242424242424242"),
    Card(number="4000056655665556", funding="debit"),
    Card(number="5555555555554444", brand="mastercard"),
    Card(number="2223003122003222", brand="mastercard"),
    Card(number="378282246310005", brand="amex"),
    Card(number="4000002500001001", brand="visa", funding="debit"),
    Card(number="4000000000000077", settles_at_once=True),
    Card(number="4000000000000002", decline=("card_declined", "generic_decline")),
    Card(number="4000000000009995", decline=("card_declined", "insufficient_funds")),
    Card(number="4000000000009987", decline=("card_declined", "lost_card")),
    Card(number="4000000000009979", decline=("card_declined", "stolen_card")),
    Card(number="4000000000000341", decline=("card_declined", "generic_decline")),
    Card(number="4000000000000069", decline=("expired_card", "expired_card")),
    Card(number="4000000000000127", decline=("incorrect_cvc", "incorrect_cvc")),
    Card(number="4000000000000119", decline=("processing_error", "processing_error")),
    Card(number="4000002500003155", three_d_secure="unless_set_up"),
    Card(number="4000002760003184", three_d_secure="always"),
    Card(number="4000000000003220", three_d_secure="always"),
    Card(number="4000008400001629", three_d_secure="always", decline=("card_declined", "generic_decline")),
    Card(number="4000008260003178", three_d_secure="always", decline=("card_declined", "insufficient_funds")),
    Card(number="4000000000000259", dispute="fraudulent"),
    Card(number="4000000000002685", dispute="product_not_received"),
    Card(number="4000000000001976", dispute="inquiry"),
    Card(number="4000000000007726", refund="pending"),
    Card(number="4000000000005126", refund="fail"),
)
BY_NUMBER = {card.number: card for card in _CARDS}
BY_NAME = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}
MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "incorrect_number": "Your card number is incorrect.",
    "test_mode_live_card": "Your card was declined. Your request was in test mode, but used a non test card.",
    "authentication_failed": "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
}


def luhn(number: str) -> bool:
    """Whether the last digit of a card number fits the others."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) in range(0, 1000, 10)


def card_of(number: str) -> Card | None:
    """How the card of this number behaves; None when the number cannot be one."""
    if number in BY_NUMBER:
        return BY_NUMBER[number]
    if not (12 <= len(number) <= 19 and number.isascii() and number.isdigit() and luhn(number)):
        return None
    return replace(BY_NUMBER["4000000000000002"], number=number, decline=("card_declined", "test_mode_live_card"))


def message_of(code: str, decline_code: str | None) -> str:
    """The sentence that a shopper reads."""
    return MESSAGES.get(decline_code or "") or MESSAGES.get(code, "Your card was declined.")
