"""Matching the mirror of Stripe with the ledger, line by line, and what does not agree (docs/money.md, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, WrongState
from foundation.i18n import _
from payouts.tables import ExceptionStatus, MirrorCursor, MirrorTransaction, MovementMatch, ReconciliationException

CODES = {
    "E01": _("In Stripe, not in the ledger"),
    "E02": _("In the ledger, not in Stripe"),
    "E03": _("The amounts differ"),
    "E04": _("The currencies differ"),
    "E05": _("Stripe's fee differs"),
    "E06": _("A second charge for one order"),
    "E07": _("A transfer that no run asked for"),
    "E08": _("A transfer whose outcome nobody knows"),
    "E09": _("A payout that has not reached the bank"),
    "E10": _("A line of the bank that no payout explains"),
    "E11": _("A payout that the bank sent back"),
    "E12": _("Made at Stripe's own pages, not by Fanfare"),
    "E13": _("A kind of movement that Fanfare does not know"),
    "E14": _("A payee's Stripe balance is below zero"),
    "E15": _("Stripe keeps or frees a reserve"),
    "E16": _("Late facts change a closed month"),
    "E17": _("A brand has paid too much, or not yet"),
    "E18": _("Commission that cannot be documented"),
    "E19": _("An unusual exchange rate"),
    "E20": _("The chain of hashes is broken"),
}
COMPARED: Final = ("E01", "E02", "E03", "E04", "E05", "E06", "E07", "E12", "E13", "E15")
"""Codes that the comparison of movements finds and heals."""

OVERLAP: Final = timedelta(hours=1)
"""What was written so long before the last look is looked at once more: its transaction may have ended after it."""

WHOLE: Final = timedelta(days=1)
"""Once a day everything is compared, not only what is new."""


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


_LEGS: Final = {
    "T1": "charge",
    "S3": "charge",
    "T1f": "charge",
    "R2": "refund",
    "R2x": "refund_failure",
    "P2": "transfer",
    "P4": "transfer_reversal",
    "D1": "dispute",
    "D2w": "dispute_reversal",
}
"""What Stripe calls what journals of these kinds book. Of B1 it depends on source and side, of F1 on what was exchanged."""
_KINDS: Final = "('T1', 'S3', 'T1f', 'R2', 'R2x', 'P2', 'P4', 'D1', 'D2w', 'B1', 'F1')"
_PLAIN: Final = {leg: number for number, leg in enumerate(dict.fromkeys(_LEGS.values()), 1)}
_PLAIN_LEG: Final = "case j.kind " + " ".join(f"when '{kind}' then {_PLAIN[leg]}" for kind, leg in _LEGS.items()) + " else 0 end"
_CATEGORY: Final = "case category " + " ".join(f"when '{leg}' then {number}" for leg, number in _PLAIN.items()) + " else -1 end"
# Everything at once. The usual source has one line in the mirror, and in the ledger one leg in one currency with the same sum: it is matched here, in one pass over both sides
# together, which groups by nothing but the source. All other sources are compared below like those that have changed. Sorted, so that the index grows at its end only.
_WHOLE: Final = f"""
    with sides as (
        select source_id, net_minor as net, {_CATEGORY} as leg, currency, number as movement, null::bigint as journal from mirror_transaction
        union all
        select j.source_id, case p.side when 'D' then -p.amount else p.amount end, {_PLAIN_LEG}, p.currency, null, j.id
        from posting p join journal j on j.id = p.journal where p.account = any({{accounts}}) and j.kind in {_KINDS}
    ), compared as materialized (
        select case when fits then null else source_id end as source_id, case when fits then movement end as movement, journal from (
            select source_id, max(movement) as movement, min(journal) as journal,
                   ledger_sum(net) = 0 and count(movement) = 1 and min(journal) is not null
                   and min(leg) = max(leg) and min(leg) > 0 and min(currency) = max(currency) as fits
            from sides group by source_id
        ) both_sides
    ), others as (
        insert into touched select source_id from compared where source_id is not null
    )
    insert into movement_match (movement, journal, matched_at) select found.movement, found.journal, {{now}} from compared found
    where found.movement is not null and not exists (select 1 from movement_match known where known.movement = found.movement)
    order by found.movement
"""  # noqa: S608  # constants above
# The sources that may have changed since the last look: what is new on either side, and what is open.
_TOUCHED: Final = """
    insert into touched
    select source_id from mirror_transaction where mirrored_at >= {since}
    union select source_id from journal where kind in {kinds} and id > coalesce((
        select id from journal where booked_at < {since} order by id desc limit 1
    ), 0)
    union select source_id from reconciliation_exception where status = 'open' and code = any({compared})
