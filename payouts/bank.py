"""Statements of our bank: brought, looked at, taken, and what they hold (docs/money.md, chapter 7)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.money import Money
from payouts import bank_files, bank_matching
from payouts.bank_files import Statement
from payouts.bank_tables import BankFormat, BankStatement

PAGE = 50


class StatementKnown(Refusal):
    """This very file was taken before."""

    code = "statement_known"
    status = 409
    field = "file"
    message = _("This file was read already. Nothing of it is read twice.")


@dataclass(frozen=True)
class Preview:
    """A file that was looked at: its lines, and how many of them the books of the bank have already."""

    id: UUID
    name: str
    statement: Statement
    known: int
    taken_at: datetime | None


@dataclass(frozen=True)
class LineShown:
    """A line of the bank with the payouts (or the payment of tax, `tax:` and its id) that it is, each with its journal, and why earlier matches were taken apart."""

    id: UUID
    booked_on: date
    amount: Money
    reference: str
    text: str
    is_return: bool
    match_id: UUID | None
    payouts: tuple[tuple[str, int], ...]
    score: int
    reason: str
    matcher: str
    before: tuple[str, ...]


async def receive(*, name: str, content: bytes, account: str = "", by: Principal) -> UUID:
    """Keep a file to be looked at; nothing is booked. Raises `BadBankFile`, `StatementKnown`."""
    statement = bank_files.read(name, content, account=account)
    digest = hashlib.sha256(content).hexdigest()
    async with DB.transaction():
        known = await BankStatement.objects().where(BankStatement.digest == digest).first()
        if known is not None and known.taken_at is not None:
            raise StatementKnown
        if known is not None:
            return UUID(str(known.id))
        new = BankStatement(
            id=uuid4(),
            name=name[:200],
            format=BankFormat(statement.format),
            digest=digest,
            content=content,
            account=statement.account,
            currency=statement.currency,
            lines=len(statement.lines),
            uploaded_by=by.id,
            uploaded_at=clock.now(),
        )
        await BankStatement.insert(new).on_conflict(target=BankStatement.digest, action="DO NOTHING")
        row = await BankStatement.select(BankStatement.id).where(BankStatement.digest == digest).first()
    return UUID(str(row["id"])) if row else UUID(str(new.id))


async def preview(statement_id: UUID) -> Preview:
    """What a file holds. Raises `NotFound`."""
    row = await BankStatement.objects().where(BankStatement.id == statement_id).first()
    if row is None:
        raise NotFound
    statement = bank_files.read(row.name, bytes(row.content), account=row.account)
    async with DB.connection() as connection:
        known = await connection.fetchval(
            "select count(*) from bank_line where account = $1 and fingerprint = any($2)", row.account, statement.fingerprints()
        )
    return Preview(statement_id, row.name, statement, known, row.taken_at)


async def take(*, statement_id: UUID, by: Principal) -> int:
    """Take a statement's new lines into the books of the bank and match them; how many were new. Raises `NotFound`, `StatementKnown`."""
    async with DB.transaction(), DB.connection() as connection:
        row = await BankStatement.objects().where(BankStatement.id == statement_id).lock_rows("UPDATE").first()
        if row is None:
            raise NotFound
        if row.taken_at is not None:
            raise StatementKnown
        statement = bank_files.read(row.name, bytes(row.content), account=row.account)
        lines = statement.lines
        done = await connection.execute(
            """
            insert into bank_line (id, statement, account, fingerprint, booked_on, amount_minor, currency, reference, bank_reference, text, is_return)
            select gen_random_uuid(), $1, $2, *
            from unnest($3::text[], $4::date[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[])
            on conflict (account, fingerprint) do nothing
            """,
            statement_id,
            row.account,
            statement.fingerprints(),
            [line.booked_on for line in lines],
            [line.amount.minor for line in lines],
            [line.amount.currency for line in lines],
            [line.reference for line in lines],
            [line.bank_reference for line in lines],
            [line.text for line in lines],
            [line.is_return for line in lines],
        )
        new = int(done.split()[-1])
        await BankStatement.update(
            {BankStatement.taken_at: clock.now(), BankStatement.taken_by: by.id, BankStatement.known_lines: len(lines) - new}
        ).where(BankStatement.id == statement_id)
        await audit.record(
            by=by, action="bank statement taken", kind="bank_statement", id=statement_id, lines=len(lines), new=new
        )
        await bank_matching.match_all()
    return new


async def statements() -> list[dict[str, Any]]:
    """The files, newest first, a hundred at most."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select s.id, s.name, s.format, s.account, s.currency, s.lines, s.known_lines, s.uploaded_at, s.taken_at, p.display_name as uploader
            from bank_statement s join person p on p.id = s.uploaded_by order by s.uploaded_at desc limit 100
            """
        )
    return [dict(row) for row in rows]


async def lines(*, only_open: bool = False, after: int = 0) -> list[LineShown]:
    """Lines of the bank, newest first, one page and one more; `only_open`: those that nothing explains."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select l.*, m.*, coalesce((
                select array_agg(coalesce(w.payout, 'tax') || ': ' || w.ended_because order by w.ended_at) from bank_match w where w.line = l.id and w.ended_at is not null
            ), '{}') as before
            from bank_line l left join lateral (
                select (array_agg(m.id))[1] as match_id, array_agg(coalesce(m.payout, 'tax:' || m.tax_payment) order by m.payout) as payouts, min(m.score) as score,
                       min(m.reason) as match_reason, array_agg(m.journal order by m.payout) as journals, min(p.display_name) as matcher
                from bank_match m left join person p on p.id = m.matched_by where m.line = l.id and m.ended_at is null
            ) m on true
            where not $1 or m.match_id is null order by l.booked_on desc, l.id limit $2 offset $3
            """,
            only_open,
            PAGE + 1,
            after,
        )
    return [
        LineShown(
            row["id"],
            row["booked_on"],
            Money(row["amount_minor"], row["currency"]),
            row["reference"],
            row["text"],
            row["is_return"],
            row["match_id"],
            tuple(zip(row["payouts"] or (), row["journals"] or (), strict=True)),
            row["score"] or 0,
            row["match_reason"] or "",
            row["matcher"] or "",
            tuple(row["before"]),
        )
        for row in rows
    ]
