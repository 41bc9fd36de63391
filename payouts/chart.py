"""The chart of accounts (docs/money.md, chapter 3). The database keeps the same list in `ledger_rule`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from foundation.i18n import _
from payouts.tables import PayeeKind, Side


class Code(StrEnum):
    """An account of the chart."""

    STRIPE_PENDING = "1100"
    STRIPE_AVAILABLE = "1110"
    STRIPE_RESERVED = "1120"
    IN_TRANSIT = "1130"
    BANK = "1140"
    BRAND_DEBT = "1200"
    BRAND_UNBILLED = "1205"
    CREATOR_DEBT = "1210"
    BRAND_INVOICED = "1220"
    DISPUTED = "1230"
    INPUT_VAT = "1300"
    CLEARING = "2100"
    BRAND_PENDING = "2110"
    BRAND_AVAILABLE = "2111"
    BRAND_HELD = "2112"
    BRAND_IN_PAYOUT = "2113"
    CREATOR_PENDING = "2120"
    CREATOR_AVAILABLE = "2121"
    CREATOR_IN_PAYOUT = "2122"
    CREATOR_HELD = "2123"
    VAT_PAYABLE = "2140"
    TAX_WITHHELD = "2160"
    REFUND_PAYABLE = "2170"
    UNAPPLIED = "2180"
    BRAND_CREDIT = "2181"
    SUSPENSE = "2190"
    DEFERRED_FEE = "2300"
    PLATFORM_FEE = "4100"
    RECHARGED = "4110"
    FX_GAIN = "4120"
    STRIPE_FEES = "5100"
    DISPUTE_FEES = "5110"
    BAD_DEBT = "5130"
    FX_LOSS = "5140"
    ROUNDING = "5150"
    GOODWILL = "5160"
    FX_CLEARING = "8000"
    MEMO_SOURCE = "M0"
    MEMO_AT_STRIPE = "M1"
    MEMO_IN_TRANSIT = "M2"
    MEMO_AT_BANK = "M3"


STRIPE = (Code.STRIPE_PENDING, Code.STRIPE_AVAILABLE, Code.STRIPE_RESERVED)
MEMO = (Code.MEMO_SOURCE, Code.MEMO_AT_STRIPE, Code.MEMO_IN_TRANSIT, Code.MEMO_AT_BANK)
"""Money that has left us already: a ledger of its own beside the books, never mixed with them in one journal."""

NAMES = {
    Code.STRIPE_PENDING: _("Stripe, pending"),
    Code.STRIPE_AVAILABLE: _("Stripe, available"),
    Code.STRIPE_RESERVED: _("Stripe, reserved"),
    Code.IN_TRANSIT: _("In transit to the bank"),
    Code.BANK: _("Bank"),
    Code.BRAND_DEBT: _("Brand debt"),
    Code.BRAND_UNBILLED: _("Brand, not yet invoiced"),
    Code.CREATOR_DEBT: _("Creator debt"),
    Code.BRAND_INVOICED: _("Brand, invoiced"),
    Code.DISPUTED: _("Disputed funds"),
    Code.INPUT_VAT: _("Input VAT"),
    Code.CLEARING: _("Order clearing"),
    Code.BRAND_PENDING: _("Brand, pending"),
    Code.BRAND_AVAILABLE: _("Brand, available"),
    Code.BRAND_HELD: _("Brand, held"),
    Code.BRAND_IN_PAYOUT: _("Brand, in payout"),
    Code.CREATOR_PENDING: _("Creator, pending"),
    Code.CREATOR_AVAILABLE: _("Creator, available"),
    Code.CREATOR_IN_PAYOUT: _("Creator, in payout"),
    Code.CREATOR_HELD: _("Creator, held"),
    Code.VAT_PAYABLE: _("VAT payable"),
    Code.TAX_WITHHELD: _("Tax withheld"),
    Code.REFUND_PAYABLE: _("Refund payable"),
    Code.UNAPPLIED: _("Receipts not yet applied"),
    Code.BRAND_CREDIT: _("Brand, credit"),
    Code.SUSPENSE: _("Suspense"),
    Code.DEFERRED_FEE: _("Fee not yet earned"),
    Code.PLATFORM_FEE: _("Platform fee"),
    Code.RECHARGED: _("Recharged costs"),
    Code.FX_GAIN: _("Exchange gain"),
    Code.STRIPE_FEES: _("Fees of Stripe and the bank"),
    Code.DISPUTE_FEES: _("Dispute fees"),
    Code.BAD_DEBT: _("Bad debt"),
    Code.FX_LOSS: _("Exchange loss"),
    Code.ROUNDING: _("Rounding"),
    Code.GOODWILL: _("Goodwill"),
    Code.FX_CLEARING: _("Exchange clearing"),
    Code.MEMO_SOURCE: _("Memo: sent by us"),
    Code.MEMO_AT_STRIPE: _("Memo: in the payee's Stripe balance"),
    Code.MEMO_IN_TRANSIT: _("Memo: on its way to the payee's bank"),
    Code.MEMO_AT_BANK: _("Memo: in the payee's bank"),
}


@dataclass(frozen=True)
class Account:
    """An account of one owner; `owner_kind` and `owner_id` are empty for the platform's own."""

    code: Code
    owner_kind: str = ""
    owner_id: str = ""


@dataclass(frozen=True)
class Purse:
    """The five accounts of one payee."""

    kind: PayeeKind
    owner: UUID
    pending: Account
    available: Account
    held: Account
    in_payout: Account
    debt: Account


_PURSES = {
    PayeeKind.CREATOR: (
        Code.CREATOR_PENDING,
        Code.CREATOR_AVAILABLE,
        Code.CREATOR_HELD,
        Code.CREATOR_IN_PAYOUT,
        Code.CREATOR_DEBT,
    ),
    PayeeKind.BRAND: (Code.BRAND_PENDING, Code.BRAND_AVAILABLE, Code.BRAND_HELD, Code.BRAND_IN_PAYOUT, Code.BRAND_DEBT),
}


def purse(kind: str, owner: UUID) -> Purse:
    """The accounts of a payee: `kind` is creator or brand, `owner` the creator's or brand's id."""
    payee_kind = PayeeKind(kind)
    kind_text, owner_text = payee_kind.value, str(owner)
    pending, available, held, in_payout, debt = [Account(code, kind_text, owner_text) for code in _PURSES[payee_kind]]
    return Purse(payee_kind, owner, pending, available, held, in_payout, debt)


def of_order(code: Code, order_id: UUID) -> Account:
    """An account that belongs to one order: clearing, refund payable, disputed funds."""
    return Account(code, "order", str(order_id))


def of_brand(code: Code, brand_id: UUID) -> Account:
    """An account of a brand beside its purse: not yet invoiced, invoiced, credit, fee not yet earned."""
    return Account(code, "brand", str(brand_id))


def normal_side(code: Code) -> Side:
    """The side on which the account grows."""
    return Side.D if code[0] in "158" or code in MEMO[1:] else Side.C
