"""The lights of the finance pages: what must be true of the books and the rows around them (docs/money.md, chapter 8)."""

from __future__ import annotations

from foundation import stripe_gateway
from foundation.database import DB
from foundation.i18n import _
from foundation.money import Money
from payouts.proofs import Proof

WORDS = {
    "I1": _("Debits equal credits"),
    "I2": _("Balances are the sums of their postings"),
    "I3": _("Stripe holds what the ledger says"),
    "I4": _("No credited order is left in clearing"),
    "I5": _("Payees have what they earned, less refunds and payments"),
    "I6": _("Each sent item has one transfer"),
    "I7": _("Ended refunds and disputes owe nothing"),
    "I8": _("What is due can be paid"),
    "I9": _("The chain of hashes holds"),
    "I11": _("Nothing was booked into a closed month"),
    "I12": _("What was sent is followed to the payees' banks"),
    "I13": _("Brands owe what their shops' sales and invoices say"),
}

_CLEARED = """
    select 'order ' || a.owner_id from ledger_account a where a.code = '2100' and a.balance <> 0
"""
_EARNED = """
    with line as (
        select 'creator' as kind, creator as owner, currency, amount_minor - reversed_minor as amount from commission
        union all select 'brand', brand, currency, brand_minor - brand_reversed_minor from commission
        union all select 'creator', creator, currency, amount_minor - reversed_minor from shop_commission
        union all select 'creator', creator, currency, extra_minor + extra_vat_minor from tier_month
        union all select 'brand', brand, currency, -extra_minor - extra_vat_minor from tier_month
        union all select 'creator', creator, currency, net_minor + vat_minor from bonus where status = 'booked'
        union all select 'brand', brand, currency, -net_minor - vat_minor from bonus where status = 'booked'
        union all select payee_kind, owner, currency, case kind when 'charge' then -amount_minor else amount_minor end
                  from adjustment where status = 'booked'
        union all select owner_kind, owner, from_currency, -from_minor from exchange where kind = 'payee'
        union all select owner_kind, owner, to_currency, to_minor from exchange where kind = 'payee'
        union all select 'brand', j.source_id::uuid, p.currency, case p.side when 'C' then -p.amount else p.amount end
                  from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
                  where j.kind = 'D3' and a.code = '4110'
        union all select a.owner_kind, a.owner_id::uuid, p.currency, -p.amount
                  from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
                  where j.kind = 'A1r' and a.code in ('2111', '2121')
    ), earned as (
        select kind, owner, currency, sum(amount) as amount from line where owner is not null group by 1, 2, 3
    ), paid as (
        select coalesce(p.creator, p.brand) as owner, i.currency,
               sum(i.amount_minor + i.withheld_minor) - coalesce(sum((
                   select sum(q.amount) from journal j join posting q on q.journal = j.id join ledger_account s on s.id = q.account
                   where j.kind in ('P4', 'W1x') and j.memo = i.id::text and s.code in ('1110', '2160')
               )), 0) as amount
        from payout_item i join payee p on p.id = i.payee where i.status = 'sent' group by 1, 2
    ), has as (
        select owner_kind as kind, owner_id::uuid as owner, currency,
               sum(case normal when 'C' then balance else -balance end) as amount
        from ledger_account where owner_kind in ('creator', 'brand') and code not in ('1205', '1220', '2181', '2300') group by 1, 2, 3
    )
    select coalesce(has.kind, earned.kind) || ' ' || coalesce(has.owner, earned.owner)
    from earned full join has using (kind, owner, currency) left join paid using (owner, currency)
    where coalesce(has.amount, 0) <> coalesce(earned.amount, 0) - coalesce(paid.amount, 0)
"""
_SENT_ONCE = """
    select 'item ' || i.id from payout_item i
    where (i.status = 'sent') <> (i.transfer_id is not null)
       or (i.status = 'sent') <> exists (select 1 from journal j where j.idempotency_key = 'sent:' || i.id)
    union all
    select 'transfer ' || j.source_id from journal j left join payout_item i on i.transfer_id = j.source_id
    where j.kind = 'P2' and i.id is null
      and not exists (select 1 from journal d where d.source_id = j.source_id and d.source_kind = 'difference' and d.kind = 'A2')
"""
_REFUNDED = """
    select 'order ' || a.owner_id from ledger_account a
    where a.code = '2170' and a.balance <> 0 and not exists (
        select 1 from refund r where r."order" = a.owner_id::uuid and r.status not in ('succeeded', 'failed')
    )
    union all
    select 'order ' || a.owner_id from ledger_account a
    where a.code = '1230' and a.balance <> 0 and not exists (
        select 1 from dispute d where d."order" = a.owner_id::uuid and d.closed_at is null
    )
"""
_LIQUID = """
    with latest as (
        select distinct on (from_currency) from_currency, to_currency, to_minor::numeric / from_minor as rate
        from exchange where kind = 'settled' order by from_currency, at desc, id
    )
    select coalesce(l.to_currency, a.currency) from ledger_account a left join latest l on l.from_currency = a.currency
    where a.code in ('1100', '1110', '1130', '1140', '8000', '2111', '2113', '2121', '2122') group by 1
    having round(sum(case when a.code like '2%' then -a.balance else a.balance end * coalesce(l.rate, 1))) < 0
"""
_SHOPS = """
    with due as (
        select '1205' as code, brand, currency, sum(amount_minor - reversed_minor + fee_minor - fee_reversed_minor) as amount
        from shop_commission where invoice is null group by 2, 3
        union all
        select '2300', brand, currency, sum(fee_minor - fee_reversed_minor) from shop_commission where invoice is null group by 2, 3
        union all
        select '1220', brand, currency, sum(total_minor - credited_minor - paid_minor) from brand_invoice group by 2, 3
    ), has as (
        select code, owner_id::uuid as brand, currency, balance as amount from ledger_account where code in ('1205', '2300', '1220')
    )
    select 'brand ' || brand || ' ' || code from due full join has using (code, brand, currency)
    where coalesce(due.amount, 0) <> coalesce(has.amount, 0)
"""
_MEMO = """
    with sent as (
        select i.payee, i.currency, sum(i.amount_minor) - coalesce(sum((
            select sum(q.amount) from journal j join posting q on q.journal = j.id join ledger_account s on s.id = q.account
            where j.kind = 'P4' and j.memo = i.id::text and s.code = '1110'
        )), 0) as amount
        from payout_item i where i.status = 'sent' group by 1, 2
    ), followed as (
        select owner_id::uuid as payee, currency, sum(balance) as amount from ledger_account where code in ('M1', 'M2', 'M3') group by 1, 2
    )
    select 'payee ' || payee from sent full join followed using (payee, currency) where coalesce(sent.amount, 0) <> coalesce(followed.amount, 0)
"""
_CLOSED = """
    select 'journal ' || j.id from period p join journal j on j.period = p.id
    where p.status = 'closed' and j.booked_at > p.closed_at
"""


