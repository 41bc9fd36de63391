"""Lines of their own: the fixed fee of a show and a brand's bonuses, booked as soon as the brand has the money (chapter 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from creators.tables import Collaboration
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, WrongState
from foundation.i18n import _
from foundation.money import Money
from payouts import chart, holds, ledger, purses, rule_book, vat_parties
from payouts.chart import Code
from payouts.commission_tables import Bonus, BonusKind, BonusStatus
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import PayeeKind


class BonusSettled(WrongState):
    """It is booked or cancelled already."""

    code = "bonus_settled"
    message = _("This bonus is booked or cancelled already.")


@dataclass(frozen=True)
class BonusShown:
    """A bonus with its names; `amount` with VAT is what the creator gets."""

    id: UUID
    kind: BonusKind
    brand: str
    creator: str
    show: str
    reason: str
    amount: Money
    vat: Money
    status: BonusStatus
    made_at: datetime
    booked_at: datetime | None
    journal_id: int | None


async def owe_fixed_fee(*, show_id: UUID) -> None:
    """A show that went on air and ended earns the fixed fee of the latest terms, once however often this is called."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            """
            select s.brand, s.creator, s.title, s.ended_at, t.fee_minor, t.currency from show s
            join lateral (select * from terms where collaboration = s.collaboration and frozen_at <= s.went_live_at
                          order by version desc limit 1) t on true
            where s.id = $1 and s.went_live_at is not null and s.ended_at is not null and t.fee_minor > 0
            """,
            show_id,
        )
    if row is not None:
        async with DB.transaction():
            await _add(
                kind=BonusKind.FIXED_FEE,
                brand_id=row["brand"],
                creator_id=row["creator"],
                show_id=show_id,
                net=Money(row["fee_minor"], row["currency"]),
                reason=row["title"],
                client_key=show_id,
                by=None,
            )
    await book_due()


async def promise(*, brand_id: UUID, creator_id: UUID, net: Money, reason: str, client_key: UUID, by: Principal) -> None:
    """A brand promises a creator whom it works with a bonus before VAT; the same `client_key` again is the same bonus. Raises `NotFound`."""
    async with DB.transaction():
        await rule_book.demand_member(brand_id, by)
        together = (Collaboration.brand == brand_id) & (Collaboration.creator == creator_id)
        if not await Collaboration.exists().where(together):
            raise NotFound
        await _add(
            kind=BonusKind.BONUS,
            brand_id=brand_id,
            creator_id=creator_id,
            show_id=None,
            net=net,
            reason=reason,
            client_key=client_key,
            by=by,
        )
    await book_due()


async def cancel(*, bonus_id: UUID, brand_id: UUID, by: Principal) -> None:
    """A brand takes a bonus back that still waits; a fixed fee was agreed and stays. Raises `NotFound`, `BonusSettled`."""
    async with DB.transaction():
        await rule_book.demand_member(brand_id, by)
        mine = (Bonus.id == bonus_id) & (Bonus.brand == brand_id) & (Bonus.kind == BonusKind.BONUS)
        if not await Bonus.exists().where(mine):
            raise NotFound
        moved = (
            await Bonus.update({Bonus.status: BonusStatus.CANCELLED})
            .where(mine & (Bonus.status == BonusStatus.WAITING))
            .returning(Bonus.id)
        )
        if not moved:
            raise BonusSettled
        await audit.record(by=by, action="bonus.cancelled", kind="bonus", id=bonus_id)


async def book_due() -> int:
    """Book what waits where the brand has the money, the oldest first (T6); return how many. Safe to run twice at once."""
    async with DB.connection() as connection:
        rows = await connection.fetch(_PAYABLE, Code.BRAND_AVAILABLE.value)
    return sum([await _book(row) for row in rows])


_PAYABLE = """
    select u.id, u.brand, u.creator from bonus u join ledger_account a
    on a.code = $1 and a.owner_kind = 'brand' and a.owner_id = u.brand::text and a.currency = u.currency
    where u.status = 'waiting' and a.balance >= u.net_minor + u.vat_minor order by u.made_at
