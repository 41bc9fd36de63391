"""Currencies that Stripe exchanges for us (F1), payees paid in what Stripe holds (F2), and what the rates did until a month's end (F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from foundation import audit, clock
from foundation.database import DB
from foundation.money import Money, round_half_even
from payouts import chart, ledger, purses
from payouts.brand_invoices import month_before
from payouts.chart import Account, Code
from payouts.exchange_tables import Exchange, ExchangeKind
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import PayeeKind

CLEARING: Final = Account(Code.FX_CLEARING)
AT_ONCE: Final = 500
OVERLAP: Final = timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """`given` minor units of one currency became `got` of the other: the whole truth of a rate."""

    given: Money
    got: Money

    def of(self, amount: Money) -> Money:
        """What `amount` is worth, rounded half to even once."""
        return Money(round_half_even(amount.minor * self.got.minor, self.given.minor), self.got.currency)


# Movements that came in another currency than their journal: new ones, and those that were found to differ because their order was late.
_OTHERWISE: Final = """
    select m.id, m.source_id, m.category, m.amount_minor, m.currency, m.created_at, a.code, p.currency as ours,
           sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as ours_minor
    from mirror_transaction m join journal j on j.source_id = m.source_id
        and j.kind = any(case m.category when 'charge' then array['T1', 'S3'] when 'refund' then array['R2']
        when 'refund_failure' then array['R2x'] when 'dispute' then array['D1'] else array['D2w'] end)
    join posting p on p.journal = j.id join ledger_account a on a.id = p.account and a.code in ('1100', '1110')
    where m.category in ('charge', 'refund', 'refund_failure', 'dispute', 'dispute_reversal') and p.currency <> m.currency
    and (m.mirrored_at >= $1 or m.id in (select e.transaction from reconciliation_exception e where e.status = 'open' and e.code = 'E04'))
    and not exists (select 1 from journal f where f.idempotency_key = 'fx:' || m.id)
    group by m.id, m.source_id, m.category, m.amount_minor, m.currency, m.created_at, a.code, p.currency order by m.created_at, m.id limit $2
"""
_FOREIGN: Final = """
    select a.owner_kind, a.owner_id::uuid as owner, a.currency from ledger_account a
    where a.code in ('2111', '2121') and a.balance > 0 and a.currency <> $1
    and exists (select 1 from exchange e where e.kind = 'settled' and (e.from_currency, e.to_currency) = (a.currency, $1))
    and not exists (select 1 from ledger_account s where s.code = '1110' and s.currency = a.currency and s.balance > 0)
    order by a.owner_kind desc, a.owner_id, a.currency
"""


async def settle() -> int:
    """F1: what the books have in the order's currency becomes what Stripe has credited; how many movements. Safe to repeat."""
    done = 0
    while rows := await _rows(_OTHERWISE, clock.now() - OVERLAP, AT_ONCE):
        async with DB.transaction():
            entries = [_settled(row) for row in rows]
            posted = await ledger.post_all(entries)
            await Exchange.insert(
                *(
                    _kept(row, made.id)
                    for row, made in zip(rows, posted, strict=True)
                    if row["amount_minor"] and not made.replayed
                )
            )
        done += len(rows)
    return done


def _settled(row: Any) -> Entry:
    """The old currency leaves Stripe's account into the clearing, the new one comes from there."""
    account = Account(Code(row["code"]))
    ours, theirs = Money(row["ours_minor"], row["ours"]), Money(row["amount_minor"], row["currency"])
    lines = (debit(CLEARING, ours), credit(account, ours), debit(account, theirs), credit(CLEARING, theirs))
    source = Source(kind="movement", id=row["source_id"])
    return Entry(
        key=f"fx:{row['id']}",
        kind="F1",
        event_at=row["created_at"],
        source=source,
        lines=ledger.folded(lines),
        memo=row["category"],
    )


def _kept(row: Any, journal_id: int) -> Exchange:
    return Exchange(
        id=uuid4(),
        kind=ExchangeKind.SETTLED,
        source_id=row["id"],
        from_currency=row["ours"],
        from_minor=abs(row["ours_minor"]),
        to_currency=row["currency"],
        to_minor=abs(row["amount_minor"]),
        journal=journal_id,
        at=row["created_at"],
    )