async def check() -> list[Proof]:
    """I4 to I8 and I11 to I13, from our own rows; see `proofs.verify` for I1, I2 and I9 and `stripe_agrees` for I3."""
    return [
        await _proof("I4", _CLEARED),
        await _proof("I5", _EARNED),
        await _proof("I6", _SENT_ONCE),
        await _proof("I7", _REFUNDED),
        await _proof("I8", _LIQUID),
        await _proof("I11", _CLOSED),
        await _proof("I12", _MEMO),
        await _proof("I13", _SHOPS),
    ]


async def stripe_agrees() -> Proof:
    """I3: what Stripe says it holds is what 1100 + 1110 + 1120 say. Asks Stripe; raises its errors."""
    held = await stripe_gateway.balance()
    theirs: dict[str, int] = {}
    for part in (*held.available, *held.pending, *held.reserved):
        theirs[part.currency] = theirs.get(part.currency, 0) + part.minor
    async with DB.connection() as connection:
        rows = await connection.fetch(
            "select currency, sum(balance)::bigint as minor from ledger_account where code in ('1100', '1110', '1120') group by 1"
        )
    ours = {row["currency"]: row["minor"] for row in rows}
    off = {currency: theirs.get(currency, 0) - ours.get(currency, 0) for currency in theirs | ours}
    differing = [
        f"{currency} {_plain(off, currency)}: Stripe {_plain(theirs, currency)}, ledger {_plain(ours, currency)}"
        for currency in sorted(off)
        if off[currency]
    ]
    return Proof("I3", not differing, tuple(differing))


def _plain(amounts: dict[str, int], currency: str) -> str:
    return str(Money(amounts.get(currency, 0), currency).decimal())


async def _proof(code: str, query: str) -> Proof:
    async with DB.connection() as connection:
        rows = await connection.fetch(f"select * from ({query}) as broken (offender) limit 5", timeout=600)  # noqa: S608  # constants above
    return Proof(code, not rows, tuple(row["offender"] for row in rows))
