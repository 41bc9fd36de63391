"""Stripe, the only door to it. Takes and returns our own frozen dataclasses and `Money`, never Stripe's objects.

Every call may raise `OutcomeUnknown` (look the object up before sending again), `VendorBusy` (send again later) or
`StripeRefused` (a definite no). Calls that move money take the idempotency key that the caller has stored before.
"""

from foundation.stripe_gateway.accounts import (
    AccountState,
    OnboardingLink,
    bank_of,
    close_account,
    create_recipient,
    fetch_account,
    onboarding_link,
)
from foundation.stripe_gateway.balances import (
    Balance,
    BankPayout,
    Movement,
    TopUp,
    balance,
    balance_transactions,
    create_payout,
    fetch_movement,
    fetch_payout,
    fetch_topup,
    payouts,
    top_up,
)
from foundation.stripe_gateway.connection import VERSION, StripeRefused, close
from foundation.stripe_gateway.customers import (
    CustomerSession,
    SavedCard,
    create_customer,
    create_customer_session,
    forget_card,
    saved_cards,
)
from foundation.stripe_gateway.disputes import Dispute, answer_dispute, close_dispute, fetch_dispute, find_disputes
from foundation.stripe_gateway.payments import (
    Charge,
    Payment,
    cancel_payment,
    confirm_payment,
    fetch_charge,
    fetch_payment,
    find_payments,
    open_payment,
    update_payment,
)
from foundation.stripe_gateway.refunds import Refund, fetch_refund, find_refunds, refund
from foundation.stripe_gateway.transfers import (
    Reversal,
    Transfer,
    fetch_transfer,
    find_reversals,
    find_transfers,
    reverse_transfer,
    transfer,
)
from foundation.stripe_gateway.webhooks import undelivered_events, verify_webhook

__all__ = [
    "VERSION",
    "AccountState",
    "Balance",
    "BankPayout",
    "Charge",
    "CustomerSession",
    "Dispute",
    "Movement",
    "OnboardingLink",
    "Payment",
    "Refund",
    "Reversal",
    "SavedCard",
    "StripeRefused",
    "TopUp",
    "Transfer",
    "answer_dispute",
    "balance",
    "balance_transactions",
    "bank_of",
    "cancel_payment",
    "close",
    "close_account",
    "close_dispute",
    "confirm_payment",
    "create_customer",
    "create_customer_session",
    "create_payout",
    "create_recipient",
    "fetch_account",
    "fetch_charge",
    "fetch_dispute",
    "fetch_movement",
    "fetch_payment",
    "fetch_payout",
    "fetch_refund",
    "fetch_topup",
    "fetch_transfer",
    "find_disputes",
    "find_payments",
    "find_refunds",
    "find_reversals",
    "find_transfers",
    "forget_card",
    "onboarding_link",
    "open_payment",
    "payouts",
    "refund",
    "reverse_transfer",
    "saved_cards",
    "top_up",
    "transfer",
    "undelivered_events",
    "update_payment",
    "verify_webhook",
]
