"""Tracking links: short addresses of a creator for a show, a product or both, on Fanfare or in the brand's own shop."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import segno

from creators.link_tables import TrackingLink
from creators.profiles import creator_of
from creators.tables import Collaboration, CollaborationStatus, Show, ShowStatus
from foundation import audit, clock, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound
from foundation.i18n import _
from marketplace.brands import brand_of
from marketplace.tables import Brand, BriefProduct, Product

LETTERS = "abcdefghjkmnpqrstuvwxyz"  # no i, l, o: people read codes aloud and type them
DIGITS = "23456789"
CODE = re.compile(rf"[{LETTERS}{DIGITS}][{DIGITS}][{LETTERS}{DIGITS}]{{5}}")
"""Seven signs, the second a digit: no address of ours looks like that, so a code needs no prefix."""

PARAMETER = "fanfare_click"
"""Under this name the click's id travels to the target."""

LONGEST_TARGET = 1000


class TargetElsewhere(InvalidField):
    """data: `hosts`, where links of this collaboration may lead."""

    code = "target_elsewhere"
    message = _("A link of this collaboration leads to %(hosts)s.")
    field = "target"


class OutsideTheBrief(InvalidField):
    """The product or the show does not belong to the collaboration."""

    code = "outside_the_brief"
    message = _("This is not part of the collaboration.")
    field = "product"


@dataclass(frozen=True)
class LinkShown:
    """A link with what it has brought. `clicks` are people; `others` are bots and prefetches."""

    id: UUID
    code: str
    address: str
    target: str
    collaboration_id: UUID
    brand: str
    creator: str
    handle: str
    show: str | None
    product: str | None
    clicks: int
    others: int
    created_at: datetime


def new_code() -> str:
    """A code nobody can guess: 31^6 × 8 are seven thousand million."""
    signs = LETTERS + DIGITS
    return "".join((secrets.choice(signs), secrets.choice(DIGITS), *(secrets.choice(signs) for _ in range(5))))


def address_of(code: str) -> str:
    """The public address of a code."""
    return f"{settings.current().base_url}/{code}"


def qr(code: str) -> str:
    """The link as a QR picture (SVG, black on white with its quiet zone). Capitals make it coarser, and so easier to read from afar."""
    return segno.make(address_of(code).upper(), error="m", micro=False).svg_inline(scale=8, border=4, dark="#000", light="#fff")


async def make_link(
    *, collaboration_id: UUID, show_id: UUID | None = None, product_id: UUID | None = None, target: str = "", by: Principal
) -> str:
    """Make a link of the person's own collaboration and return its code; the same wish again is the same link.

    Without a `target` it leads to the show, else to the product, else to the brand. With one it must be an https address in the
    brand's own shop. Raises `NotFound`, `OutsideTheBrief`, `TargetElsewhere`.
    """
    async with DB.transaction():
        creator = await creator_of(by=by)
        collaboration = await _active(collaboration_id, creator.id)
        show, product = await _parts(collaboration, show_id, product_id)
        leads_to = (
            await _checked(target, collaboration.brand) if target else await _own_target(collaboration.brand, show, product)
        )
        known = (
            await TrackingLink.select(TrackingLink.code)
            .where(TrackingLink.collaboration == collaboration_id)
            .where(TrackingLink.show.is_null() if show is None else TrackingLink.show == show.id)
            .where(TrackingLink.product.is_null() if product is None else TrackingLink.product == product.id)
            .where((TrackingLink.target == leads_to) & TrackingLink.revoked_at.is_null())
            .first()
        )
        if known:
            return str(known["code"])
        link = TrackingLink(
            id=uuid4(),
            code=new_code(),
            collaboration=collaboration_id,
            creator=creator.id,
            brand=collaboration.brand,
            show=show.id if show else None,
            product=product.id if product else None,
            target=leads_to,
            created_at=clock.now(),
        )
        await link.save()
        await audit.record(by=by, action="link.make", kind="tracking_link", id=link.id, code=link.code, target=leads_to)
    return str(link.code)


async def revoke_link(*, link_id: UUID, by: Principal) -> None:
    """End one of the person's links; within a minute nobody is led on. Raises `NotFound`."""
    async with DB.transaction():
        creator = await creator_of(by=by)
        gone = (
            await TrackingLink.update({TrackingLink.revoked_at: clock.now()})
            .where((TrackingLink.id == link_id) & (TrackingLink.creator == creator.id) & TrackingLink.revoked_at.is_null())
            .returning(TrackingLink.id)
        )
        if not gone:
            raise NotFound
        await audit.record(by=by, action="link.revoke", kind="tracking_link", id=link_id)


