"""Counter-offers: brand and creator agree on other terms than the brief's, version by version.

A creator may ask for other terms with the application or in answer to the brand; a brand may propose others. Each word is a new
version. What the brand accepts is the creator's last word (the brief's terms when there is none); what the creator accepts is the
brand's last word while it is good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from piccolo.columns import Column

from creators.counter_offer_tables import CounterOffer, Side
from creators.events import CounterOfferDeclined, CounterOfferMade
from creators.tables import Application, ApplicationStatus
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.briefs import MAX_COMMISSION_BP, MAX_WINDOW_DAYS, MIN_COMMISSION_BP, MIN_WINDOW_DAYS
from marketplace.tables import Brief, BriefStatus

GOOD_FOR: Final = timedelta(hours=48)
"""A brand's counter-offer binds it so long."""

MOST_ROUNDS: Final = 3
"""So many proposals a side may make for one application."""

HIGHEST_FEE: Final = 10_000_000
"""In minor units: nobody meant to type more."""

LONGEST_NOTE: Final = 1000
OPEN: Final = (ApplicationStatus.SUBMITTED, ApplicationStatus.COUNTERED)


class RoundsUsed(Refusal):
    """data: `rounds`."""

    code = "rounds_used"
    status = 409
    message = _("Each side may propose other terms %(rounds)s times. Accept or decline now.")


class SameTerms(InvalidField):
    """A counter-offer changes something."""

    code = "same_terms"
    message = _("These are the terms on the table already. Accept them, or change one.")
    field = "commission"


class OfferExpired(Refusal):
    """The brand is not bound to it any more."""

    code = "offer_expired"
    status = 409
    message = _("This counter-offer is no longer good. Ask for terms of your own, or wait for the brand.")


class TermsOutOfRange(InvalidField):
    """A rate, a fee or a window that no brief could have."""

    code = "terms_out_of_range"
    message = _("Please check this field.")


@dataclass(frozen=True)
class Proposed:
    """Terms on the table: rate in basis points, fee a show in minor units, window in whole days."""

    commission_bp: int
    fee_minor: int
    currency: str
    window_days: int


def good(offer: CounterOffer | None, now: datetime) -> bool:
    """Whether an offer may be accepted at that moment; the end itself is too late."""
    return offer is not None and (offer.expires_at is None or now < offer.expires_at)


def proposed(source: CounterOffer | Brief) -> Proposed:
    """The terms of an offer or of a brief."""
    return Proposed(source.commission_bp, source.fee_minor, source.currency, source.window_days)


def last_word(offers: Iterable[CounterOffer], side: Side) -> CounterOffer | None:
    """The newest proposal of that side."""
    return max((offer for offer in offers if offer.side == side), key=lambda offer: offer.version, default=None)


async def propose(*, application_id: UUID, wanted: Proposed, note: str = "", by: Principal) -> int:
    """A brand proposes other terms; return the version. The creator is told and has `GOOD_FOR` to answer.

    It may replace a proposal of its own that waits. Raises `NotFound`, `WrongState` (decided, or the brief is closed),
    `RoundsUsed`, `SameTerms`, `TermsOutOfRange`.
    """
    async with DB.transaction():
        application, brief = await locked(application_id=application_id, side=Side.BRAND, by=by)
        version = await _add(application, brief, Side.BRAND, wanted, note, by, clock.now() + GOOD_FOR)
        await _move(application_id, ApplicationStatus.COUNTERED)
        await outbox.publish(CounterOfferMade(application_id=application_id, version=version))
    return version


async def ask(*, application_id: UUID, wanted: Proposed, note: str = "", by: Principal) -> int:
    """A creator answers a counter-offer with terms of their own, good or expired; return the version; the brand's turn again.

    Raises as `propose`; `WrongState` also when it is not the creator's turn.
    """
    async with DB.transaction():
        application, brief = await locked(application_id=application_id, side=Side.CREATOR, by=by)
        if application.status != ApplicationStatus.COUNTERED:
            raise WrongState
        version = await _add(application, brief, Side.CREATOR, wanted, note, by, None)
        await _move(application_id, ApplicationStatus.SUBMITTED)
        await outbox.publish(CounterOfferMade(application_id=application_id, version=version))
    return version


async def ask_with_application(*, application: Application, brief: Brief, wanted: Proposed, by: Principal) -> None:
    """The terms a creator asks for from the beginning; nothing when they are the brief's. Inside the transaction of applying."""
    if wanted != proposed(brief):
        await _add(application, brief, Side.CREATOR, wanted, "", by, None)


