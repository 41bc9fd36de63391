"""Matching the mirror of Stripe with the ledger, and the differences that people resolve (docs/money.md, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from payouts.tables import ExceptionStatus, Match, MirrorTransaction, ReconciliationException

CODES = {
    "E01": _("In Stripe, not in the ledger"),
    "E02": _("In the ledger, not in Stripe"),
    "E03": _("The amounts differ"),
    "E04": _("The currencies differ"),
    "E05": _("Stripe's fee differs"),
    "E07": _("A transfer that no run asked for"),
    "E08": _("A transfer whose outcome nobody knows"),
    "E09": _("A payout that has not reached the bank"),
    "E10": _("A line of the bank that no payout explains"),
    "E11": _("A payout that the bank sent back"),
    "E12": _("Made at Stripe's own pages, not by Fanfare"),
    "E13": _("A kind of movement that Fanfare does not know"),
    "E15": _("Stripe keeps or frees a reserve"),
    "E20": _("The chain of hashes is broken"),
}


class ReasonMissing(InvalidField):
    """A difference is resolved with a reason."""

    code = "reason_missing"
    message = _("Please write why this difference is resolved.")
    field = "resolution"


@dataclass(frozen=True)
class Reconciled:
    """What one reconciliation has found: newly matched and newly differing, and what is open in all."""

    matched: int
    found: int
    resolved: int
    open: int


# Per source and leg: what the mirror says came or went, what the ledger booked on 1100 + 1110 + 1120, and how they compare.
_COMPARE = """
    create temp table comparison on commit drop as
    with theirs as (
        select source_id, category as leg, min(currency) as currency, sum(net_minor)::bigint as net, sum(fee_minor)::bigint as fee,
               min(id) as transaction
        from mirror_transaction group by 1, 2
    ), ours as (
        select j.source_id,
               case j.kind when 'T1' then 'charge' when 'S3' then 'charge' when 'T1f' then 'charge' when 'R2' then 'refund' when 'R2x' then 'refund_failure'
                           when 'P2' then 'transfer' when 'P4' then 'transfer_reversal' when 'D1' then 'dispute' when 'D2w' then 'dispute_reversal'
                           else j.kind end as leg,
               min(p.currency) as currency, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as net,
               min(j.id) as journal, min(j.booked_at) as booked_at
        from journal j join posting p on p.journal = j.id join ledger_account a on a.id = p.account
        where j.kind in ('T1', 'S3', 'T1f', 'R2', 'R2x', 'P2', 'P4', 'D1', 'D2w') and a.code in ('1100', '1110', '1120')
        group by 1, 2
        union all
        select j.source_id, m.category, m.currency, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint, min(j.id), min(j.booked_at)
        from journal j join mirror_transaction m on j.idempotency_key = 'bank:' || m.id
        join posting p on p.journal = j.id join ledger_account a on a.id = p.account
        where j.kind = 'B1' and a.code = '1110' group by 1, 2, 3
    )
    select coalesce(theirs.source_id, ours.source_id) as source_id, coalesce(theirs.leg, ours.leg) as leg,
           coalesce(theirs.currency, ours.currency) as currency, theirs.transaction, ours.journal, theirs.net as their_net, ours.net as our_net,
           case
               when ours.journal is not null and theirs.transaction is not null and theirs.currency <> ours.currency then 'E04'
               when theirs.net = ours.net then 'ok'
               when theirs.transaction is null then case when ours.booked_at < $1 then 'E02' else 'wait' end
               when ours.journal is not null and abs(ours.net - theirs.net) = theirs.fee and theirs.fee <> 0 then 'E05'
               when ours.journal is not null then 'E03'
               when theirs.leg like '%reserve%' then 'E15'
               when theirs.leg in ('other_adjustment', 'adjustment') then 'E12'
               when theirs.leg not in ('charge', 'refund', 'refund_failure', 'transfer', 'transfer_reversal', 'payout', 'payout_reversal',
                                       'topup', 'topup_reversal', 'dispute', 'dispute_reversal') then 'E13'
               when theirs.leg = 'transfer' then 'E07'
               when theirs.leg = 'refund' and not exists (select 1 from refund r where r.stripe_refund_id = theirs.source_id) then 'E12'
               else 'E01'
           end as verdict
    from theirs full join ours on ours.source_id = theirs.source_id and ours.leg = theirs.leg