async def rate(*, given: str, got: str, until: datetime | None = None) -> Rate | None:
    """Stripe's last rate between two currencies; None when it never exchanged them."""
    rows = await _rows(
        """
        select from_minor, to_minor from exchange where kind = 'settled' and (from_currency, to_currency) = ($1, $2) and at < $3
        order by at desc, id limit 1
        """,
        given,
        got,
        until or clock.now() + timedelta(days=1),
    )
    return Rate(Money(rows[0]["from_minor"], given), Money(rows[0]["to_minor"], got)) if rows else None


async def convert_all(*, into: str) -> int:
    """F2: what payees have available in currencies that Stripe does not hold becomes theirs in `into`, at Stripe's last rate; how many purses."""
    rows = await _rows(_FOREIGN, into)
    done = 0
    for row in rows:
        done += await _convert(PayeeKind(row["owner_kind"]), row["owner"], row["currency"], into)
    return done


async def _convert(kind: PayeeKind, owner: UUID, given: str, into: str) -> int:
    async with DB.transaction():
        await purses.lock([(kind, owner)])
        held = (await purses.contents(kind, owner, given)).available
        known = await rate(given=given, got=into)
        if known is None or not (got := known.of(held)).minor:
            return 0
        exchange_id, now = uuid4(), clock.now()
        purse, drawer = chart.purse(kind, owner), purses.Drawer()
        lines = [
            *await drawer.take(purse, held),
            credit(CLEARING, held),
            debit(CLEARING, got),
            *await drawer.give(purse, got),
        ]
        entry = Entry(
            key=f"exchange:{exchange_id}",
            kind="F2",
            event_at=now,
            source=Source(kind="exchange", id=str(exchange_id)),
            lines=ledger.folded(lines),
        )
        posted = await ledger.post_all([entry, *await drawer.net(purse, into, after=entry)])
        await Exchange(
            id=exchange_id,
            kind=ExchangeKind.PAYEE,
            source_id=str(exchange_id),
            owner_kind=kind.value,
            owner=owner,
            from_currency=given,
            from_minor=held.minor,
            to_currency=into,
            to_minor=got.minor,
            journal=posted[0].id,
            at=now,
        ).save()
        await audit.record(
            by=None, action="money.exchanged", kind=kind.value, id=owner, given=f"{held.minor} {given}", got=f"{got.minor} {into}"
        )
    return 1


async def revalue_due() -> list[str]:
    """F3 of the month that is over, once a currency that others were exchanged into; the currencies that gained or lost something."""
    month, ends = month_before(clock.now())
    bases = await _rows("select distinct to_currency from exchange where kind = 'settled' and at < $1 order by 1", ends)
    return [row["to_currency"] for row in bases if await _revalue(row["to_currency"], month, ends)]


async def unrevalued(month: str, ends: datetime) -> list[str]:
    """The currencies whose gain or loss until a month's end (F3) is not booked yet."""
    bases = await _rows("select distinct to_currency from exchange where kind = 'settled' and at < $1 order by 1", ends)
    keys = await ledger.booked(*(f"revalue:{month}:{row['to_currency']}" for row in bases))
    open_ones = [row["to_currency"] for row in bases if f"revalue:{month}:{row['to_currency']}" not in keys]
    return [base for base in open_ones if (await _worth(base, ends)).minor]


async def _revalue(base: str, month: str, ends: datetime) -> bool:
    """What the open positions of the clearing are worth at the last rates of the month, against what they cost: a gain or a loss."""
    key = f"revalue:{month}:{base}"
    if await ledger.booked(key):
        return False
    worth = await _worth(base, ends)
    if not worth.minor:
        return False
    gain = worth.minor > 0
    lines = (debit(CLEARING, worth), credit(Account(Code.FX_GAIN if gain else Code.FX_LOSS), worth))
    at = ends - timedelta(seconds=1)
    await ledger.post(key=key, kind="F3", event_at=at, source=Source(kind="month", id=month), lines=lines, memo=base)
    return True


async def _worth(base: str, ends: datetime) -> Money:
    """The open positions of the clearing at the last rates before `ends`, less what they stand at."""
    worth = Money.zero(base)
    for row in await _rows(_POSITIONS, ends):
        position = Money(row["minor"], row["currency"])
        known = None if position.currency == base else await rate(given=position.currency, got=base, until=ends)
        worth += known.of(position) if known else Money(position.minor if position.currency == base else 0, base)
    return worth


_POSITIONS: Final = """
    select p.currency, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as minor
    from posting p join ledger_account a on a.id = p.account join journal j on j.id = p.journal
    where a.code = '8000' and j.event_at < $1 group by 1 order by 1
"""


async def _rows(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