async def links_of_creator(*, by: Principal) -> list[LinkShown]:
    """The person's links in use, newest first."""
    creator = await creator_of(by=by)
    return await _links("l.creator = $1", creator.id)


async def links_of_brand(*, brand_id: UUID, by: Principal) -> list[LinkShown]:
    """The links that lead to a brand, newest first. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    return await _links("l.brand = $1", brand.id)


async def own_link(*, code: str, by: Principal) -> TrackingLink:
    """A link in use of the person or of their brand. Raises `NotFound`."""
    link = await TrackingLink.objects().where((TrackingLink.code == code.lower()) & TrackingLink.revoked_at.is_null()).first()
    if link is None:
        raise NotFound
    async with DB.connection() as connection:
        mine = await connection.fetchval(
            """
            select exists (select 1 from creator where id = $1 and person = $3)
                or exists (select 1 from brand_member where brand = $2 and person = $3)
            """,
            link.creator,
            link.brand,
            by.id,
        )
    if not mine:
        raise NotFound
    return link


async def _active(collaboration_id: UUID, creator_id: UUID) -> Collaboration:
    row = (
        await Collaboration.objects()
        .where((Collaboration.id == collaboration_id) & (Collaboration.creator == creator_id))
        .where(Collaboration.status == CollaborationStatus.ACTIVE)
        .first()
    )
    if row is None:
        raise NotFound
    return row


async def _parts(
    collaboration: Collaboration, show_id: UUID | None, product_id: UUID | None
) -> tuple[Show | None, Product | None]:
    show = (
        await Show.objects().where((Show.id == show_id) & (Show.collaboration == collaboration.id)).first() if show_id else None
    )
    if show_id and (show is None or show.status == ShowStatus.CANCELLED):
        raise OutsideTheBrief(field="show")
    if not product_id:
        return show, None
    product = await Product.objects().where((Product.id == product_id) & (Product.brand == collaboration.brand)).first()
    offered = await BriefProduct.exists().where(
        (BriefProduct.brief == collaboration.brief) & (BriefProduct.product == product_id)
    )
    if product is None or not offered:
        raise OutsideTheBrief
    return show, product


async def _own_target(brand_id: UUID, show: Show | None, product: Product | None) -> str:
    brand = await Brand.objects().where(Brand.id == brand_id).first()
    if show is not None:
        path = f"/shows/{show.slug}"
    elif product is not None:
        path = f"/shop/products/{product.id}"
    else:
        path = f"/brands/{brand.slug if brand else ''}"
    return settings.current().base_url + path


async def _checked(target: str, brand_id: UUID) -> str:
    async with DB.connection() as connection:
        rows = await connection.fetch("select host from shop_connection where brand = $1 and revoked_at is null", brand_id)
    hosts = sorted({row["host"] for row in rows})
    parts = urlsplit(target)
    plain = target.isascii() and target.isprintable() and " " not in target and "\\" not in target
    if not plain or len(target) > LONGEST_TARGET or parts.scheme != "https" or parts.netloc.lower() not in hosts:
        raise TargetElsewhere(hosts=", ".join(f"https://{host}/…" for host in hosts) or settings.current().base_url)
    return target


async def _links(condition: str, *values: object) -> list[LinkShown]:
    query = f"""
        select l.id, l.code, l.target, l.collaboration as collaboration_id, l.created_at, b.name as brand, c.display_name as creator,
               c.handle, s.title as show, p.title as product,
               (select count(*) from click k where k.link = l.id and k.kind = 'person') as clicks,
               (select count(*) from click k where k.link = l.id and k.kind <> 'person') as others
        from tracking_link l join brand b on b.id = l.brand join creator c on c.id = l.creator
        left join show s on s.id = l.show left join product p on p.id = l.product
        where l.revoked_at is null and {condition} order by l.created_at desc, l.id
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        rows = await connection.fetch(query, *values)
    return [_shown(dict(row)) for row in rows]


def _shown(row: dict[str, Any]) -> LinkShown:
    return LinkShown(address=address_of(row["code"]), **row)
