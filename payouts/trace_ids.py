"""Where an id of the money trace leads: to lines of orders, to sales in brands' own shops, and what the id itself names.

Every id is looked up in an index; what a journal, a movement or a payout is about is found first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from foundation.database import DB
from foundation.money import Money

MOST: Final = 100
"""So many lines are shown of what an id leads to."""


@dataclass(frozen=True)
class Found:
    """What an id leads to: an order and the line of it when the id names one, or `sale_id`, a line sold in a brand's own shop."""

    order_id: UUID | None
    number: str
    line_id: UUID | None
    sale_id: UUID | None = None


@dataclass(frozen=True)
class Place:
    """What an id itself names: a payout, a line of the bank, an invoice, a document, a run, a transfer, a payment of tax.

    `words` says whose or what; `href` is its page, empty where it has none.
    """

    kind: str
    id: str
    amount: Money
    day: date
    words: str
    state: str
    href: str


@dataclass(frozen=True)
class Known:
    """Everything that an id leads to."""

    found: list[Found]
    places: list[Place]


@dataclass(frozen=True)
class Keys:
    """What is looked up: texts, ids among them, and Stripe's payouts to a bank."""

    texts: Sequence[str]
    ids: Sequence[UUID]
    payouts: Sequence[str]


ABOUT: Final = """
    select source_id from mirror_transaction where id = $1 union all select source_id from journal where id = $2
"""
PAYOUTS: Final = """
    select id from stripe_payout where id = any($1)
    union select id from stripe_payout where trace_id = any($1) and trace_id <> ''
    union select m.payout from bank_line l join bank_match m on m.line = l.id
        where (l.reference = any($1) and l.reference <> '' or l.bank_reference = any($1) and l.bank_reference <> '' or l.id = any($2))
          and m.ended_at is null and m.payout is not null
    union select m.payout from bank_match m where m.id = any($2) and m.payout is not null
    limit 20
"""
PARTS: Final = r"""
    select source_id from stripe_payout_part where payout = any($1) and source_id not like 'tr\_%' order by transaction limit 200
"""
ORDERS: Final = """
    select o.id, o.number, found.line from (
        select o.id as order_id, null::uuid as line from shop_order o where o.number = any($1) or o.id = any($2)
        union all select p."order", null from payment p where p.charge_id = any($1) or p.intent_id = any($1) or p.id = any($2)
        union all select l."order", l.id from order_line l where l.id = any($2)
        union all select k."order", k.order_line from commission k where k.id = any($2)
        union all select d."order", null from dispute d where d.stripe_dispute_id = any($1) or d.id = any($2)
        union all select v."order", null from buyer_invoice v where v.number = any($1)
        union all select v."order", null from buyer_credit_note n join buyer_invoice v on v.id = n.invoice where n.number = any($1)
        union all select r."order", null from refund r where r.stripe_refund_id = any($1) or r.id = any($2)
        union all select r."order", l.order_line from refund_line l join refund r on r.id = l.refund where l.id = any($2)
        union all (
            select k."order", k.order_line from document d join document_line x on x.document = d.id join commission k on k.id = x.source_id
            where d.number = any($1) or d.id = any($2) limit 100
        )
        union all select k."order", k.order_line from (
            (select i.id from payout_item i where i.transfer_id = any($1) or i.payment_id = any($1) or i.id = any($2))
            union (select i.id from payout_run r join payout_item i on i.run = r.id where r.number = any($1) or r.id = any($2) limit 100)
        ) i join lateral (
            (select "order", order_line from commission where creator_item = i.id limit 100)
            union (select "order", order_line from commission where brand_item = i.id limit 100)
        ) k on true
    ) found join shop_order o on o.id = found.order_id order by o.paid_at desc nulls last, found.line nulls last limit 100
"""
SALES: Final = """
    select s.id, coalesce(nullif(n.called, ''), c.shop_order) as called from (
        select id from shop_commission where id = any($2)
        union select s.id from conversion c join shop_commission s on s.conversion = c.id where c.shop_order = any($1) or c.id = any($2)
        union select s.id from shop_standing n join shop_commission s on s.conversion = n.conversion where n.called = any($1)
        union (select s.id from brand_invoice v join shop_commission s on s.invoice = v.id where v.number = any($1) or v.id = any($2) limit 100)
        union (select s.id from brand_payment w join shop_commission s on s.invoice = w.invoice
               where w.charge_id = any($1) or w.intent_id = any($1) or w.id = any($2) limit 100)
        union (select s.id from document d join document_line x on x.document = d.id join shop_commission s on s.id = x.source_id
               where d.number = any($1) or d.id = any($2) limit 100)
    ) found join shop_commission s on s.id = found.id join conversion c on c.id = s.conversion
    left join shop_standing n on n.conversion = c.id order by s.accepted_at desc, s.id limit 100
"""
PLACES: Final = """
    select case when y.account = '' then 'payout' else 'payee_payout' end as kind, y.id, y.amount_minor as amount, y.currency, y.arrives_on as day,
           concat_ws(' · ', p.name, nullif(y.trace_id, '')) as words, y.status as state, case when y.account = '' then '/finance/bank' else '' end as href
    from stripe_payout y left join payee p on p.stripe_account_id = y.account where y.id = any($3)
    union all
    select 'bank_line', coalesce(nullif(l.bank_reference, ''), nullif(l.reference, ''), l.id::text), l.amount_minor, l.currency, l.booked_on, l.text,
           case when exists (select 1 from bank_match m where m.line = l.id and m.ended_at is null) then 'matched' else 'unmatched' end,
           '/finance/bank/statements/' || l.statement
    from bank_line l
    where l.id in (select m.line from bank_match m where m.payout = any($3) and m.ended_at is null
                   union select m.line from tax_payment t join bank_match m on m.tax_payment = t.id where t.reference = any($1) and m.ended_at is null
                   union select b.id from bank_line b where b.reference = any($1) and b.reference <> ''
                   union select b.id from bank_line b where b.bank_reference = any($1) and b.bank_reference <> ''
                   union select b.id from bank_line b where b.id = any($2))
    union all
    select 'tax_payment', t.reference, t.amount_minor, t.currency, t.paid_on, '', t.status, '/finance/tax' from tax_payment t
    where t.reference = any($1) or t.id = any($2)
    union all
    select 'brand_invoice', v.number, v.total_minor, v.currency, v.issued_at::date, b.name, v.status, '/finance/invoices/' || v.number
    from brand_invoice v join brand b on b.id = v.brand
    where v.id in (select x.id from brand_invoice x where x.number = any($1) or x.id = any($2)
                   union select w.invoice from brand_payment w where w.charge_id = any($1) or w.intent_id = any($1) or w.id = any($2))
    union all
    select 'document', d.number, (d.net_minor + d.vat_minor) * case when d.type_code in ('381', '261') then -1 else 1 end, d.currency,
           d.issued_at::date, concat_ws(' → ', d.content::jsonb -> 'seller' ->> 'name', d.content::jsonb -> 'buyer' ->> 'name'), d.kind,
           '/finance/documents/' || d.id
    from document d where d.number = any($1) or d.id = any($2)
    union all
    select 'run', r.number, (select coalesce(sum(i.amount_minor), 0)::bigint from payout_item i where i.run = r.id), r.currency, r.created_at::date,
           '', r.status, '/finance/runs/' || r.number
    from payout_run r where r.number = any($1) or r.id = any($2)
    union all
    select 'transfer', i.transfer_id, i.amount_minor, i.currency, coalesce(i.settled_at, r.created_at)::date, p.name, i.status, '/finance/runs/' || r.number
    from payout_item i join payout_run r on r.id = i.run join payee p on p.id = i.payee
    where i.transfer_id is not null and (i.transfer_id = any($1) or i.payment_id = any($1) or i.id = any($2))
    limit 40
"""
_JOURNAL: Final = re.compile(r"J-(\d{1,18})", re.IGNORECASE)


