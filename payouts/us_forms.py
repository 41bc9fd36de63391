"""Forms of the United States that creators give: signed once, never edited, ended by the next one (docs/money.md, chapter 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from creators.tables import Creator
from foundation import audit, clock, sealed
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal
from foundation.i18n import _
from payouts import identities, withholding
from payouts.exports import local_day
from payouts.tax_tables import UsForm, UsTaxForm
from payouts.withholding import Standing, Withheld

ENDS_SOON = timedelta(days=60)
WORDS = {
    UsForm.W9: _("W-9: I am a person of the United States"),
    UsForm.W8BEN: _("W-8BEN: I am an individual and no person of the United States"),
    UsForm.W8BEN_E: _("W-8BEN-E: my company is no person of the United States"),
}


class UsTinMissing(Refusal):
    """A W-9 carries a social security or employer number of nine digits; a W-8 none or such a one."""

    code = "us_tin_missing"
    status = 422
    message = _("Write the nine digits of the social security or employer number of the United States.")
    field = "us_tin"


class WrongForm(Refusal):
    """Who pays taxes in the United States gives a W-9."""

    code = "wrong_form"
    status = 422
    message = _("You said that you pay taxes in the United States: the form for you is the W-9.")
    field = "us_form"


class TreatyNeedsTin(Refusal):
    """A rate by treaty is claimed with a tax number and the article of the treaty."""

    code = "treaty_needs_tin"
    status = 422
    message = _("A rate by treaty needs its article, and your tax number under Documents or one of the United States.")
    field = "treaty_article"


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a creator signs. `treaty_bp` None claims no treaty; `tin` is that of the United States."""

    form: UsForm
    legal_name: str
    signature: str
    tin: str = ""
    treaty_bp: int | None = None
    treaty_article: str = ""


async def standing_of(creator_id: UUID) -> Standing:
    """Where a creator stands now. Raises `NotFound`."""
    async with DB.connection() as connection:
        row = await connection.fetchrow(
            f"select {withholding.COLUMNS} from creator c {withholding.JOINS} where c.id = $1",  # noqa: S608  # constants
            creator_id,
        )
    if row is None:
        raise NotFound
    return withholding.standing_of(row)


async def due_of(creator_id: UUID) -> Withheld:
    """What a payout of today withholds from a creator."""
    return withholding.withheld(await standing_of(creator_id), local_day(clock.now()))


async def current(creator_id: UUID) -> UsTaxForm | None:
    """The form that was given last, ended by its date or not."""
    mine = (UsTaxForm.creator == creator_id) & UsTaxForm.ended_at.is_null()
    return await UsTaxForm.objects().where(mine).first()


def ends_soon(form: UsTaxForm | None, on: date) -> bool:
    """Whether a new form is due: this one has ended or ends within 60 days."""
    return form is not None and form.expires_on is not None and form.expires_on - on <= ENDS_SOON


async def sign(*, told: Signed, by: Principal) -> UsTaxForm:
    """Keep a form of the person's own creator; the one before ends. Raises `NotFound`, `UsTinMissing`, `WrongForm`, `TreatyNeedsTin`."""
    creator = await Creator.objects().where(Creator.person == by.id).first()
    if creator is None:
        raise NotFound
    residence = (await standing_of(creator.id)).residence
    tin = "".join(sign for sign in told.tin if sign not in " -")
    await _check(told, tin, residence, creator.id)
    now = clock.now()
    row = UsTaxForm(
        id=uuid4(),
        creator=creator.id,
        form=told.form,
        legal_name=told.legal_name,
        country=residence,
        tin_sealed=sealed.seal(tin) if tin else "",
        tin_end=tin[-4:],
        treaty_bp=None if told.form == UsForm.W9 else told.treaty_bp,
        treaty_article=told.treaty_article,
        signature=told.signature,
        signed_at=now,
        signed_by=by.id,
        expires_on=withholding.expires_on(told.form, local_day(now)),
    )
    async with DB.transaction():
        await Creator.select(Creator.id).where(Creator.id == creator.id).lock_rows("NO KEY UPDATE")
        await UsTaxForm.update({UsTaxForm.ended_at: now}).where((UsTaxForm.creator == creator.id) & UsTaxForm.ended_at.is_null())
        await row.save()
        await audit.record(
            by=by, action="us_form.signed", kind="creator", id=creator.id, form=told.form.value, until=row.expires_on
        )
    return row


async def _check(told: Signed, tin: str, residence: str, creator_id: UUID) -> None:
    if told.form != UsForm.W9 and residence == withholding.UNITED_STATES:
        raise WrongForm
    if (tin or told.form == UsForm.W9) and not (tin.isascii() and tin.isdigit() and len(tin) == 9):
        raise UsTinMissing
    if told.form == UsForm.W9 or told.treaty_bp is None:
        return
    identity = await identities.identity_of(creator_id)
    if not told.treaty_article or not (tin or (identity and identity.tin)):
        raise TreatyNeedsTin
