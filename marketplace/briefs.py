"""Briefs: what a brand wants hosted, for which commission, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from piccolo.columns import Column

from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from foundation.money import Money
from marketplace.brands import brand_of
from marketplace.catalogue import Offered, products_on_sale
from marketplace.events import BriefPublished
from marketplace.tables import Brand, Brief, BriefProduct, BriefStatus, Product

LANGUAGES = {"fr": _("French"), "en": _("English"), "es": _("Spanish"), "de": _("German"), "it": _("Italian"), "nl": _("Dutch")}
MODELS = {
    "last_touch": _("All to the last visit"),
    "first_touch": _("All to the first visit"),
    "linear": _("Equally to every visit"),
    "position_based": _("40 % to the first, 40 % to the last, the rest between"),
}
"""How a sale is shared among the visits that led to it, when nobody's code or stream decides (docs/attribution.md)."""

MIN_COMMISSION_BP, MAX_COMMISSION_BP = 100, 5000
MIN_WINDOW_DAYS, MAX_WINDOW_DAYS = 1, 30
MAX_HOLD_DAYS = 90
MAX_PLACES = 100


class ProductsMissing(Refusal):
    """A brief needs products of its own brand that are on sale."""

    code = "products_missing"
    status = 422
    message = _("Choose at least one product that is on sale.")
    field = "products"


class DatesWrong(Refusal):
    """The end is before the start, or over."""

    code = "dates_wrong"
    status = 422
    message = _("The last day must come after the first, and not be over.")
    field = "ends_on"


class OtherCurrency(Refusal):
    """Fee and products of a brief have one currency; data: `currency`."""

    code = "other_currency"
    status = 422
    message = _("Choose products that are all sold in %(currency)s.")
    field = "products"


@dataclass(frozen=True)
class Wanted:
    """The contents of a brief: rates in basis points, `fee_minor` in minor units of `currency`, days counted whole."""

    title: str
    summary: str
    products: Sequence[UUID]
    commission_bp: int
    window_days: int
    hold_days: int
    places: int
    language: str
    starts_on: date
    ends_on: date
    currency: str = "EUR"
    wanted: str = ""
    fee_minor: int = 0
    samples: bool = False
    viewer_clips: bool = False
    model: str = "last_touch"


@dataclass(frozen=True)
class BriefShown:
    """A brief with its brand and products."""

    id: UUID
    title: str
    summary: str
    wanted: str
    status: BriefStatus
    commission_bp: int
    fee: Money
    samples: bool
    viewer_clips: bool
    window_days: int
    model: str
    hold_days: int
    places: int
    language: str
    starts_on: date
    ends_on: date
    published_at: datetime | None
    brand: Brand
    products: tuple[Offered, ...]

    @property
    def open(self) -> bool:
        """Creators can apply."""
        return self.status == BriefStatus.PUBLISHED and self.ends_on >= clock.now().date()


async def draft_brief(*, brand_id: UUID, wanted: Wanted, by: Principal) -> UUID:
    """Keep a new brief as a draft; return its id. Raises `NotFound`, `ProductsMissing`, `OtherCurrency`, `DatesWrong`."""
    async with DB.transaction():
        await brand_of(by=by, brand_id=brand_id)
        await _check(brand_id, wanted)
        brief = Brief(_columns(wanted), id=uuid4(), brand=brand_id, status=BriefStatus.DRAFT, created_at=clock.now())
        await brief.save()
        await _set_products(brief.id, wanted.products)
        await audit.record(by=by, action="brief.drafted", kind="brief", id=brief.id, title=wanted.title)
    return brief.id


async def edit_brief(*, brief_id: UUID, wanted: Wanted, by: Principal) -> None:
    """Change a draft; a published brief stays as creators read it. Raises `NotFound`, `WrongState` and as `draft_brief`."""
    async with DB.transaction():
        brief = await _locked(brief_id, by)
        if brief.status != BriefStatus.DRAFT:
            raise WrongState
        await _check(brief.brand, wanted)
        await Brief.update(cast("dict[Column | str, Any]", _columns(wanted))).where(Brief.id == brief_id)
        await _set_products(brief_id, wanted.products)
        await audit.record(by=by, action="brief.edited", kind="brief", id=brief_id, title=wanted.title)


async def publish_brief(*, brief_id: UUID, by: Principal) -> None:
    """Show a draft to creators. Raises `NotFound`, `WrongState` (not a draft), `DatesWrong` (over meanwhile), `ProductsMissing`."""
    async with DB.transaction():
        brief = await _locked(brief_id, by)
        if brief.ends_on < clock.now().date():
            raise DatesWrong
        if not await products_on_sale(ids=await _product_ids(brief_id)):
            raise ProductsMissing
        await _move(brief_id, BriefStatus.DRAFT, BriefStatus.PUBLISHED)
        await Brief.update({Brief.published_at: clock.now()}).where(Brief.id == brief_id)
        await audit.record(by=by, action="brief.published", kind="brief", id=brief_id)
        await outbox.publish(BriefPublished(brief_id=brief_id))


async def close_brief(*, brief_id: UUID, by: Principal) -> None:
    """Take no more applications; collaborations that were agreed go on. Raises `NotFound`, `WrongState` (not published)."""
    async with DB.transaction():
        await _locked(brief_id, by)
        await _move(brief_id, BriefStatus.PUBLISHED, BriefStatus.CLOSED)
        await audit.record(by=by, action="brief.closed", kind="brief", id=brief_id)


async def brief_of_brand(*, brief_id: UUID, by: Principal) -> BriefShown:
    """A brief of a brand that the person acts for, whatever its status. Raises `NotFound`."""
    brief = await Brief.objects().where(Brief.id == brief_id).first()
    if brief is None:
        raise NotFound
    await brand_of(by=by, brand_id=brief.brand)
    return (await shown([brief]))[0]


