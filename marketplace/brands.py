"""Brands: the sellers, their members, and the border between one brand and another."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from uuid import UUID, uuid4

from piccolo.columns import Column

from foundation import accounts, audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from foundation.tables import Role
from marketplace.tables import Brand, BrandMember

TRADES: Final = {
    "kitchen": _("Kitchen"),
    "care": _("Beauty and care"),
    "cycling": _("Cycling"),
    "tabletop": _("Board games"),
    "garden": _("Plants and garden"),
    "knitting": _("Knitwear"),
    "fashion": _("Fashion"),
    "home": _("Home and living"),
    "food": _("Food and drink"),
    "family": _("Family"),
    "sport": _("Sport"),
}
COUNTRIES: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL",
    "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""Where sellers are established and parcels go: the European Union, one customs area and one consumer law."""


class NoBrandYet(Refusal):
    """The person is not a member of any brand."""

    code = "no_brand"
    status = 403
    message = _("You are not a member of a brand yet.")


class BrandNameTaken(Refusal):
    """Another brand has this name; data: `name`."""

    code = "brand_name_taken"
    status = 409
    message = _("There is already a brand called %(name)s.")
    field = "name"


def slug_of(text: str, *, length: int = 60) -> str:
    """The part of an address made from a name: `Cuivre & Sel` -> `cuivre-sel`; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:length].strip("-") or "x"


async def found_brand(
    *,
    name: str,
    trade: str,
    legal_name: str,
    legal_address: str,
    country: str,
    email: str,
    by: Principal,
    tagline: str = "",
    about: str = "",
    picture: str = "",
    palette: str = "coral",
    vat_id: str = "",
    registration: str = "",
) -> Brand:
    """Found a brand; the person becomes its owner and a brand member. Raises `BrandNameTaken`."""
    brand = Brand(
        id=uuid4(),
        slug=slug_of(name),
        name=name,
        tagline=tagline,
        about=about,
        trade=trade,
        palette=palette,
        picture=picture,
        legal_name=legal_name,
        legal_address=legal_address,
        country=country,
        email=email.lower(),
        vat_id=vat_id,
        registration=registration,
        created_at=clock.now(),
    )
    async with DB.transaction():
        if not await Brand.insert(brand).on_conflict(target=Brand.slug, action="DO NOTHING").returning(Brand.id):
            raise BrandNameTaken(name=name)
        await BrandMember(brand=brand.id, person=by.id, owner=True, since=clock.now()).save()
        await accounts.grant(person_id=by.id, role=Role.BRAND_MEMBER)
        await audit.record(by=by, action="brand.founded", kind="brand", id=brand.id, name=name)
    return await brand_named(slug=brand.slug)


async def edit_brand(
    *,
    brand_id: UUID,
    tagline: str,
    about: str,
    trade: str,
    legal_name: str,
    legal_address: str,
    country: str,
    email: str,
    by: Principal,
    picture: str | None = None,
    vat_id: str = "",
    registration: str = "",
) -> None:
    """Change a brand's profile; `picture` None keeps the present one. Its name and address on the site stay. Raises `NotFound`."""
    async with DB.transaction():
        brand = await brand_of(by=by, brand_id=brand_id)
        values: dict[Column | str, object] = {
            Brand.tagline: tagline,
            Brand.about: about,
            Brand.trade: trade,
            Brand.legal_name: legal_name,
            Brand.legal_address: legal_address,
            Brand.country: country,
            Brand.email: email.lower(),
            Brand.vat_id: vat_id,
            Brand.registration: registration,
            Brand.picture: brand.picture if picture is None else picture,
        }
        await Brand.update(values).where(Brand.id == brand_id)
        await audit.record(by=by, action="brand.edited", kind="brand", id=brand_id, legal_name=legal_name, country=country)


async def add_member(*, brand_id: UUID, person_id: UUID, by: Principal) -> None:
    """Let another person act for the brand; nothing changes when they already do. Raises `NotFound`."""
    async with DB.transaction():
        await brand_of(by=by, brand_id=brand_id)
        member = BrandMember(brand=brand_id, person=person_id, owner=False, since=clock.now())
        made = (
            await BrandMember.insert(member)
            .on_conflict(target=(BrandMember.brand, BrandMember.person), action="DO NOTHING")
            .returning(BrandMember.id)
        )
        if made:
            await accounts.grant(person_id=person_id, role=Role.BRAND_MEMBER, by=by)
            await audit.record(by=by, action="brand.member_added", kind="brand", id=brand_id, person=person_id)


async def brands_of(*, by: Principal) -> list[Brand]:
    """The brands that the person acts for, longest membership first."""
    members = await BrandMember.select(BrandMember.brand).where(BrandMember.person == by.id).order_by(BrandMember.since)
    ids = [member["brand"] for member in members]
    brands = {brand.id: brand for brand in await Brand.objects().where(Brand.id.is_in(ids))} if ids else {}
    return [brands[id_] for id_ in ids]


async def brand_of(*, by: Principal, brand_id: UUID | None = None) -> Brand:
    """The brand that the person acts for: the one named, else the first.

    Raises `NotFound` for a brand of others, `NoBrandYet` when there is none at all.
    """
    mine = await brands_of(by=by)
    if brand_id is None:
        if not mine:
            raise NoBrandYet
        return mine[0]
    for brand in mine:
        if brand.id == brand_id:
            return brand
    raise NotFound


async def brand_named(*, slug: str) -> Brand:
    """The public brand of this address. Raises `NotFound`."""
    brand = await Brand.objects().where(Brand.slug == slug).first()
    if brand is None:
        raise NotFound
    return brand