"""
_MATCH = """
    insert into match (id, transaction, journal, leg, amount_minor, matched_at)
    select gen_random_uuid(), m.id, c.journal, left(c.leg, 20), m.net_minor, $1
    from comparison c join mirror_transaction m on m.source_id = c.source_id and m.category = c.leg
    where c.verdict = 'ok' on conflict (transaction) do nothing
"""
_EXCEPT = """
    insert into reconciliation_exception
        (id, code, status, transaction, journal, source_id, amount_minor, currency, finding, found_at, resolution)
    select gen_random_uuid(), c.verdict, 'open', c.transaction, c.journal, c.source_id, coalesce(c.our_net, 0) - coalesce(c.their_net, 0),
           c.currency, c.leg, $1, ''
    from comparison c
    where c.verdict like 'E%' and not exists (
        select 1 from reconciliation_exception e
        where e.code = c.verdict and e.source_id = c.source_id and e.currency = c.currency and e.finding = c.leg
        and (e.status = 'open' or (e.resolved_by is not null and e.amount_minor = coalesce(c.our_net, 0) - coalesce(c.their_net, 0)))
    )
    on conflict do nothing
"""
_HEAL = """
    update reconciliation_exception e set status = 'resolved', resolved_at = $1, resolution = 'matched'
    where e.status = 'open' and e.code in ('E01', 'E02', 'E03', 'E04', 'E05', 'E07', 'E12', 'E13', 'E15') and not exists (
        select 1 from comparison c where c.source_id = e.source_id and c.leg = e.finding and c.verdict = e.code
    )
"""


async def reconcile() -> Reconciled:
    """Compare all of the mirror with the ledger, store the matches and the differences; nothing is stored twice.

    A difference that has gone since is resolved by itself; one that a person resolved comes back only with another amount.
    Ledger entries younger than the mirror's last reading are left waiting.
    """
    now = clock.now()
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('reconcile', 0))")
        read_at = await connection.fetchval("select synced_at from mirror_cursor where name = 'stripe'")
        await connection.execute("drop table if exists comparison; set local work_mem = '128MB'")
        # A utility statement takes no parameters of its own: the moment goes in as a literal made by the driver's type.
        await connection.execute(
            _COMPARE.replace("$1", f"'{read_at.isoformat()}'::timestamptz" if read_at else "null::timestamptz")
        )
        await connection.execute("analyze comparison")
        matched = _count(await connection.execute(_MATCH, now))
        found = _count(await connection.execute(_EXCEPT, now))
        resolved = _count(await connection.execute(_HEAL, now))
        open_now = await connection.fetchval("select count(*) from reconciliation_exception where status = 'open'")
    return Reconciled(matched=matched, found=found, resolved=resolved, open=open_now)


async def resolve(*, exception_id: UUID, resolution: str, by: Principal) -> None:
    """A person explains a difference. Raises `ReasonMissing`, `NotFound`, `WrongState` when it was resolved already."""
    if not resolution.strip():
        raise ReasonMissing
    async with DB.transaction():
        moved = (
            await ReconciliationException.update(
                {
                    ReconciliationException.status: ExceptionStatus.RESOLVED,
                    ReconciliationException.resolution: resolution.strip(),
                    ReconciliationException.resolved_at: clock.now(),
                    ReconciliationException.resolved_by: by.id,
                }
            )
            .where((ReconciliationException.id == exception_id) & (ReconciliationException.status == ExceptionStatus.OPEN))
            .returning(ReconciliationException.code, ReconciliationException.amount_minor)
        )
        if not moved:
            if not await ReconciliationException.exists().where(ReconciliationException.id == exception_id):
                raise NotFound
            raise WrongState
        await audit.record(
            by=by,
            action="difference.resolved",
            kind="reconciliation_exception",
            id=exception_id,
            resolution=resolution.strip(),
            **moved[0],
        )


@dataclass(frozen=True)
class Coverage:
    """How much of the mirror is matched."""

    movements: int
    matched: int

    @property
    def basis_points(self) -> int:
        return 10_000 if not self.movements else self.matched * 10_000 // self.movements


async def coverage() -> Coverage:
    """How many movements the mirror has, and how many have their journal."""
    return Coverage(await MirrorTransaction.count(), await Match.count())


def _count(status: str) -> int:
    return int(status.rsplit(maxsplit=1)[-1])


async def open_count() -> int:
    """How many differences nobody has resolved."""
    count: int = await ReconciliationException.count().where(ReconciliationException.status == ExceptionStatus.OPEN)
    return count
