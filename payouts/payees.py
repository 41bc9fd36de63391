"""Who is paid and where: the connected account of a creator or a brand, and what it still needs."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec

from creators.tables import Creator
from foundation import audit, clock, settings, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.stripe_gateway import AccountState, StripeRefused
from foundation.vendor import VendorError
from marketplace.tables import Brand, BrandMember
from payouts.tables import Payee, PayeeKind


class StripeUnavailable(Refusal):
    """Stripe gave no usable answer; nothing is lost, the same may be asked again."""

    code = "stripe_unavailable"
    status = 503
    message = _("Stripe does not answer at the moment. Nothing is lost: please try again in a minute.")


class StripeSaysNo(Refusal):
    """Stripe refused the account; data: `reason`."""

    code = "stripe_says_no"
    status = 409
    message = _("Stripe refused: %(reason)s")


async def of_creator(*, by: Principal) -> Payee | None:
    """The payee row of the person's own creator profile; None before the first onboarding. Raises `NotFound` for non-creators."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    return await Payee.objects().where(Payee.creator == creator.id).first()


async def of_brand(*, brand_id: UUID, by: Principal) -> Payee | None:
    """The payee row of a brand that the person is a member of. Raises `NotFound` for anybody else."""
    if not await BrandMember.exists().where((BrandMember.brand == brand_id) & (BrandMember.person == by.id)):
        raise NotFound
    return await Payee.objects().where(Payee.brand == brand_id).first()


async def onboard_creator(*, return_path: str, by: Principal) -> str:
    """Begin or continue the onboarding of the person's creator profile; return Stripe's single-use address.

    Raises `NotFound`, `StripeUnavailable`, `StripeSaysNo`.
    """
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    payee = await _row(PayeeKind.CREATOR, creator.id, creator.display_name, creator.country, by)
    return await _link(payee, return_path)


async def onboard_brand(*, brand_id: UUID, return_path: str, by: Principal) -> str:
    """As `onboard_creator`, for a brand that the person owns or works for."""
    await of_brand(brand_id=brand_id, by=by)
    brand = await Brand.objects().where(Brand.id == brand_id).first()
    if brand is None:
        raise NotFound
    payee = await _row(PayeeKind.BRAND, brand.id, brand.legal_name, brand.country, by)
    return await _link(payee, return_path)


async def open_account(*, payee_id: UUID) -> Payee:
    """Make the connected account of a payee if it has none; the row and so the key exist before. Return the payee."""
    payee = await Payee.objects().where(Payee.id == payee_id).first()
    if payee is None:
        raise NotFound
    if payee.stripe_account_id is None:
        state = await stripe_gateway.create_recipient(
            email=await _email_of(payee),
            display_name=payee.name,
            country=payee.country,
            payee_id=str(payee.id),
            key=f"payee:{payee.id}",
            entity_type="company" if payee.kind == PayeeKind.BRAND else "individual",
        )
        await Payee.update({Payee.stripe_account_id: state.id}).where((Payee.id == payee_id) & Payee.stripe_account_id.is_null())
        await _store(payee, state)
        payee.stripe_account_id = state.id
    return payee


async def sync(*, account: str) -> None:
    """Fetch a connected account and keep what Stripe says of it now; any number of times. Unknown accounts are not ours."""
    payee = await Payee.objects().where(Payee.stripe_account_id == account).first()
    if payee is not None:
        await _store(payee, await stripe_gateway.fetch_account(account=account))


async def sync_own(payee: Payee | None) -> Payee | None:
    """The payee with Stripe's present word, for the page to which Stripe sends people back; the old one when Stripe is silent."""
    if payee is None or payee.stripe_account_id is None:
        return payee
    try:
        await sync(account=payee.stripe_account_id)
    except VendorError:
        return payee
    return await Payee.objects().where(Payee.id == payee.id).first()


def requirements_of(payee: Payee) -> list[str]:
    """What Stripe still asks for, in Stripe's words; empty when nothing is open."""
    raw: Any = payee.requirements
    held = msgspec.json.decode(raw) if isinstance(raw, str) else raw
    return list(held.get("items", []))


async def _row(kind: PayeeKind, owner: UUID, name: str, country: str, by: Principal) -> Payee:
    creator, brand = (owner, None) if kind == PayeeKind.CREATOR else (None, owner)
    async with DB.transaction():
        async with DB.connection() as connection:
            made = await connection.fetchval(
                """
                insert into payee (id, kind, creator, brand, name, country, requirements, created_at)
                values ($1, $2, $3, $4, $5, $6, '{}', $7) on conflict do nothing returning id
                """,
                uuid4(),
                kind.value,
                creator,
                brand,
                name,
                country,
                clock.now(),
            )
        if made:
            await audit.record(by=by, action="payee.created", kind="payee", id=made)
    found = await Payee.objects().where((Payee.creator == owner) if creator else (Payee.brand == owner)).first()
    if found is None:
        raise NotFound
    return found


async def _link(payee: Payee, return_path: str) -> str:
    base = settings.current().base_url
    try:
        opened = await open_account(payee_id=payee.id)
        link = await stripe_gateway.onboarding_link(
            account=opened.stripe_account_id or "",
            refresh_url=f"{base}{return_path}/refresh",
            return_url=f"{base}{return_path}/return",
        )
    except StripeRefused as no:
        raise StripeSaysNo(reason=no.message) from no
    except VendorError as silent:
        raise StripeUnavailable from silent
    return link.url


async def _store(payee: Payee, state: AccountState) -> None:
    open_items = {"items": list(state.requirements), "awaiting_user": state.awaiting_user, "deadline": state.deadline}
    async with DB.transaction():
        await Payee.update(
            {
                Payee.payable: state.payable,
                Payee.transfers: state.transfers,
                Payee.payouts: state.payouts,
                Payee.requirements: msgspec.json.encode(open_items).decode(),
                Payee.synced_at: clock.now(),
            }
        ).where(Payee.id == payee.id)
        if state.payable != payee.payable:
            await audit.record(by=None, action="payee.payable" if state.payable else "payee.blocked", kind="payee", id=payee.id)


async def _email_of(payee: Payee) -> str:
    if payee.kind == PayeeKind.BRAND:
        brand = await Brand.select(Brand.email).where(Brand.id == payee.brand).first()
        return str(brand["email"]) if brand else ""
    creator = await Creator.select(Creator.person.email).where(Creator.id == payee.creator).first()
    return str(creator["person.email"]) if creator else ""