"""
# Per touched source, leg and currency: what the mirror says came or went, and what the ledger booked on 1100 + 1110 + 1120.
_COMPARE: Final = """
    create temp table comparison on commit drop as
    with theirs as (
        select source_id, category as leg, currency, sum(net_minor)::bigint as net, sum(fee_minor)::bigint as fee, min(id) as transaction,
               min(number) as movement, count(*) as lines
        from mirror_transaction where source_id in (select source_id from touched) group by 1, 2, 3
    ), ours as (
        select j.source_id,
               case j.kind {legs} when 'F1' then j.memo
                           else case when j.source_id like 'tu%' then case p.side when 'D' then 'topup' else 'topup_reversal' end
                                     else case p.side when 'C' then 'payout' else 'payout_reversal' end end
               end as leg,
               p.currency, sum(case p.side when 'D' then p.amount else -p.amount end)::bigint as net, min(j.id) as journal,
               min(j.booked_at) as booked_at
        from posting p join journal j on j.id = p.journal
        where p.account = any({accounts}) and j.kind in {kinds} and j.source_id in (select source_id from touched) group by 1, 2, 3
    )
    select coalesce(theirs.source_id, ours.source_id) as source_id, coalesce(theirs.leg, ours.leg) as leg,
           coalesce(theirs.currency, ours.currency) as currency, theirs.transaction, theirs.movement, theirs.lines, theirs.fee, ours.journal, ours.booked_at,
           theirs.net as their_net, ours.net as our_net
    from theirs full join ours on ours.source_id = theirs.source_id and ours.leg = theirs.leg and ours.currency = theirs.currency
"""
# One line in the mirror is the usual case, and its group knows the line already. Nobody else writes here while the lock is held.
_MATCH: Final = """
    insert into movement_match (movement, journal, matched_at)
    select found.movement, found.journal, $1::timestamptz from (
        select movement, journal from comparison where their_net = our_net and lines = 1
        union all
        select m.number, c.journal from comparison c
        join mirror_transaction m on m.source_id = c.source_id and m.category = c.leg and m.currency = c.currency
        where c.their_net = c.our_net and c.lines > 1
    ) found
    where not exists (select 1 from movement_match known where known.movement = found.movement) order by 1
"""
_ODD: Final = """
    create temp table odd on commit drop as
    with odds as (
        select * from comparison where their_net is distinct from our_net and (transaction is not null or our_net <> 0)
    )
    select c.source_id, c.leg, c.currency, c.transaction, coalesce(c.journal, other.journal) as journal,
           coalesce(c.our_net, 0) - coalesce(c.their_net, 0) as amount,
           case
               when other.journal is not null then 'E04'
               when c.transaction is null then 'E02'
               when c.journal is not null and abs(c.our_net - c.their_net) = c.fee and c.fee <> 0 then 'E05'
               when c.journal is not null then 'E03'
               when c.leg like '%reserve%' then 'E15'
               when c.leg in ('other_adjustment', 'adjustment') then 'E12'
               when c.leg not in ('charge', 'refund', 'refund_failure', 'transfer', 'transfer_reversal', 'payout', 'payout_reversal',
                                  'topup', 'topup_reversal', 'dispute', 'dispute_reversal') then 'E13'
               when c.leg = 'transfer' then 'E07'
               when c.leg = 'refund' and not exists (select 1 from refund r where r.stripe_refund_id = c.source_id) then 'E12'
               else 'E01'
           end as verdict
    from odds c
    left join odds other on c.transaction is not null and c.journal is null and other.transaction is null
                        and other.source_id = c.source_id and other.leg = c.leg
    where c.transaction is not null or (c.booked_at < {read_at} and not exists (
        select 1 from odds theirs where theirs.transaction is not null and theirs.journal is null
        and theirs.source_id = c.source_id and theirs.leg = c.leg
    ))
"""
_SAME: Final = (
    "e.source_id = odd.source_id and e.finding = odd.leg and (e.code = odd.verdict or (e.code, odd.verdict) = ('E06', 'E01'))"
)
_EXCEPT: Final = f"""
    insert into reconciliation_exception
        (id, code, status, transaction, journal, source_id, amount_minor, currency, finding, found_at, resolution)
    select gen_random_uuid(), verdict, 'open', transaction, journal, source_id, amount, currency, leg, $1, '' from odd
    where not exists (
        select 1 from reconciliation_exception e where {_SAME} and e.currency = odd.currency
        and (e.status = 'open' or (e.resolved_by is not null and e.amount_minor = odd.amount))
    )
    on conflict do nothing
