"""A new bank account rests for 72 hours before money leaves for it: whoever took an account over has time to be noticed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from creators.tables import Creator
from foundation import audit, clock, mails, stripe_gateway
from foundation.database import DB
from foundation.tables import Person
from marketplace.tables import BrandMember
from payouts import bank_sharing
from payouts.tables import ItemStatus, Payee, PayeeKind, PayoutItem

RESTS = timedelta(hours=72)


def until(payee_changed_at: datetime | None, now: datetime) -> datetime | None:
    """When the rest ends; None when there is none or it is over. The border is over."""
    if payee_changed_at is None or now >= payee_changed_at + RESTS:
        return None
    return payee_changed_at + RESTS


async def note_bank(*, account: str) -> None:
    """Stripe told of a bank account: fetch which one it is now. Another one than before begins the rest and tells the payee by mail.

    Safe to call twice and in any order: only what Stripe says now counts.
    """
    payee = await Payee.objects().where(Payee.stripe_account_id == account).first()
    if payee is not None:
        await keep_bank(payee, await stripe_gateway.bank_of(account=account))


async def keep_bank(payee: Payee, bank: str) -> None:
    """Keep which bank account a payee has. The first one needs no rest, unless money has been sent before it was known."""
    if not bank or bank == payee.bank:
        return
    another = bool(payee.bank) or await PayoutItem.exists().where(
        (PayoutItem.payee == payee.id) & (PayoutItem.status == ItemStatus.SENT)
    )
    changed_at = clock.now() if another else None
    async with DB.transaction():
        moved = (
            await Payee.update({Payee.bank: bank, Payee.bank_changed_at: changed_at or payee.bank_changed_at})
            .where((Payee.id == payee.id) & (Payee.bank == payee.bank))
            .returning(Payee.id)
        )
        if moved and payee.creator:
            await _tell_sharers(bank)
        if not moved or changed_at is None:
            return
        await audit.record(by=None, action="payee.bank_changed", kind="payee", id=payee.id, until=changed_at + RESTS)
        for reader in await readers(payee):
            await mails.write(
                to=reader["email"],
                locale=reader["locale"],
                template="bank_changed.html",
                once=f"bank {payee.id} {bank} {changed_at.isoformat()}",
                name=payee.name,
                until=changed_at + RESTS,
                page="/studio/payouts" if payee.creator else "/brand/payouts",
            )


async def _tell_sharers(bank: str) -> None:
    """Those who wait because another creator has the same bank account read why, once."""
    for payee in await Payee.objects().where((Payee.bank == bank) & (Payee.kind == PayeeKind.CREATOR)):
        if not await bank_sharing.waits(payee):
            continue
        for reader in await readers(payee):
            await mails.write(
                to=reader["email"],
                locale=reader["locale"],
                template="bank_shared.html",
                once=f"shared bank {payee.id} {bank}",
                name=payee.name,
            )


async def readers(payee: Payee) -> list[dict[str, str]]:
    """The creator, or everybody of the brand: e-mail and locale."""
    return await readers_of(PayeeKind(payee.kind), payee.creator or payee.brand)


async def readers_of(kind: PayeeKind, owner: UUID) -> list[dict[str, str]]:
    """The same, of a creator or brand that may have no payout account yet."""
    if kind == PayeeKind.CREATOR:
        return await _addresses([row["person"] for row in await Creator.select(Creator.person).where(Creator.id == owner)])
    return await _addresses(
        [row["person"] for row in await BrandMember.select(BrandMember.person).where(BrandMember.brand == owner)]
    )


async def _addresses(ids: list[UUID]) -> list[dict[str, str]]:
    return await Person.select(Person.email, Person.locale).where(Person.id.is_in(ids)) if ids else []
