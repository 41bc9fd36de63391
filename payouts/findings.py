"""What a difference was found on, in words; a kind that Stripe invents is shown as Stripe calls it."""

from __future__ import annotations

from typing import Final

from foundation.i18n import _

WORDS: Final = {
    "charge": _("charge"),
    "refund": _("refund"),
    "refund_failure": _("failed refund"),
    "transfer": _("transfer"),
    "transfer_reversal": _("reversed transfer"),
    "payout": _("payout"),
    "payout_reversal": _("returned payout"),
    "payout item": _("payout item"),
    "dispute": _("dispute"),
    "dispute_reversal": _("won dispute"),
    "topup": _("top-up"),
    "topup_reversal": _("reversed top-up"),
    "bank line": _("line of the bank"),
    "bank return": _("returned by the bank"),
    "balance": _("balance"),
    "late facts": _("late facts"),
    "tax payment": _("payment of tax"),
    "paid too much": _("paid too much"),
    "not paid": _("not paid"),
    "papers": _("papers"),
    "exchange": _("exchange"),
    "chain": _("chain"),
}
