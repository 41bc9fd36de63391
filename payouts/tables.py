"""Tables of money: ledger, commissions, payees, payout runs, the mirror of Stripe and reconciliation."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from creators.tables import AttributionDecision, Creator, Terms
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import Brand, Order, OrderLine
from payouts.commission_tables import CommissionRule


class Side(StrEnum):
    """Side of a posting."""

    D = "D"
    C = "C"


class CommissionStatus(StrEnum):
    """Where a commission stands."""

    PENDING = "pending"
    HELD = "held"
    AVAILABLE = "available"
    IN_PAYOUT = "in_payout"
    PAID = "paid"
    REVERSED = "reversed"


class PayeeKind(StrEnum):
    """Who is paid."""

    CREATOR = "creator"
    BRAND = "brand"


class RunStatus(StrEnum):
    """Where a payout run stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXECUTING = "executing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ItemStatus(StrEnum):
    """Where a payout item stands; `sending` is committed before Stripe is asked."""

    LOCKED = "locked"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RELEASED = "released"


class ExceptionStatus(StrEnum):
    """Where a difference stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class LedgerAccount(Table, db=DB, tablename="ledger_account"):
    """An account of the chart (docs/money.md) of one owner in one currency; balance and version are proved by its postings."""

    id = BigSerial(primary_key=True)
    code = Varchar(length=4, null=False, default=None)
    owner_kind = Varchar(length=20, null=False, default="")
    owner_id = Varchar(length=40, null=False, default="")
    currency = Varchar(length=3, null=False, default=None)
    normal = Varchar(length=20, null=False, default=None, choices=Side)
    may_go_negative = Boolean(null=False, default=False)
    balance = BigInt(null=False, default=0)
    version = BigInt(null=False, default=0)
    head = Bytea(null=False, default=b"")

    uq_ledger_account_code_owner_kind_owner_id_currency = Unique([code, owner_kind, owner_id, currency])


class Period(Table, db=DB, tablename="period"):
    """A month of the books, `2026-11`."""

    id = Varchar(length=7, primary_key=True)
    status = Varchar(length=10, null=False, default=None)
    closed_at = Timestamptz(null=True, default=None)
    closed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)


class PeriodReopening(Table, db=DB, tablename="period_reopening"):
    """One person's wish to open a closed month again; another one agrees."""

    id = UUID(primary_key=True)
    period = ForeignKey(Period, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    reason = Text(null=False, default=None)
    maker = ForeignKey(Person, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    asked_at = Timestamptz(null=False, default=None)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    agreed_at = Timestamptz(null=True, default=None)


class Journal(Table, db=DB, tablename="journal"):
    """One fact in the books; append-only, corrected by a reversing journal.

    `batch` is the first journal of those booked in one call, None when it was booked alone; the first of them carries their `link` of the chain.
    """

    id = BigSerial(primary_key=True)
    idempotency_key = Varchar(length=120, null=False, default=None, unique=True)
    kind = Varchar(length=20, null=False, default=None)
    event_at = Timestamptz(null=False, default=None)
    booked_at = Timestamptz(null=False, default=None)
    period = Varchar(length=7, null=False, default=None)
    batch = BigInt(null=True, default=None)
    reverses: ForeignKey[Journal] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict, index=False)
    source_kind = Varchar(length=40, null=False, default=None)
    source_id = Varchar(length=80, null=False, default=None, index=True)
    actor = Varchar(length=80, null=False, default=None)
    memo = Text(null=False, default="")
    rule_version = Varchar(length=20, null=False, default="")
    digest = Bytea(null=False, default=b"")
    link = Bytea(null=True, default=None)


class Posting(Table, db=DB, tablename="posting"):
    """One line of a journal: amount > 0 in minor units, debit or credit. Its key is journal and account (ledger.sql)."""

    journal = ForeignKey(Journal, null=False, default=None, on_delete=OnDelete.restrict, index=False, primary_key=True)
    account = ForeignKey(LedgerAccount, null=False, default=None, on_delete=OnDelete.restrict, index=False)
    currency = Varchar(length=3, null=False, default=None)
    side = Varchar(length=20, null=False, default=None, choices=Side)
    amount = BigInt(null=False, default=None)
    balance_after = BigInt(null=False, default=None)
    account_version = BigInt(null=False, default=None)

    uq_posting_account_account_version = Unique([account, account_version])


class Payee(Table, db=DB, tablename="payee"):
    """Who receives payouts, and the connected account that takes them."""

    id = UUID(primary_key=True)
    kind = Varchar(length=20, null=False, default=None, choices=PayeeKind)
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    brand = ForeignKey(Brand, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    name = Varchar(length=140, null=False, default=None)
    country = Varchar(length=2, null=False, default=None)
    stripe_account_id = Varchar(length=80, null=True, default=None, unique=True)
    payable = Boolean(null=False, default=False)
    transfers = Varchar(length=20, null=False, default="")
    payouts = Varchar(length=20, null=False, default="")
    requirements = JSONB(null=False, default=None)
    synced_at = Timestamptz(null=True, default=None)
    bank = Varchar(length=64, null=False, default="", index=True)
    bank_changed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class PayoutRun(Table, db=DB, tablename="payout_run"):
    """A list of payments that one person makes and another approves. Drafted by itself it has no maker before it is submitted."""

    id = UUID(primary_key=True)
    number = Varchar(length=16, null=False, default=None, unique=True)
    status = Varchar(length=20, null=False, default=None, choices=RunStatus)
    currency = Varchar(length=3, null=False, default=None)
    cutoff = Timestamptz(null=False, default=None)
    content_hash = Varchar(length=64, null=False, default="")
    note = Text(null=False, default="")
    maker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    checker = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    submitted_at = Timestamptz(null=True, default=None)
    approved_at = Timestamptz(null=True, default=None)
    completed_at = Timestamptz(null=True, default=None)


class PayoutItem(Table, db=DB, tablename="payout_item"):
    """One payee's amount in a run; written, with its key, before Stripe is asked. `withheld_minor` is the tax that stays here, beside the amount."""

    id = UUID(primary_key=True)
    run = ForeignKey(PayoutRun, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    payee = ForeignKey(Payee, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    destination = Varchar(length=80, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    withheld_minor = BigInt(null=False, default=0)
    withheld_bp = Integer(null=False, default=0)
    withheld_why = Varchar(length=20, null=False, default="")
    status = Varchar(length=20, null=False, default=None, choices=ItemStatus)
    idempotency_key = Varchar(length=80, null=False, default=None, unique=True)
    attempt = SmallInt(null=False, default=0)
    transfer_id = Varchar(length=80, null=True, default=None, unique=True)
    payment_id = Varchar(length=80, null=True, default=None, index=True)
    error_code = Varchar(length=80, null=False, default="")
    sent_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)

    uq_payout_item_run_payee_currency = Unique([run, payee, currency])
    ck_payout_item_amount = Check(amount_minor > 0)
    ck_payout_item_withheld = Check(withheld_minor >= 0)


class Commission(Table, db=DB, tablename="commission"):
    """What one order line pays whom, with a snapshot of the rule that gave it.

    A line that several creators share has one for each, on its own part of the gross (`share_bp`). A new decision replaces the
    commissions of the line (`replaced_at`); those that hold have none.
    """

    id = UUID(primary_key=True)
    order_line = ForeignKey(OrderLine, null=False, default=None, on_delete=OnDelete.restrict)
    order = ForeignKey(Order, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    decision = ForeignKey(AttributionDecision, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    position = SmallInt(null=False, default=0)
    share_bp = Integer(null=False, default=10_000)
    creator = ForeignKey(Creator, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    terms = ForeignKey(Terms, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    currency = Varchar(length=3, null=False, default=None)
    base_minor = BigInt(null=False, default=None)
    rate_bp = Integer(null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    fee_bp = Integer(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    brand_minor = BigInt(null=False, default=None)
    vat_bp = Integer(null=False, default=None)
    vat_minor = BigInt(null=False, default=None)
    reversed_minor = BigInt(null=False, default=0)
    brand_reversed_minor = BigInt(null=False, default=0)
    fee_reversed_minor = BigInt(null=False, default=0)
    status = Varchar(length=20, null=False, default=None, choices=CommissionStatus)
    hold_until = Timestamptz(null=False, default=None, index=True)
    rule_version = Varchar(length=20, null=False, default=None)
    plan = ForeignKey(CommissionRule, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    whole_minor = BigInt(null=True, default=None)
    commission_vat_bp = Integer(null=False, default=0)
    commission_vat_minor = BigInt(null=False, default=0)
    fee_vat_bp = Integer(null=False, default=0)
    fee_vat_minor = BigInt(null=False, default=0)
    fee_vat_reversed_minor = BigInt(null=False, default=0)
    snapshot = JSONB(null=False, default="{}")
    creator_item = ForeignKey(PayoutItem, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    brand_item = ForeignKey(PayoutItem, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    created_at = Timestamptz(null=False, default=None)
    released_at = Timestamptz(null=True, default=None)
    replaced_at = Timestamptz(null=True, default=None)

    uq_commission_order_line_decision_position = Unique([order_line, decision, position])


class MirrorTransaction(Table, db=DB, tablename="mirror_transaction"):
    """Copy of a balance transaction of the platform's Stripe balance. `number` is ours: shorter to keep and compare than Stripe's id."""

    id = Varchar(length=80, primary_key=True)
    number = BigSerial()
    kind = Varchar(length=40, null=False, default=None)
    category = Varchar(length=40, null=False, default=None)
    amount_minor = BigInt(null=False, default=None)
    fee_minor = BigInt(null=False, default=None)
    net_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    source_id = Varchar(length=80, null=False, default=None, index=True)
    created_at = Timestamptz(null=False, default=None, index=True)
    available_on = Timestamptz(null=False, default=None)
    mirrored_at = Timestamptz(null=False, default=None)


class MirrorCursor(Table, db=DB, tablename="mirror_cursor"):
    """How far the mirror has been read."""

    name = Varchar(length=40, primary_key=True)
    position = Varchar(length=80, null=False, default="")
    synced_at = Timestamptz(null=True, default=None)


class MovementMatch(Table, db=DB, tablename="movement_match"):
    """A movement of the mirror, by its number, and the (first) journal that says the same, for ever.

    Lean on purpose: a million lines are stored at once. Mirror and journals are never deleted, so nothing watches over the two references.
    """

    movement = BigInt(primary_key=True, default=None)
    journal = BigInt(null=False, default=None)
    matched_at = Timestamptz(null=False, default=None)


class ReconciliationException(Table, db=DB, tablename="reconciliation_exception"):
    """A difference that was found, until somebody has resolved it."""

    id = UUID(primary_key=True)
    code = Varchar(length=3, null=False, default=None)
    status = Varchar(length=20, null=False, default=None, choices=ExceptionStatus)
    transaction = ForeignKey(MirrorTransaction, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    journal = ForeignKey(Journal, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    source_id = Varchar(length=80, null=False, default=None, index=True)
    amount_minor = BigInt(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    finding = Text(null=False, default=None)
    found_at = Timestamptz(null=False, default=None)
    resolved_at = Timestamptz(null=True, default=None)
    resolved_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    resolution = Text(null=False, default="")
    owner = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    owned_at = Timestamptz(null=True, default=None)


class InvariantCheck(Table, db=DB, tablename="invariant_check"):
    """One look at all invariants: what was found, and the codes that stop payout runs since."""

    id = BigSerial(primary_key=True)
    checked_at = Timestamptz(null=False, default=None, index=True)
    proofs = JSONB(null=False, default=None)
    stopping = Varchar(length=80, null=False, default="")
