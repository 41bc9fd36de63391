"""What is booked for a difference: proposed by one person, booked or refused by another (docs/money.md, chapter 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.money import Money
from foundation.stripe_gateway import Refund, StripeRefused
from foundation.vendor import VendorError
from marketplace import adopted_refunds
from payouts import chart, clawbacks, differences_proposed, ledger
from payouts.bank_tables import DifferencePosting
from payouts.chart import Account, Code
from payouts.differences import Case
from payouts.differences_proposed import Facts
from payouts.ledger import Line, Source, credit, debit
from payouts.payees import StripeUnavailable
from payouts.reconciliation import COMPARED, ReasonMissing
from payouts.second_person import OwnProposal
from payouts.tables import ExceptionStatus, ReconciliationException, Side

STRIPE_AVAILABLE: Final = Account(Code.STRIPE_AVAILABLE)
# What was taken over as a refund (a journal of its own kind) is no posting that goes back.
STANDING: Final = """
    select d.id, d.lines, d.journal, e.id as exception, e.source_id from difference_posting d join reconciliation_exception e on e.id = d.exception
    join journal own on own.id = d.journal and own.kind = 'A2' where e.code = any($1)
    and not exists (select 1 from journal j where j.idempotency_key = 'difference-back:' || d.id)
"""


class KeptLine(msgspec.Struct):
    """A line of a proposal as it is kept."""

    code: str
    owner_kind: str
    owner_id: str
    side: str
    minor: int
    currency: str


@dataclass(frozen=True)
class Asked:
    """A proposal: it waits for a second person, was booked (`journal_id`) or refused (`refused_because`)."""

    id: UUID
    maker_id: UUID
    maker: str
    reason: str
    lines: tuple[Line, ...]
    journal_id: int | None
    checker: str
    refused_because: str

    @property
    def waits(self) -> bool:
        return self.journal_id is None and not self.refused_because


async def proposal(case: Case, against: Code | None = None) -> tuple[Line, ...]:
    """The posting that brings the books to what Stripe or the bank says; empty where there is nothing to book.

    `against` is what a person chose among `differences_proposed.choices`.

    What was booked before for another amount of the same movement counts: only the rest is proposed. A refund of one of our orders that
    was made at Stripe's own pages is taken over as a refund (R2; R1 takes it from whoever has it); nothing while Stripe is silent about it.
    """
    if (case.code, case.leg) == ("E12", "refund"):
        try:
            found = await _refund_of(case.source_id)
        except StripeUnavailable:
            return ()
        if found is not None:
            order, refund = found
            return debit(chart.of_order(Code.REFUND_PAYABLE, order), refund.amount), credit(STRIPE_AVAILABLE, refund.amount)
    standing = await _standing(case) if case.code in {"E02", "E04"} else {}
    others = [money for (_code, currency), money in standing.items() if currency != case.difference.currency]
    ours = sum((more for more in others[1:] if more.currency == others[0].currency), others[0]) if others else None
    places = [code for code, currency in standing if currency == case.difference.currency]
    facts = Facts(
        code=case.code,
        leg=case.leg,
        amount=case.difference,
        ours=ours if case.code == "E04" else None,
        owner=await _brand_of(case.source_id) if case.code == "E17" else "",
        place=places[0] if case.code == "E02" and len(places) == 1 else Code.STRIPE_AVAILABLE,
        against=against,
    )
    wanted = differences_proposed.proposal(facts)
    if not wanted or case.code not in COMPARED:
        return wanted
    before = await _all(
        STANDING + " and (e.source_id, e.finding) = ($2, $3) and e.id <> $4", list(COMPARED), case.source_id, case.leg, case.id
    )
    return ledger.folded([*wanted, *(line for row in before for line in opposite(row["lines"]))])


async def asked(case_id: UUID) -> list[Asked]:
    """What was proposed for a difference, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select d.*, m.display_name as maker_name, coalesce(k.display_name, '') as checker_name
            from difference_posting d join person m on m.id = d.maker left join person k on k.id = d.checker
            where d.exception = $1 order by d.asked_at desc, d.id
            """,
            case_id,
        )
    return [
        Asked(
            row["id"],
            row["maker"],
            row["maker_name"],
            row["reason"],
            lines_of(row["lines"]),
            row["journal"],
            row["checker_name"],
            row["refused_because"],
        )
        for row in rows
    ]


async def propose(*, case: Case, reason: str, by: Principal, against: Code | None = None) -> None:
    """Ask a second person to book what `proposal` says. Raises `ReasonMissing`, `NotFound` where nothing can be booked, `WrongState` when asked already."""
    wanted = await proposal(case, against)
    if not wanted:
        raise NotFound
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        await _hold(case.id)
        open_one = (DifferencePosting.exception == case.id) & DifferencePosting.refused_at.is_null()
        if await DifferencePosting.exists().where(open_one):
            raise WrongState
        kept = [
            KeptLine(
                line.account.code.value,
                line.account.owner_kind,
                line.account.owner_id,
                line.side.value,
                line.amount.minor,
                line.amount.currency,
            )
            for line in wanted
        ]
        await DifferencePosting(
            id=uuid4(),
            exception=case.id,
            lines=msgspec.json.encode(kept).decode(),
            reason=reason.strip()[:1000],
            maker=by.id,
            asked_at=clock.now(),
        ).save()
        await audit.record(
            by=by,
            action="difference posting proposed",
            kind="reconciliation_exception",
            id=case.id,
            reason=reason.strip()[:1000],
            lines=[f"{one.code} {one.side} {one.minor} {one.currency}" for one in kept],
        )


async def confirm(*, exception_id: UUID, by: Principal) -> int:
    """Book it, as the second person; the difference is resolved. The journal's id.

    Raises `NotFound`, `OwnProposal`, `WrongState`, `StripeUnavailable` and the refusals of refunds when one is taken over.
    """
    refund = await _asked_refund(exception_id)
    async with DB.transaction():
        case = await _hold(exception_id)
        row = await _waiting(exception_id, by)
        if case.code == "E10" and await _matched_meanwhile(case.source_id):
            raise WrongState
        now = clock.now()
        journal = await _adopted(refund, by) if refund else await _posted(case.source_id, row, by)
        await DifferencePosting.update(
            {DifferencePosting.checker: by.id, DifferencePosting.booked_at: now, DifferencePosting.journal: journal}
        ).where(DifferencePosting.id == row.id)
        await ReconciliationException.update(
            {
                ReconciliationException.status: ExceptionStatus.RESOLVED,
                ReconciliationException.resolution: f"J-{journal}: {row.reason}",
                ReconciliationException.resolved_at: now,
                ReconciliationException.resolved_by: by.id,
            }
        ).where(ReconciliationException.id == exception_id)
        await audit.record(
            by=by, action="difference posting booked", kind="reconciliation_exception", id=exception_id, journal=journal
        )
    return journal


async def _asked_refund(exception_id: UUID) -> tuple[UUID, Refund] | None:
    """The refund that the waiting proposal would take over, asked from Stripe before anything is held. Raises `WrongState` when it has changed."""
    open_one = (DifferencePosting.exception == exception_id) & DifferencePosting.refused_at.is_null()
    row = (
        await DifferencePosting.objects(DifferencePosting.exception).where(open_one & DifferencePosting.journal.is_null()).first()
    )
    if row is None or all(line.account.code != Code.REFUND_PAYABLE for line in lines_of(row.lines)):
        return None
    found = await _refund_of(row.exception.source_id)
    if found is None:
        raise WrongState
    return found


async def _refund_of(stripe_refund_id: str) -> tuple[UUID, Refund] | None:
    """The order of a refund that was made at Stripe, and the refund; None when it is of none of ours. Raises `StripeUnavailable`."""
    try:
        return await adopted_refunds.order_of(stripe_refund_id)
    except StripeRefused:
        return None
    except VendorError as silent:
        raise StripeUnavailable from silent


async def _posted(source_id: str, row: DifferencePosting, by: Principal) -> int:
    posted = await ledger.post(
        key=f"difference:{row.id}",
        kind="A2",
        event_at=clock.now(),
        source=Source(kind="difference", id=source_id),
        lines=lines_of(row.lines),
        actor=str(by.id),
        memo=row.reason,
    )
    return posted.id


async def _adopted(told: tuple[UUID, Refund], by: Principal) -> int:
    """R1 and R2 of a refund that was made at Stripe; the journal that took the money. Raises `WrongState` while it has not left."""
    order_id, found = told
    refund_id = await adopted_refunds.adopt(order_id=order_id, found=found, by=by)
    await clawbacks.claw_back(refund_id=refund_id)
    key = f"refunded:{refund_id}"
    journal = (await ledger.booked(key)).get(key)
    if journal is None:
        raise WrongState
    return journal


async def refuse(*, exception_id: UUID, reason: str, by: Principal) -> None:
    """Say no to it, as the second person; another posting may be proposed. Raises `ReasonMissing`, `NotFound`, `OwnProposal`, `WrongState`."""
    if not reason.strip():
        raise ReasonMissing
    async with DB.transaction():
        await _hold(exception_id)
        row = await _waiting(exception_id, by)
        await DifferencePosting.update(
            {
                DifferencePosting.checker: by.id,
                DifferencePosting.refused_at: clock.now(),
                DifferencePosting.refused_because: reason.strip()[:1000],
            }
        ).where(DifferencePosting.id == row.id)
        await audit.record(
            by=by,
            action="difference posting refused",
            kind="reconciliation_exception",
            id=exception_id,
            reason=reason.strip()[:1000],
        )


async def _waiting(exception_id: UUID, by: Principal) -> DifferencePosting:
    """The proposal that waits, its row held."""
    rows = (
        await DifferencePosting.objects()
        .where((DifferencePosting.exception == exception_id) & DifferencePosting.refused_at.is_null())
        .lock_rows("UPDATE")
    )
    if not rows:
        raise NotFound
    if rows[0].journal is not None:
        raise WrongState
    if rows[0].maker == by.id:
        raise OwnProposal
    return rows[0]


async def _hold(exception_id: UUID) -> ReconciliationException:
    row = await ReconciliationException.objects().where(ReconciliationException.id == exception_id).lock_rows("UPDATE").first()
    if row is None:
        raise NotFound
    if row.status != ExceptionStatus.OPEN:
        raise WrongState
    return row


def opposite(kept: str) -> list[Line]:
    """The lines of a proposal the other way."""
    return [Line(line.account, Side.C if line.side == Side.D else Side.D, line.amount) for line in lines_of(kept)]


def lines_of(kept: str) -> tuple[Line, ...]:
    """The lines of a proposal as it is kept."""
    return tuple(
        Line(Account(Code(one.code), one.owner_kind, one.owner_id), Side(one.side), Money(one.minor, one.currency))
        for one in msgspec.json.decode(kept, type=list[KeptLine])
    )


async def _standing(case: Case) -> dict[tuple[Code, str], Money]:
    """What the ledger booked on Stripe's accounts for a movement, by account and currency."""
    rows = await _all(
        """
        select a.code, p.currency, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as minor
        from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
        where j.source_id = $1 and a.code in ('1100', '1110', '1120') group by 1, 2
        having sum(case p.side when 'D' then p.amount else -p.amount end) <> 0 order by 2, 1
        """,
        case.source_id,
    )
    return {(Code(row["code"]), row["currency"]): Money(row["minor"], row["currency"]) for row in rows}


async def _matched_meanwhile(line_id: str) -> bool:
    """Whether the line of the bank has found its payout since; matching waits for this transaction."""
    async with DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('bank match', 0))")
        found = await connection.fetchval(
            "select exists (select 1 from bank_match where line::text = $1 and ended_at is null)", line_id
        )
    return bool(found)


async def _brand_of(payment_id: str) -> str:
    rows = await _all("select brand from brand_payment where id::text = $1", payment_id)
    return str(rows[0]["brand"]) if rows else ""


async def _all(query: str, *values: object) -> Sequence[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
