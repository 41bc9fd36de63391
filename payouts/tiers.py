"""The higher tiers: what a month's released net sales add to the first tier's rate, always for the sales that remain (chapter 13)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from foundation.database import DB
from foundation.money import Money
from payouts import chart, ledger, pricing, purses
from payouts.commission_rules import extra_of
from payouts.commission_tables import TierMonth
from payouts.exports import BOOKS_ZONE
from payouts.ledger import Entry, Source
from payouts.rule_book import tiers_from
from payouts.tables import Commission


async def moved(row: Commission, change: Money, drawer: purses.Drawer, *, after: Entry) -> list[Entry]:
    """T5: released net sales of a commission in tiers have changed by `change`; the extra of its month follows.

    Its payees are locked. Nothing for commissions that are not in tiers.
    """
    snapshot = pricing.frozen(row.snapshot)
    tiers = tiers_from(snapshot["tiers"]) if snapshot.get("tiers") else ()
    if not tiers or not change.minor or row.plan is None:
        return []
    ladder = await _ladder(row, snapshot["promise_bp"])
    ladder.base_minor += change.minor
    extra = Money(extra_of(ladder.base_minor, tiers), row.currency)
    vat = extra.share(ladder.vat_bp)
    difference = extra + vat - Money(ladder.extra_minor + ladder.extra_vat_minor, row.currency)
    ladder.extra_minor, ladder.extra_vat_minor = extra.minor, vat.minor
    await ladder.save()
    return await _booked(row, ladder, difference, drawer, after) if difference.minor else []


def month_of(moment: datetime) -> str:
    """The month of the books, `2026-11`."""
    return f"{moment.astimezone(BOOKS_ZONE):%Y-%m}"


async def _ladder(row: Commission, promise_bp: int) -> TierMonth:
    """The month's ladder of this creator, brand and version; made with the VAT of its first commission."""
    async with DB.connection() as connection:
        await connection.execute(
            """
            insert into tier_month (id, creator, brand, rule, promise_bp, month, currency, vat_bp, base_minor, extra_minor, extra_vat_minor)
            values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0) on conflict do nothing
            """,
            uuid4(),
            row.creator,
            row.brand,
            row.plan,
            promise_bp,
            month_of(row.hold_until),
            row.currency,
            row.commission_vat_bp,
        )
    ladder = (
        await TierMonth.objects()
        .where(
            (TierMonth.creator == row.creator)
            & (TierMonth.brand == row.brand)
            & (TierMonth.rule == row.plan)
            & (TierMonth.promise_bp == promise_bp)
            & (TierMonth.month == month_of(row.hold_until))
        )
        .lock_rows("UPDATE")
        .first()
    )
    if ladder is None:
        raise LookupError("a ladder that was just made")
    return ladder


async def _booked(row: Commission, ladder: TierMonth, difference: Money, drawer: purses.Drawer, after: Entry) -> list[Entry]:
    brand, creator = chart.purse("brand", row.brand), chart.purse("creator", row.creator)
    entry = Entry(
        key=f"tier:{sha256(f'{after.key} {row.id}'.encode()).hexdigest()[:40]}",
        kind="T5",
        event_at=after.event_at,
        source=Source(kind="tier_month", id=str(ladder.id)),
        lines=ledger.folded([*await drawer.take(brand, difference), *await drawer.give(creator, difference)]),
        rule_version=row.rule_version,
        memo=ladder.month,
    )
    return [entry] + [netting for purse in (brand, creator) for netting in await drawer.net(purse, row.currency, after=entry)]
