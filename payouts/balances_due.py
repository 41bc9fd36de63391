"""Everybody who has something available, with all that decides whether they are paid now: one statement, read by `simulation`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation.database import DB
from payouts import bank_sharing, dac7_sellers, withholding

LONGEST = 600
"""Seconds that it may take over all payees."""

_BALANCES = f"""
    with who as (
        select id, kind, coalesce(creator, brand) as owner, name, stripe_account_id, payable, requirements, bank_changed_at, {bank_sharing.WAITS.format("payee")} as shared_bank from payee
    ), banned as materialized (
        select distinct person from sanction where kind = 'ban' and place = '' and lifted_at is null and (until is null or until > $2)
    ), item as materialized (
        select payee, bool_or(status in ('locked', 'sending', 'unknown')) as busy, max(created) filter (where status = 'sent') as last_paid,
               max(amount_minor) filter (where status = 'sent' and place <= 6) as usual
        from (
            select i.payee, i.status, i.amount_minor, r.created_at as created,
                   row_number() over (partition by i.payee, i.status = 'sent' order by r.created_at desc) as place
            from payout_item i join payout_run r on r.id = i.run where i.currency = $1 and i.status in ('locked', 'sending', 'unknown', 'sent')
        ) each group by payee
    )
    select a.owner_kind, a.owner_id::uuid as owner, a.balance, p.id as payee, p.stripe_account_id, coalesce(p.payable, false) as payable,
           p.requirements, p.bank_changed_at, coalesce(p.shared_bank, false) as shared_bank, coalesce(p.name, c.display_name, b.name) as name, n.person is not null as banned,
           {dac7_sellers.WAITS.format(kind="a.owner_kind", owner="a.owner_id::uuid", now="$2::timestamptz")} as silent,
           coalesce(i.busy, false) as busy, i.last_paid, coalesce(i.usual, 0) as usual,
           s.schedule, s.minimum_minor, s.asked_at, s.changed_at, {withholding.COLUMNS}
    from ledger_account a
    left join creator c on a.owner_kind = 'creator' and c.id = a.owner_id::uuid
    {withholding.JOINS}
    left join brand b on a.owner_kind = 'brand' and b.id = a.owner_id::uuid
    left join who p on p.kind = a.owner_kind and p.owner = a.owner_id::uuid
    left join payout_plan s on s.kind = a.owner_kind and s.owner = a.owner_id::uuid
    left join banned n on n.person = c.person
    left join item i on i.payee = p.id
    where a.code in ('2111', '2121') and a.currency = $1 and a.balance > 0
    order by a.balance desc, a.id
"""  # noqa: S608  # constants of bank_sharing and withholding


async def read(currency: str, now: datetime) -> list[Any]:
    """The rows, the largest balance first."""
    async with DB.connection() as connection:
        return list(await connection.fetch(_BALANCES, currency, now, timeout=LONGEST))