async def find(text: str) -> Known:
    """Where an id leads.

    Orders: number, id, line, `ch_`, `pi_`, `re_`, `du_`, invoice, credit note, commission. Payouts: `tr_`, `py_`, `po_`, run, item. The
    bank: end-to-end id, the bank's own reference, Stripe's trace id. Papers: numbers of brands' invoices and of documents. Shops: the
    shop's order number or name, sale. And `txn_`, references of tax payments, journals such as `J-12`.
    """
    wanted = text.strip()[:80]
    if not wanted:
        return Known([], [])
    keys, parts = await _keys(wanted)
    within = [*keys.texts, *parts]
    seen: dict[tuple[UUID | None, UUID | None, UUID | None], Found] = {}
    for row in await _all(ORDERS, within, keys.ids):
        seen.setdefault((row["id"], row["line"], None), Found(row["id"], row["number"], row["line"]))
    for row in await _all(SALES, within, keys.ids):
        seen.setdefault((None, None, row["id"]), Found(None, row["called"], None, row["id"]))
    places = [
        Place(row["kind"], row["id"], Money(row["amount"], row["currency"]), row["day"], row["words"], row["state"], row["href"])
        for row in await _all(PLACES, keys.texts, keys.ids, keys.payouts)
    ]
    return Known(list(seen.values())[:MOST], places)


async def _keys(wanted: str) -> tuple[Keys, list[str]]:
    """What is looked up for an id, and the movements of the payouts that it leads to."""
    journal = _JOURNAL.fullmatch(wanted)
    about = await _all(ABOUT, wanted, int(journal[1]) if journal else None)
    texts = list(dict.fromkeys([wanted, wanted.upper(), *(row["source_id"] for row in about)]))
    ids = [id_ for each in texts if (id_ := _uuid(each)) is not None]
    payouts = [row["id"] for row in await _all(PAYOUTS, texts, ids)]
    parts = [row["source_id"] for row in await _all(PARTS, payouts)] if payouts else []
    return Keys(texts, ids, payouts), parts


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _all(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
