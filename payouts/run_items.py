"""The items of a run, all at once: locked into a draft, checked, booked, given back (docs/money.md, chapter 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money
from payouts import bank_sharing, chart, cooling, ledger, purses, withholding
from payouts.exports import local_day
from payouts.ledger import Entry, Source, credit, debit
from payouts.simulation import Payable, is_unusual
from payouts.tables import PayeeKind, PayoutRun

BOOKED_AT_ONCE = 2_000
LONGEST = 600
"""Seconds that one statement over all items of a run may take."""


@dataclass(frozen=True)
class Held:
    """An item with what its payee has now. `usual` is the largest of their last six payments; `taxed` when the rate withheld is still right."""

    id: UUID
    kind: PayeeKind
    owner: UUID
    name: str
    destination: str
    amount: Money
    available: Money
    payable: bool
    account: str
    usual: Money
    resting: bool
    banned: bool
    shared_bank: bool
    withheld: Money
    taxed: bool

    @property
    def gross(self) -> Money:
        """What it takes from the payee: what leaves and the tax that stays."""
        return self.amount + self.withheld

    @property
    def outdated(self) -> bool:
        """The amount is no longer there, the payee banned or not payable at the same account, their bank account new or shared, or another rate of tax due."""
        gone = self.available < self.gross or not self.payable or self.account != self.destination
        return gone or self.resting or self.banned or self.shared_bank or not self.taxed

    @property
    def unusual(self) -> bool:
        return is_unusual(self.amount, self.usual)


async def lock_into(run: PayoutRun, payable: Sequence[Payable]) -> None:
    """Make the items of a draft and bind to them the released commissions that no item has yet.

    Whoever changes a commission holds both its payees, so those of payees that the draft holds stay as they are read.
    """
    ids = [uuid4() for _line in payable]
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into payout_item (id, run, payee, currency, destination, amount_minor, withheld_minor, withheld_bp, withheld_why,
                                     status, idempotency_key, attempt, error_code)
            select wanted.id, $1, payee, $2, destination, minor, withheld, rate, why, 'locked', 'payout-item:' || wanted.id, 0, ''
            from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::int[], $9::text[])
                 as wanted (id, payee, destination, minor, withheld, rate, why)
            """,
            run.id,
            run.currency,
            ids,
            [line.payee_id for line in payable],
            [line.destination for line in payable],
            [line.amount.minor for line in payable],
            [line.withheld.minor for line in payable],
            [line.tax.rate_bp for line in payable],
            [line.tax.why.value for line in payable],
            timeout=LONGEST,
        )
        await connection.execute(_BIND, run.id, run.currency, timeout=LONGEST)


_BIND = """
    with mine as materialized (
        select i.id, p.creator, p.brand from payout_item i join payee p on p.id = i.payee where i.run = $1
    ), bound as materialized (
        select k.id, case when k.creator_item is null and k.status = 'available' then c.id end as creator_item,
               case when k.brand_item is null then b.id end as brand_item
        from commission k left join mine c on c.creator = k.creator left join mine b on b.brand = k.brand
        where k.currency = $2 and k.released_at is not null
          and (k.brand_item is null or (k.creator_item is null and k.status = 'available'))
    )
    update commission k set creator_item = coalesce(bound.creator_item, k.creator_item), brand_item = coalesce(bound.brand_item, k.brand_item)
    from bound where bound.id = k.id and (bound.creator_item is not null or bound.brand_item is not null)
"""


@dataclass(frozen=True)
class Fixed:
    """How many items a run has, and the SHA-256 over it, its payees, their connected accounts, currencies, amounts and withheld taxes."""

    count: int
    fingerprint: str


async def lock_and_fix(run_id: UUID) -> Fixed:
    """Hold the items of a run, and say what exactly they are."""
    async with DB.connection() as connection:
        await connection.execute("select 1 from payout_item where run = $1 order by id for update", run_id, timeout=LONGEST)
        row = await connection.fetchrow(_FIXED, run_id, timeout=LONGEST)
    return Fixed(row["items"], row["fingerprint"])


_FIXED = """
    select count(*) as items, encode(sha256(convert_to(concat_ws(E'\n', $1::uuid::text, string_agg(line, E'\n' order by line collate "C")), 'UTF8')), 'hex')
           as fingerprint
    from (
        select concat_ws('|', payee, destination, currency, amount_minor, withheld_minor) as line from payout_item where run = $1
    ) item
"""