async def briefs_of_brand(*, brand_id: UUID, by: Principal) -> list[BriefShown]:
    """All briefs of the brand, newest first. Raises `NotFound`."""
    await brand_of(by=by, brand_id=brand_id)
    return await shown(await Brief.objects().where(Brief.brand == brand_id).order_by(Brief.created_at, ascending=False))


async def published_brief(*, brief_id: UUID) -> BriefShown:
    """A brief that everybody may read: published, or closed after it was. Raises `NotFound`."""
    brief = await Brief.objects().where((Brief.id == brief_id) & (Brief.status != BriefStatus.DRAFT)).first()
    if brief is None:
        raise NotFound
    return (await shown([brief]))[0]


async def open_briefs(
    *,
    trade: str = "",
    language: str = "",
    min_commission_bp: int = 0,
    brand_id: UUID | None = None,
    page: int = 1,
    size: int = 24,
) -> tuple[list[BriefShown], int]:
    """One page of the briefs that creators can apply to, newest first, and how many there are in all.

    Filters: the brand's `trade`, the `language` of the show, at least `min_commission_bp`.
    """
    where = (
        (Brief.status == BriefStatus.PUBLISHED)
        & (Brief.ends_on >= clock.now().date())
        & (Brief.commission_bp >= min_commission_bp)
    )
    if trade:
        where = where & (Brief.brand.trade == trade)
    if language:
        where = where & (Brief.language == language)
    if brand_id is not None:
        where = where & (Brief.brand == brand_id)
    count = await Brief.count().where(where)
    rows = (
        await Brief.objects()
        .where(where)
        .order_by(Brief.published_at, ascending=False)
        .order_by(Brief.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return await shown(rows), count


async def shown(rows: Sequence[Brief]) -> list[BriefShown]:
    """Briefs with their brands and products, in the order of `rows`."""
    if not rows:
        return []
    brands = {brand.id: brand for brand in await Brand.objects().where(Brand.id.is_in(list({row.brand for row in rows})))}
    links = (
        await BriefProduct.select(BriefProduct.brief, BriefProduct.product)
        .where(BriefProduct.brief.is_in([row.id for row in rows]))
        .order_by(BriefProduct.id)
    )
    offered = {product.id: product for product in await products_on_sale(ids=[link["product"] for link in links])}
    of_brief: dict[UUID, list[Offered]] = {row.id: [] for row in rows}
    for link in links:
        if link["product"] in offered:
            of_brief[link["brief"]].append(offered[link["product"]])
    return [_shown(row, brands[row.brand], of_brief[row.id]) for row in rows]


def _shown(row: Brief, brand: Brand, products: list[Offered]) -> BriefShown:
    return BriefShown(
        id=row.id,
        title=row.title,
        summary=row.summary,
        wanted=row.wanted,
        status=BriefStatus(row.status),
        commission_bp=row.commission_bp,
        fee=Money(row.fee_minor, row.currency),
        samples=row.samples,
        viewer_clips=row.viewer_clips,
        window_days=row.window_days,
        model=row.model,
        hold_days=row.hold_days,
        places=row.places,
        language=row.language,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        published_at=row.published_at,
        brand=brand,
        products=tuple(products),
    )


def _columns(wanted: Wanted) -> dict[Column, Any]:
    return {
        Brief.title: wanted.title,
        Brief.summary: wanted.summary,
        Brief.wanted: wanted.wanted,
        Brief.commission_bp: wanted.commission_bp,
        Brief.window_days: wanted.window_days,
        Brief.model: wanted.model,
        Brief.hold_days: wanted.hold_days,
        Brief.places: wanted.places,
        Brief.language: wanted.language,
        Brief.starts_on: wanted.starts_on,
        Brief.ends_on: wanted.ends_on,
        Brief.currency: wanted.currency,
        Brief.fee_minor: wanted.fee_minor,
        Brief.samples: wanted.samples,
        Brief.viewer_clips: wanted.viewer_clips,
    }


async def _check(brand_id: UUID, wanted: Wanted) -> None:
    if wanted.ends_on < wanted.starts_on or wanted.ends_on < clock.now().date():
        raise DatesWrong
    ids = list(dict.fromkeys(wanted.products))
    found = (
        await Product.select(Product.id, Product.currency).where(Product.id.is_in(ids) & (Product.brand == brand_id))
        if ids
        else []
    )
    if not ids or len(found) != len(ids):
        raise ProductsMissing
    if any(row["currency"] != wanted.currency for row in found):
        raise OtherCurrency(currency=wanted.currency)


async def _set_products(brief_id: UUID, products: Sequence[UUID]) -> None:
    await BriefProduct.delete().where(BriefProduct.brief == brief_id)
    await BriefProduct.insert(*(BriefProduct(brief=brief_id, product=product) for product in dict.fromkeys(products)))


async def _product_ids(brief_id: UUID) -> list[UUID]:
    return [row["product"] for row in await BriefProduct.select(BriefProduct.product).where(BriefProduct.brief == brief_id)]


async def _locked(brief_id: UUID, by: Principal) -> Brief:
    brief = await Brief.objects().where(Brief.id == brief_id).lock_rows("UPDATE").first()
    if brief is None:
        raise NotFound
    await brand_of(by=by, brand_id=brief.brand)
    return brief


async def _move(brief_id: UUID, before: BriefStatus, after: BriefStatus) -> None:
    moved = await Brief.update({Brief.status: after}).where((Brief.id == brief_id) & (Brief.status == before)).returning(Brief.id)
    if not moved:
        raise WrongState
