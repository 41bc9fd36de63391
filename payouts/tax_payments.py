"""Paying withheld tax to the tax office: one person enters the payment, another one books it (W2; docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import ledger
from payouts.chart import Account, Code
from payouts.exports import BOOKS_ZONE, local_day
from payouts.ledger import Source, credit, debit
from payouts.second_person import OwnProposal
from payouts.tax_payment_tables import TaxPayment, TaxPaymentStatus

WITHHELD: Final = Account(Code.TAX_WITHHELD)
MOST: Final = 100


class MoreThanWithheld(InvalidField):
    """No more tax is paid than was withheld; data: `owed` (Money)."""

    code = "more_than_withheld"
    status = 409
    field = "amount"
    message = _("Only %(owed)s of tax withheld is owed in this currency.")


class NotPaidYet(InvalidField):
    """A payment is entered once it was made."""

    code = "not_paid_yet"
    field = "paid_on"
    message = _("Please enter a day that has come.")


class TaxPaymentDecided(WrongState):
    """It is booked or refused already."""

    code = "tax_payment_decided"
    message = _("Somebody has decided this payment already.")


@dataclass(frozen=True, kw_only=True)
class PaymentShown:
    """A payment with its names; `journal_id` once it is booked, `at_bank` once its line of the bank is matched."""

    id: UUID
    amount: Money
    paid_on: date
    reference: str
    status: TaxPaymentStatus
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str
    decision: str
    journal_id: int | None
    at_bank: bool


@dataclass(frozen=True)
class OwedMonth:
    """What was withheld in a month less what reversals gave back, what of it is paid, and what is open."""

    month: str
    withheld: Money
    paid: Money

    @property
    def open(self) -> Money:
        return self.withheld - self.paid


async def propose(*, amount: Money, paid_on: date, reference: str, client_key: UUID, by: Principal) -> None:
    """Enter a payment for a second person; the same `client_key` again is the same payment. Raises `NotPaidYet`, `MoreThanWithheld`."""
    if paid_on > local_day(clock.now()):
        raise NotPaidYet
    async with DB.transaction():
        await _demand_owed(amount)
        row = TaxPayment(
            id=uuid4(),
            currency=amount.currency,
            amount_minor=amount.minor,
            paid_on=paid_on,
            reference=reference,
            status=TaxPaymentStatus.WAITING,
            client_key=client_key,
            maker=by.id,
            made_at=clock.now(),
        )
        if await TaxPayment.insert(row).on_conflict(target=TaxPayment.client_key, action="DO NOTHING").returning(TaxPayment.id):
            what = f"{amount.minor} {amount.currency}"
            await audit.record(
                by=by, action="tax_payment.proposed", kind="tax_payment", id=row.id, amount=what, reference=reference
            )


async def book(*, payment_id: UUID, by: Principal) -> None:
    """W2, as the second person. Raises `NotFound`, `OwnProposal`, `TaxPaymentDecided`, `MoreThanWithheld`."""
    async with DB.transaction():
        row = await _waiting(payment_id, by)
        amount = Money(row.amount_minor, row.currency)
        await _demand_owed(amount)
        await ledger.post(
            key=f"tax-paid:{row.id}",
            kind="W2",
            event_at=datetime.combine(row.paid_on, time(12), BOOKS_ZONE),
            source=Source(kind="tax_payment", id=str(row.id)),
            lines=(debit(WITHHELD, amount), credit(Account(Code.IN_TRANSIT), amount)),
            actor=f"person:{by.id}",
            memo=row.reference[:80],
        )
        await _decide(row.id, TaxPaymentStatus.BOOKED, "", by)


async def refuse(*, payment_id: UUID, reason: str, by: Principal) -> None:
    """Say no to it, with a reason. Raises `NotFound`, `OwnProposal`, `TaxPaymentDecided`."""
    async with DB.transaction():
        row = await _waiting(payment_id, by)
        await _decide(row.id, TaxPaymentStatus.REFUSED, reason, by)


async def latest() -> list[PaymentShown]:
    """Payments, the waiting ones first, then the newest; a hundred at most."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select t.*, m.display_name as maker_name, coalesce(k.display_name, '') as checker_name, j.id as journal,
                   exists (select 1 from bank_match b where b.tax_payment = t.id and b.ended_at is null) as at_bank
            from tax_payment t join person m on m.id = t.maker left join person k on k.id = t.checker
            left join journal j on j.idempotency_key = 'tax-paid:' || t.id
            order by (t.status = 'waiting') desc, t.paid_on desc, t.made_at desc, t.id limit $1
            """,
            MOST,
        )
    return [_shown(row) for row in rows]


async def owed() -> dict[str, list[OwedMonth]]:
    """By currency, each month (Europe/Paris) in which tax was withheld or given back, the oldest first: payments fill the oldest."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select p.currency, j.kind = 'W2' as payment, to_char(j.event_at at time zone 'Europe/Paris', 'YYYY-MM') as month,
                   sum(case p.side when 'C' then p.amount else -p.amount end)::bigint as minor
            from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
            where a.code = '2160' group by 1, 2, 3 order by 1, 3
            """
        )
    found: dict[str, list[OwedMonth]] = {}
    for currency in sorted({row["currency"] for row in rows}):
        mine = [row for row in rows if row["currency"] == currency]
        withheld = [(row["month"], Money(row["minor"], currency)) for row in mine if not row["payment"]]
        paid = Money(-sum(row["minor"] for row in mine if row["payment"]), currency)
        found[currency] = filled(withheld, paid)
    return found


def filled(withheld: Sequence[tuple[str, Money]], paid: Money) -> list[OwedMonth]:
    """Payments, and months that gave back more than they withheld, fill the oldest months first; what is left over stands with the last. Pure."""
    left = paid - sum((money for _month, money in withheld if money.minor < 0), Money.zero(paid.currency))
    rows: list[OwedMonth] = []
    for month, money in withheld:
        part = min(money, left) if money.minor > 0 else money
        left -= part if money.minor > 0 else Money.zero(paid.currency)
        rows.append(OwedMonth(month, money, part))
    return [*rows[:-1], replace(rows[-1], paid=rows[-1].paid + left)] if rows else []


async def _demand_owed(amount: Money) -> None:
    """Waits for whoever books on the account of this currency. Raises `MoreThanWithheld`."""
    async with DB.connection() as connection:
        await connection.execute(
            "select 1 from ledger_account where code = $1 and currency = $2 for update", WITHHELD.code.value, amount.currency
        )
    known = await ledger.balance(WITHHELD, amount.currency)
    if known < amount:
        raise MoreThanWithheld(owed=known)


async def _waiting(payment_id: UUID, by: Principal) -> TaxPayment:
    row = await TaxPayment.objects().where(TaxPayment.id == payment_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.maker == by.id:
        raise OwnProposal
    if row.status != TaxPaymentStatus.WAITING:
        raise TaxPaymentDecided
    return row


async def _decide(payment_id: UUID, status: TaxPaymentStatus, decision: str, by: Principal) -> None:
    await TaxPayment.update(
        {
            TaxPayment.status: status,
            TaxPayment.checker: by.id,
            TaxPayment.decided_at: clock.now(),
            TaxPayment.decision: decision,
        }
    ).where(TaxPayment.id == payment_id)
    await audit.record(by=by, action=f"tax_payment.{status.value}", kind="tax_payment", id=payment_id, reason=decision)


def _shown(row: Any) -> PaymentShown:
    return PaymentShown(
        id=row["id"],
        amount=Money(row["amount_minor"], row["currency"]),
        paid_on=row["paid_on"],
        reference=row["reference"],
        status=TaxPaymentStatus(row["status"]),
        maker_id=row["maker"],
        maker=row["maker_name"],
        made_at=row["made_at"],
        checker=row["checker_name"],
        decision=row["decision"],
        journal_id=row["journal"],
        at_bank=row["at_bank"],
    )