async def lock_payees(run_id: UUID) -> None:
    """Nobody else decides by the balances of the run's payees until the transaction ends."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select distinct p.kind, coalesce(p.creator, p.brand) as owner from payout_item i join payee p on p.id = i.payee where i.run = $1",
            run_id,
        )
    await purses.lock((PayeeKind(row["kind"]), row["owner"]) for row in rows)


async def held_by(run_id: UUID) -> list[Held]:
    """The items with what their payees have now, the largest first."""
    async with DB.connection() as connection:
        now = clock.now()
        rows = await connection.fetch(_HELD, run_id, now, timeout=LONGEST)
    today = local_day(now)
    return [
        Held(
            id=row["id"],
            kind=PayeeKind(row["kind"]),
            owner=row["owner"],
            name=row["name"],
            destination=row["destination"],
            amount=Money(row["amount_minor"], row["currency"]),
            available=Money(row["balance"], row["currency"]),
            payable=row["payable"],
            account=row["account"],
            usual=Money(row["usual"], row["currency"]),
            resting=cooling.until(row["bank_changed_at"], now) is not None,
            banned=row["banned"],
            shared_bank=row["shared_bank"],
            withheld=Money(row["withheld_minor"], row["currency"]),
            taxed=withholding.due(row, today).rate_bp == row["withheld_bp"],
        )
        for row in rows
    ]


BANNED: Final = "s.kind = 'ban' and s.place = '' and s.lifted_at is null and (s.until is null or s.until > $2)"
_HELD = f"""
    with item as materialized (
        select i.id, i.payee, i.currency, i.destination, i.amount_minor, i.withheld_minor, i.withheld_bp, p.creator, p.kind, coalesce(p.creator, p.brand) as owner, p.name,
               p.payable, p.bank_changed_at, {bank_sharing.WAITS.format("p")} as shared_bank, coalesce(p.stripe_account_id, '') as account
        from payout_item i join payee p on p.id = i.payee where i.run = $1
    ), usual as materialized (
        select payee, max(amount_minor) as largest from (
            select o.payee, o.amount_minor, row_number() over (partition by o.payee order by r.created_at desc) as place
            from payout_item o join payout_run r on r.id = o.run
            where o.status = 'sent' and o.run <> $1 and o.currency = (select currency from payout_run where id = $1)
              and o.payee in (select payee from item)
        ) last where place <= 6 group by payee
    )
    select item.*, coalesce(a.balance, 0) as balance, coalesce(u.largest, 0) as usual, {withholding.COLUMNS},
           exists (select 1 from sanction s where s.person = c.person and {BANNED}) as banned from item
    left join creator c on c.id = item.creator
    {withholding.JOINS}
    left join ledger_account a on a.code = case item.kind when 'creator' then '2121' else '2111' end
         and a.owner_kind = item.kind and a.owner_id = item.owner::text and a.currency = item.currency
    left join usual u on u.payee = item.payee
    order by item.amount_minor desc, item.id
"""  # noqa: S608  # constants of withholding


async def book_locks(items: Sequence[Held], run: PayoutRun, by: Principal) -> None:
    """P1 for each item."""
    now = clock.now()
    for begin in range(0, len(items), BOOKED_AT_ONCE):
        await ledger.post_all([_lock_entry(item, run, by, now) for item in items[begin : begin + BOOKED_AT_ONCE]])


def _lock_entry(item: Held, run: PayoutRun, by: Principal, now: datetime) -> Entry:
    purse = chart.purse(item.kind, item.owner)
    return Entry(
        key=f"lock:{item.id}",
        kind="P1",
        event_at=now,
        source=Source(kind="payout_item", id=str(item.id)),
        lines=(debit(purse.available, item.gross), credit(purse.in_payout, item.gross)),
        actor=f"person:{by.id}",
        memo=run.number,
    )


async def stands_against(item_id: UUID) -> str:
    """Why an approved item must not leave now, "" when nothing stands against it: a ban, or a bank account that is new since.

    An approved run may wait for hours while Stripe is busy or silent; what has happened to its payees meanwhile counts.
    """
    now = clock.now()
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            f"""
            select p.bank_changed_at, exists (
                select 1 from creator c join sanction s on s.person = c.person where c.id = p.creator and {BANNED}
            ) as banned
            from payout_item i join payee p on p.id = i.payee where i.id = $1
            """,  # noqa: S608  # a constant
            item_id,
            now,
        )
    if row is None or not row["banned"]:
        return "new_bank" if row is not None and cooling.until(row["bank_changed_at"], now) else ""
    return "banned"


async def unbind(run_id: UUID) -> None:
    """Free the commissions of a run's items that nobody has approved."""
    async with DB.connection() as connection:
        for side in ("creator_item", "brand_item"):
            await connection.execute(
                f"update commission set {side} = null where {side} in (select id from payout_item where run = $1)",  # noqa: S608  # constants
                run_id,
                timeout=LONGEST,
            )


async def mark_in_payout(run_id: UUID) -> None:
    """The creators' commissions of an approved run are on their way."""
    async with DB.connection() as connection:
        await connection.execute(
            "update commission set status = 'in_payout' where status = 'available'"
            " and creator_item in (select id from payout_item where run = $1)",
            run_id,
            timeout=LONGEST,
        )