async def decline_offer(*, application_id: UUID, reason: str = "", by: Principal) -> None:
    """A creator refuses the brand's terms: the application is over, and the brand is told. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        application, _brief = await locked(application_id=application_id, side=Side.CREATOR, by=by)
        if application.status != ApplicationStatus.COUNTERED:
            raise WrongState
        values: dict[Column | str, Any] = {
            Application.status: ApplicationStatus.DECLINED,
            Application.reason: reason.strip()[:LONGEST_NOTE],
            Application.decided_by: by.id,
            Application.decided_at: clock.now(),
        }
        await Application.update(values).where(Application.id == application_id)
        await audit.record(by=by, action="counter_offer.decline", kind="application", id=application_id, reason=reason.strip())
        await outbox.publish(CounterOfferDeclined(application_id=application_id))


async def offers_of(application_ids: Sequence[UUID]) -> dict[UUID, list[CounterOffer]]:
    """Every proposal of these applications, the first version first."""
    found: dict[UUID, list[CounterOffer]] = {application_id: [] for application_id in application_ids}
    if application_ids:
        query = CounterOffer.objects().where(CounterOffer.application.is_in(list(application_ids)))
        for offer in await query.order_by(CounterOffer.version):
            found[offer.application].append(offer)
    return found


async def locked(*, application_id: UUID, side: Side, by: Principal) -> tuple[Application, Brief]:
    """An open application of one's own side with its brief, locked until the transaction ends. Raises `NotFound`, `WrongState`.

    The brief's row is locked first, as whoever counts its places does.
    """
    whose = {
        Side.BRAND: "exists (select 1 from brand_member m join brief b on b.brand = m.brand where b.id = a.brief and m.person = $2)",
        Side.CREATOR: "exists (select 1 from creator c where c.id = a.creator and c.person = $2)",
    }[side]
    async with DB.connection() as connection:
        query = f"select a.brief from application a where a.id = $1 and {whose}"  # noqa: S608  # one of the two above
        brief_id = await connection.fetchval(query, application_id, by.id)
    if brief_id is None:
        raise NotFound
    brief = await Brief.objects().where(Brief.id == brief_id).lock_rows("UPDATE").first()
    application = await Application.objects().where(Application.id == application_id).lock_rows("UPDATE").first()
    if brief is None or application is None:
        raise NotFound
    if brief.status != BriefStatus.PUBLISHED or application.status not in OPEN:
        raise WrongState
    return application, brief


async def _add(
    application: Application, brief: Brief, side: Side, wanted: Proposed, note: str, by: Principal, expires_at: datetime | None
) -> int:
    _check(wanted, brief)
    offers = (await offers_of([application.id]))[application.id]
    if sum(offer.side == side for offer in offers) >= MOST_ROUNDS:
        raise RoundsUsed(rounds=MOST_ROUNDS)
    stale = bool(offers) and not good(offers[-1], clock.now())
    if wanted == proposed(offers[-1] if offers else brief) and not stale:
        raise SameTerms
    values: dict[str, Any] = {
        "commission_bp": wanted.commission_bp,
        "fee_minor": wanted.fee_minor,
        "currency": wanted.currency,
        "window_days": wanted.window_days,
        "note": note.strip()[:LONGEST_NOTE],
    }
    version = len(offers) + 1
    offer = CounterOffer(
        id=uuid4(),
        application=application.id,
        version=version,
        side=side,
        made_by=by.id,
        made_at=clock.now(),
        expires_at=expires_at,
        **values,
    )
    await offer.save()
    await audit.record(
        by=by, action="counter_offer.make", kind="application", id=application.id, version=version, side=str(side), **values
    )
    return version


def _check(wanted: Proposed, brief: Brief) -> None:
    if not MIN_COMMISSION_BP <= wanted.commission_bp <= MAX_COMMISSION_BP:
        raise TermsOutOfRange(field="commission")
    if not 0 <= wanted.fee_minor <= HIGHEST_FEE or wanted.currency != brief.currency:
        raise TermsOutOfRange(field="fee")
    if not MIN_WINDOW_DAYS <= wanted.window_days <= MAX_WINDOW_DAYS:
        raise TermsOutOfRange(field="window_days")


async def _move(application_id: UUID, to: ApplicationStatus) -> None:
    await Application.update({Application.status: to}).where(Application.id == application_id)