"""  # noqa: S608  # constants above
_HEAL: Final = f"""
    update reconciliation_exception e set status = 'resolved', resolved_at = $1, resolution = 'matched'
    where e.status = 'open' and e.code = any($2) and not exists (select 1 from odd where {_SAME})
"""  # noqa: S608  # constants above


async def reconcile(*, whole: bool = False) -> Reconciled:
    """Compare the mirror with the ledger, store the matches and the differences; nothing is stored twice.

    What is new since the last look is compared, once a day (or `whole`) everything. A difference that has gone since is resolved by
    itself; one that a person resolved comes back only with another amount. Ledger entries younger than the mirror's last reading wait.
    """
    now = clock.now()
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('reconcile', 0))")
        await connection.execute(
            "drop table if exists touched, comparison, odd; create temp table touched (source_id text) on commit drop;"
            " set local work_mem = '256MB'; set local jit = off"
        )
        marks = {row["name"]: row["synced_at"] for row in await connection.fetch("select name, synced_at from mirror_cursor")}
        whole = whole or marks.get("reconciled whole", now - WHOLE) <= now - WHOLE
        matched = await _compare(connection, now, None if whole else marks["reconciled"])
        matched += _count(await connection.execute(_MATCH, now, timeout=1_800))
        await connection.execute(_ODD.format(read_at=_moment(marks.get("stripe"))))
        found = _count(await connection.execute(_EXCEPT, now))
        resolved = _count(await connection.execute(_HEAL, now, list(COMPARED)))
        await _mark(connection, now, ["reconciled", *(["reconciled whole"] if whole else [])])
        open_now = await connection.fetchval("select count(*) from reconciliation_exception where status = 'open'")
    return Reconciled(matched=matched, found=found, resolved=resolved, open=open_now)


async def _compare(connection: Any, now: datetime, since: datetime | None) -> int:
    """Fill `comparison` with the sources that were touched since. Without `since` match what fits at once, and compare the rest; how many were matched.

    A utility statement takes no parameters of its own.
    """
    accounts = await connection.fetchval(
        "select coalesce(array_agg(id), '{}') from ledger_account where code in ('1100', '1110', '1120')"
    )
    ids = "'{" + ",".join(str(account) for account in accounts) + "}'::bigint[]"
    matched: int = 0
    if since is None:
        matched = await _match_whole(connection, ids, now)
    else:
        compared = "array[" + ", ".join(f"'{code}'" for code in COMPARED) + "]"
        await connection.execute(_TOUCHED.format(since=_moment(since - OVERLAP), kinds=_KINDS, compared=compared))
    await connection.execute("analyze touched")
    legs = " ".join(f"when '{kind}' then '{leg}'" for kind, leg in _LEGS.items())
    await connection.execute(_COMPARE.format(accounts=ids, kinds=_KINDS, legs=legs), timeout=1_800)
    return matched


async def _match_whole(connection: Any, accounts: str, now: datetime) -> int:
    """Match every source that fits at once, and touch the others; how many were matched. The known matches are as many as the new ones."""
    await connection.execute("set local enable_nestloop = off")
    matched = _count(await connection.execute(_WHOLE.format(accounts=accounts, now=_moment(now)), timeout=1_800))
    await connection.execute("reset enable_nestloop")
    return matched


async def _mark(connection: Any, now: datetime, names: list[str]) -> None:
    await connection.execute(
        "insert into mirror_cursor (name, position, synced_at) select name, '', $2 from unnest($1::text[]) as name"
        " on conflict (name) do update set synced_at = greatest(mirror_cursor.synced_at, excluded.synced_at)",
        names,
        now,
    )


def _moment(at: datetime | None) -> str:
    """A moment as a literal; it is one of the database's own or of our clock."""
    return f"'{at.isoformat()}'::timestamptz" if at else "null::timestamptz"


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
    return Coverage(await MirrorTransaction.count(), await MovementMatch.count())


def _count(status: str) -> int:
    return int(status.rsplit(maxsplit=1)[-1])


async def compared_at() -> datetime | None:
    """When mirror and ledger were compared last; None before the first time."""
    row = await MirrorCursor.objects().where(MirrorCursor.name == "reconciled").first()
    return row.synced_at if row else None


async def open_count() -> int:
    """How many differences nobody has resolved."""
    count: int = await ReconciliationException.count().where(ReconciliationException.status == ExceptionStatus.OPEN)
    return count
