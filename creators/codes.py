"""Promo codes: a word that names a creator at one brand, however it is typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from creators.link_tables import PromoCode
from creators.tables import Collaboration, CollaborationStatus
from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound
from foundation.i18n import _
from foundation.money import Money
from marketplace import discounts
from marketplace.brands import brand_of
from marketplace.discounts import NO_DISCOUNT, Discount, fold

_SHAPE = re.compile(r"\w(?:[\w-]*\w)?")


class CodeInvalid(InvalidField):
    """A code is 3 to 40 letters, figures and hyphens."""

    code = "code_invalid"
    message = _("3 to 40 letters, figures or hyphens, please.")
    field = "code"


class CodeTaken(InvalidField):
    """The brand has this code already, perhaps written otherwise."""

    code = "code_taken"
    status = 409
    message = _("Your brand has this code already.")
    field = "code"


@dataclass(frozen=True)
class CodeShown:
    """A code with what it brought: reported sales that it won."""

    id: UUID
    code: str
    brand: str
    creator: str
    handle: str
    sales: int
    created_at: datetime
    percent_bp: int = 0
    amount_minor: int = 0
    currency: str = ""

    @property
    def discount(self) -> Discount:
        """What the code takes off in Fanfare's own checkout."""
        return Discount(self.percent_bp, Money(self.amount_minor, self.currency) if self.amount_minor else None)


async def give_code(*, collaboration_id: UUID, code: str, by: Principal, discount: Discount = NO_DISCOUNT) -> UUID:
    """Give a creator a code at the person's brand, with what it takes off in the checkout here.

    Raises `NotFound`, `CodeInvalid`, `CodeTaken`, `DiscountInvalid`.
    """
    shown = unicodedata.normalize("NFKC", code).strip()
    if not 3 <= len(shown) <= 40 or not _SHAPE.fullmatch(fold(shown)):
        raise CodeInvalid
    async with DB.transaction():
        row = await Collaboration.objects().where(Collaboration.id == collaboration_id).first()
        if row is None or row.status != CollaborationStatus.ACTIVE:
            raise NotFound
        brand = await brand_of(by=by, brand_id=row.brand)
        made = PromoCode(
            id=uuid4(),
            brand=brand.id,
            collaboration=row.id,
            creator=row.creator,
            code=shown,
            folded=fold(shown),
            created_at=clock.now(),
        )
        added = (
            await PromoCode.insert(made)
            .on_conflict(target=(PromoCode.brand, PromoCode.folded), action="DO NOTHING")
            .returning(PromoCode.id)
        )
        if not added:
            raise CodeTaken
        await discounts.keep_code(code_id=made.id, brand_id=brand.id, code=shown, discount=discount)
        await audit.record(by=by, action="code.give", kind="promo_code", id=made.id, code=shown, creator=row.creator)
    return made.id


async def end_code(*, code_id: UUID, by: Principal) -> None:
    """End a code: sales from now on are not credited by it. The word stays taken. Raises `NotFound`."""
    async with DB.transaction():
        row = (
            await PromoCode.objects().where((PromoCode.id == code_id) & PromoCode.ended_at.is_null()).lock_rows("UPDATE").first()
        )
        if row is None:
            raise NotFound
        await brand_of(by=by, brand_id=row.brand)
        await PromoCode.update({PromoCode.ended_at: clock.now()}).where(PromoCode.id == code_id)
        await discounts.forget_code(code_id=code_id)
        await audit.record(by=by, action="code.end", kind="promo_code", id=code_id)


async def codes_of_brand(*, brand_id: UUID, by: Principal) -> list[CodeShown]:
    """The codes in use at a brand, newest first. Raises `NotFound`."""
    brand = await brand_of(by=by, brand_id=brand_id)
    return await _codes("k.brand = $1", brand.id)


async def codes_of_creator(*, creator_id: UUID) -> list[CodeShown]:
    """The codes in use of a creator, newest first."""
    return await _codes("k.creator = $1", creator_id)


async def _codes(condition: str, owner: UUID) -> list[CodeShown]:
    query = f"""
        select k.id, k.code, b.name as brand, c.display_name as creator, c.handle, k.created_at,
               coalesce(d.percent_bp, 0) as percent_bp, coalesce(d.amount_minor, 0) as amount_minor, coalesce(d.currency, '') as currency,
               (select count(*) from conversion v where v.brand = k.brand and v.code = k.folded and v.rule = 'code'
                and v.status <> 'declined') as sales
        from promo_code k join brand b on b.id = k.brand join creator c on c.id = k.creator
             left join brand_code d on d.id = k.id
        where k.ended_at is null and {condition} order by k.created_at desc, k.id
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        return [CodeShown(**dict(row)) for row in await connection.fetch(query, owner)]
