"""What one payee has: taking from it, giving to it, and who may decide about it at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from foundation.database import DB
from foundation.money import Money
from payouts import chart, ledger
from payouts.chart import Account, Code, Purse
from payouts.ledger import Entry, Line, credit, debit
from payouts.tables import PayeeKind

_LOCKS = {
    PayeeKind.CREATOR: "select 1 from creator where id = any($1::uuid[]) order by id for no key update",
    PayeeKind.BRAND: "select 1 from brand where id = any($1::uuid[]) order by id for no key update",
}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a payee has in one currency. `debt` is what they owe us; with `available` above zero it is zero."""

    pending: Money
    available: Money
    held: Money
    in_payout: Money
    debt: Money


async def lock(owners: Iterable[tuple[PayeeKind, UUID]]) -> None:
    """Let nobody else decide by these payees' balances until the transaction ends.

    Everybody locks in this order: the order or the run, its payees (creators, then brands), commissions and items, the ledger's
    accounts. The payees' own rows are held, so their number has no limit; writing rows that only point at them does not wait.
    """
    wanted = list(owners)
    async with DB.connection() as connection:
        for kind, query in _LOCKS.items():
            ids = [owner for owner_kind, owner in wanted if owner_kind == kind]
            if ids:
                await connection.execute(query, ids, timeout=600)


_LOCKS_WITH_MONEY = """
    select 1 from {0} o join ledger_account a on a.owner_kind = '{0}' and a.owner_id = o.id::text
    where a.code = $1 and a.currency = $2 and a.balance > 0 order by o.id for no key update of o
"""


async def lock_all_with_money(currency: str) -> None:
    """As `lock`, for everybody who has something available."""
    async with DB.connection() as connection:
        for kind, code in (("creator", Code.CREATOR_AVAILABLE), ("brand", Code.BRAND_AVAILABLE)):
            await connection.execute(_LOCKS_WITH_MONEY.format(kind), code.value, currency, timeout=600)


async def contents(kind: PayeeKind, owner: UUID, currency: str) -> Contents:
    """What the payee has now."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select code, balance from ledger_account where (owner_kind, owner_id, currency) = ($1, $2, $3)",
            PayeeKind(kind).value,
            str(owner),
            currency,
        )
    found = {row["code"]: row["balance"] for row in rows}
    accounts = chart.purse(kind, owner)

    def of(account: Account) -> Money:
        return Money(found.get(account.code.value, 0), currency)

    return Contents(
        pending=of(accounts.pending),
        available=of(accounts.available),
        held=of(accounts.held),
        in_payout=of(accounts.in_payout),
        debt=of(accounts.debt),
    )


class Drawer:
    """Payees' balances inside one transaction, after `lock`: what is planned here counts for what is planned next."""

    def __init__(self) -> None:
        self._known: dict[tuple[Account, str], int] = {}

    async def take(self, purse: Purse, amount: Money) -> list[Line]:
        """Lines that take `amount` from what is available; what is missing becomes debt. Below zero: gives it."""
        if amount.minor < 0:
            return await self.give(purse, -amount)
        there = min(amount, await self._balance(purse.available, amount.currency))
        await self._move(purse.available, -there)
        await self._move(purse.debt, amount - there)
        return [debit(purse.available, there), debit(purse.debt, amount - there)]

    async def take_there(self, purse: Purse, amount: Money) -> Money:
        """Take from what is available as much of `amount` as is there, and no debt; returns how much. The caller books it."""
        there = min(amount, await self._balance(purse.available, amount.currency))
        await self._move(purse.available, -there)
        return there

    async def give(self, purse: Purse, amount: Money) -> list[Line]:
        """Lines that make `amount` available. Let `net` follow. Below zero: takes it."""
        if amount.minor < 0:
            return await self.take(purse, -amount)
        await self._move(purse.available, amount)
        return [credit(purse.available, amount)]

    async def net(self, purse: Purse, currency: str, *, after: Entry) -> list[Entry]:
        """The journal N that pays the payee's debt from what is available once `after` is booked; none when nothing is owed."""
        owed = min(await self._balance(purse.debt, currency), await self._balance(purse.available, currency))
        if owed.minor <= 0:
            return []
        await self._move(purse.debt, -owed)
        await self._move(purse.available, -owed)
        lines = (debit(purse.available, owed), credit(purse.debt, owed))
        key = f"net:{after.key}:{purse.kind.value}:{purse.owner.hex[:12]}"  # one fact may pay the debts of several
        return [Entry(key=key, kind="N", event_at=after.event_at, source=after.source, lines=lines)]

    async def _balance(self, account: Account, currency: str) -> Money:
        place = (account, currency)
        if place not in self._known:
            self._known[place] = (await ledger.balance(account, currency)).minor
        return Money(self._known[place], currency)

    async def _move(self, account: Account, by: Money) -> None:
        before = await self._balance(account, by.currency)
        self._known[(account, by.currency)] = (before + by).minor