"""


async def _book(waiting: Any) -> bool:
    async with DB.transaction():
        await purses.lock([(PayeeKind.BRAND, waiting["brand"]), (PayeeKind.CREATOR, waiting["creator"])])
        row = await Bonus.objects().where(Bonus.id == waiting["id"]).lock_rows("UPDATE").first()
        if row is None or row.status != BonusStatus.WAITING:
            return False
        amount = Money(row.net_minor + row.vat_minor, row.currency)
        brand, creator = chart.purse("brand", row.brand), chart.purse("creator", row.creator)
        if await ledger.balance(brand.available, row.currency) < amount or await holds.banned({row.creator}):
            return False
        drawer = purses.Drawer()
        entry = Entry(
            key=f"bonus:{row.id}",
            kind="T6",
            event_at=clock.now(),
            source=Source(kind="bonus", id=str(row.id)),
            lines=(debit(brand.available, amount), credit(creator.available, amount)),
            memo=row.reason[:80],
        )
        await drawer.take(brand, amount)
        await drawer.give(creator, amount)
        await ledger.post_all([entry, *await drawer.net(creator, row.currency, after=entry)])
        await Bonus.update({Bonus.status: BonusStatus.BOOKED, Bonus.booked_at: clock.now()}).where(Bonus.id == row.id)
    return True


async def of_brand(brand_id: UUID) -> list[BonusShown]:
    """A brand's bonuses and fixed fees, the newest first."""
    return await _shown("u.brand = $1", brand_id)


async def of_creator(creator_id: UUID) -> list[BonusShown]:
    """What a creator gets besides sales, the newest first."""
    return await _shown("u.creator = $1 and u.status <> 'cancelled'", creator_id)


async def _shown(which: str, owner: UUID) -> list[BonusShown]:
    async with DB.connection() as connection:
        rows = await connection.fetch(
            f"""
            select u.*, b.name as brand_name, c.display_name, coalesce(s.title, '') as show_title, j.id as journal
            from bonus u join brand b on b.id = u.brand join creator c on c.id = u.creator left join show s on s.id = u.show
            left join journal j on j.idempotency_key = 'bonus:' || u.id
            where {which} order by u.made_at desc limit 100
            """,  # noqa: S608  # constants of this module
            owner,
        )
    return [_line(row) for row in rows]


def _line(row: Any) -> BonusShown:
    return BonusShown(
        id=row["id"],
        kind=BonusKind(row["kind"]),
        brand=row["brand_name"],
        creator=row["display_name"],
        show=row["show_title"],
        reason=row["reason"],
        amount=Money(row["net_minor"] + row["vat_minor"], row["currency"]),
        vat=Money(row["vat_minor"], row["currency"]),
        status=BonusStatus(row["status"]),
        made_at=row["made_at"],
        booked_at=row["booked_at"],
        journal_id=row["journal"],
    )


async def _add(
    *,
    kind: BonusKind,
    brand_id: UUID,
    creator_id: UUID,
    show_id: UUID | None,
    net: Money,
    reason: str,
    client_key: UUID,
    by: Principal | None,
) -> None:
    vat = (await vat_parties.services(creator_id=creator_id, brand_id=brand_id)).commission
    rate_bp = vat.rate_bp if vat else 0
    row = Bonus(
        id=uuid4(),
        kind=kind,
        brand=brand_id,
        creator=creator_id,
        show=show_id,
        currency=net.currency,
        net_minor=net.minor,
        vat_bp=rate_bp,
        vat_minor=net.share(rate_bp).minor,
        reason=reason,
        status=BonusStatus.WAITING,
        client_key=client_key,
        made_by=by.id if by else None,
        made_at=clock.now(),
    )
    if await Bonus.insert(row).on_conflict(target=Bonus.client_key, action="DO NOTHING").returning(Bonus.id):
        await audit.record(by=by, action=f"bonus.{kind}", kind="bonus", id=row.id, amount=net.minor, currency=net.currency)
