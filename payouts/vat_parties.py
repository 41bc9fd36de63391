"""Who a creator, a brand and the house are for VAT, and so which VAT their services carry (docs/money.md, chapter 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.tables import Creator
from foundation import audit, clock, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.tables import Brand
from payouts.payee_tables import TaxProfile
from payouts.tables import PayeeKind
from payouts.vat_matrix import Party, Vat, VatStatus, vat_on_service

PAGE = 50


class VatIdMissing(Refusal):
    """Somebody who charges VAT has a VAT id."""

    code = "vat_id_missing"
    status = 422
    message = _("Write the VAT id: two letters of the country, then its digits and letters.")
    field = "vat_id"


@dataclass(frozen=True)
class Services:
    """The VAT of the creator's commission and of the house's fee, both invoiced to the brand."""

    commission: Vat | None
    fee: Vat


async def services(*, creator_id: UUID | None, brand_id: UUID) -> Services:
    """The VAT of both services of a sale, by what is known of the parties now."""
    brand = await party(PayeeKind.BRAND, brand_id)
    commission = None
    if creator_id is not None:
        commission = vat_on_service(supplier=await party(PayeeKind.CREATOR, creator_id), customer=brand)
    return Services(commission, vat_on_service(supplier=house(), customer=brand))


def house() -> Party:
    """Fanfare itself: registered when its VAT id is set, otherwise unknown, and then its fee carries no VAT."""
    vat_id = settings.current().platform_vat_id
    status = VatStatus.REGISTERED if vat_id else VatStatus.UNKNOWN
    return Party(country=vat_id[:2] or "FR", status=status, vat_id_checked=bool(vat_id))


async def party(kind: PayeeKind, owner: UUID) -> Party:
    """A creator or brand as the matrix sees it; who has said nothing is unknown. Raises `NotFound`."""
    profile = await profile_of(kind, owner)
    if profile is not None:
        return Party(country=profile.country, status=VatStatus(profile.vat_status), vat_id_checked=profile.checked_at is not None)
    table = Creator if kind == PayeeKind.CREATOR else Brand
    row = await table.select(table.country).where(table.id == owner).first()
    if row is None:
        raise NotFound
    return Party(country=row["country"], status=VatStatus.UNKNOWN)


async def profile_of(kind: PayeeKind, owner: UUID) -> TaxProfile | None:
    """What a creator or brand has said of themselves, if they have."""
    mine = (TaxProfile.kind == kind.value) & (TaxProfile.owner == owner)
    return await TaxProfile.objects().where(mine).first()


async def declare(*, kind: PayeeKind, owner: UUID, status: VatStatus, vat_id: str, by: Principal) -> TaxProfile:
    """A payee says how they stand towards VAT; another VAT id has to be checked again. The caller has checked who asks.

    Raises `VatIdMissing`, `NotFound`.
    """
    plain = "".join(vat_id.split()).upper()
    if status == VatStatus.REGISTERED and not (4 <= len(plain) <= 14 and plain[:2].isalpha() and plain.isalnum()):
        raise VatIdMissing
    country = (await party(kind, owner)).country
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute(
                """
                insert into tax_profile (id, kind, owner, country, vat_status, vat_id, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (kind, owner) do update set vat_status = $5, vat_id = $6, changed_at = $7,
                    checked_at = case when tax_profile.vat_id = $6 then tax_profile.checked_at end,
                    checked_by = case when tax_profile.vat_id = $6 then tax_profile.checked_by end
                """,
                uuid4(),
                kind.value,
                owner,
                country,
                status.value,
                plain,
                clock.now(),
            )
        await audit.record(by=by, action="tax_profile.declared", kind=kind.value, id=owner, status=status.value, vat_id=plain)
    found = await profile_of(kind, owner)
    if found is None:
        raise NotFound
    return found


async def confirm(*, kind: PayeeKind, owner: UUID, vat_id: str, by: Principal) -> None:
    """Finance has found this VAT id valid in VIES. Raises `NotFound`, `VatIdMissing`, `WrongState` when the payee has changed it since."""
    async with DB.transaction():
        profile = await profile_of(kind, owner)
        if profile is None:
            raise NotFound
        if not profile.vat_id:
            raise VatIdMissing
        moved = (
            await TaxProfile.update({TaxProfile.checked_at: clock.now(), TaxProfile.checked_by: by.id})
            .where((TaxProfile.id == profile.id) & (TaxProfile.vat_id == vat_id))
            .returning(TaxProfile.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="tax_profile.checked", kind=kind.value, id=owner, vat_id=vat_id)


@dataclass(frozen=True)
class Declared:
    """What a payee said, with their name."""

    kind: PayeeKind
    owner: UUID
    name: str
    country: str
    vat_id: str
    checked_at: datetime | None


async def declared(*, after: int = 0) -> list[Declared]:
    """What payees said of their VAT, the ids that wait for a look-up first: one page and one more."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select t.kind, t.owner, coalesce(c.display_name, b.legal_name) as name, t.country, t.vat_id, t.checked_at from tax_profile t
            left join creator c on t.kind = 'creator' and c.id = t.owner left join brand b on t.kind = 'brand' and b.id = t.owner
            order by (t.vat_id <> '' and t.checked_at is null) desc, t.changed_at desc, t.id limit $1 offset $2
            """,
            PAGE + 1,
            after,
        )
    return [Declared(PayeeKind(row["kind"]), *list(row.values())[1:]) for row in rows]
