"""What was forgiven of a debt is made good when the reversal that had left the debt is undone (A1r; docs/money.md, chapter 14)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from foundation.database import DB
from foundation.money import Money
from payouts import chart, purses
from payouts.chart import Account, Code, Purse
from payouts.ledger import Entry, credit, debit
from payouts.tables import Commission

BAD_DEBT: Final = Account(Code.BAD_DEBT)


@dataclass(frozen=True)
class Move:
    """One posting on an account of debt: `minor` above zero is owed since the fact `key`, below zero was netted, or `forgiven`."""

    key: str
    minor: int
    forgiven: bool = False


def forgiven_of(moves: Iterable[Move], key: str) -> int:
    """How much of the debt that the fact `key` left was forgiven, in minor units: what is netted or forgiven takes the oldest part first."""
    open_parts: deque[tuple[str, int]] = deque()
    found = 0
    for move in moves:
        if move.minor > 0:
            open_parts.append((move.key, move.minor))
            continue
        left = -move.minor
        while left and open_parts:
            since, owed = open_parts.popleft()
            taken = min(owed, left)
            found += taken if move.forgiven and since == key else 0
            left -= taken
            if owed > taken:
                open_parts.appendleft((since, owed - taken))
    return found


async def made_good(rows: Sequence[Commission], drawer: purses.Drawer, *, undone: str, after: Entry) -> list[Entry]:
    """A1r for every payee of these commissions: of what `after` gave them back, the part whose debt the house had forgiven.

    `undone` is the key of the journal that had left the debt. The house lost that money by the write-off; the payee was paid it long ago.
    """
    purse_of = {chart.purse("brand", row.brand): row.currency for row in rows}
    purse_of |= {chart.purse("creator", row.creator): row.currency for row in rows if row.creator}
    entries = []
    for purse, currency in purse_of.items():
        owed = forgiven_of(await _moves(purse, currency), undone)
        amount = await drawer.take_there(purse, Money(owed, currency))
        if amount.minor > 0:
            lines = (debit(purse.available, amount), credit(BAD_DEBT, amount))
            key = f"regained:{undone}:{purse.kind.value}:{purse.owner.hex[:12]}"
            entries.append(Entry(key=key, kind="A1r", event_at=after.event_at, source=after.source, lines=lines))
    return entries


async def _moves(purse: Purse, currency: str) -> list[Move]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select j.idempotency_key, p.side, p.amount, exists (
                       select 1 from posting q join ledger_account b on b.id = q.account where q.journal = j.id and b.code = '5130' and j.kind = 'A1'
                   ) as forgiven
            from ledger_account a join posting p on p.account = a.id join journal j on j.id = p.journal
            where (a.code, a.owner_kind, a.owner_id, a.currency) = ($1, $2, $3, $4) order by p.account_version
            """,
            purse.debt.code.value,
            purse.kind.value,
            str(purse.owner),
            currency,
        )
    return [
        Move(row["idempotency_key"], row["amount"] if row["side"] == "D" else -row["amount"], row["forgiven"]) for row in rows
    ]
