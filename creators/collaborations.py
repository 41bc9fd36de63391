"""Collaborations: the accepted pair of a brand and a creator, with the terms they agreed to, frozen."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

from creators import counter_offers, platform_fees
from creators.counter_offer_tables import CounterOffer, Side
from creators.events import ApplicationAccepted, CounterOfferAccepted
from creators.tables import Application, ApplicationStatus, Collaboration, CollaborationStatus, Terms
from foundation import audit, clock, outbox
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from marketplace.tables import Brief, BriefProduct


class PlacesTaken(Refusal):
    """The brief's places are filled; data: `places`."""

    code = "places_taken"
    status = 409
    message = _("All %(places)s places of this brief are taken.")


async def accept(*, application_id: UUID, by: Principal, version: int | None = None) -> UUID:
    """Accept an application: a collaboration with frozen terms begins; return its id.

    The terms are the creator's last word, or the brief's when the creator asked for nothing else; `version` says which one the
    person read (0 for the brief's). The brief's row is locked, so that no more creators are accepted than there are places.
    Raises `NotFound`, `PlacesTaken`, `WrongState` (decided already, withdrawn, another version, or the brief is not published).
    """
    async with DB.transaction():
        application, brief = await counter_offers.locked(application_id=application_id, side=Side.BRAND, by=by)
        offers = (await counter_offers.offers_of([application_id]))[application_id]
        asked = counter_offers.last_word(offers, Side.CREATOR)
        if version is not None and version != (asked.version if asked else 0):
            raise WrongState
        collaboration_id = await _agree(application, brief, asked, by)
        await outbox.publish(ApplicationAccepted(application_id))
    return collaboration_id


async def accept_offer(*, application_id: UUID, version: int, by: Principal) -> UUID:
    """A creator accepts the brand's counter-offer of that version, as `accept`. Raises `OfferExpired` besides."""
    async with DB.transaction():
        application, brief = await counter_offers.locked(application_id=application_id, side=Side.CREATOR, by=by)
        offers = (await counter_offers.offers_of([application_id]))[application_id]
        offer = counter_offers.last_word(offers, Side.BRAND)
        if application.status != ApplicationStatus.COUNTERED or offer is None or offer.version != version:
            raise WrongState
        if not counter_offers.good(offer, clock.now()):
            raise counter_offers.OfferExpired
        collaboration_id = await _agree(application, brief, offer, by)
        await outbox.publish(CounterOfferAccepted(application_id))
    return collaboration_id


async def end_collaboration(*, collaboration_id: UUID, by: Principal) -> None:
    """End a collaboration of one's brand: sales from now on are not credited to it. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        await collaboration_of_brand(collaboration_id=collaboration_id, by=by)
        moved = (
            await Collaboration.update({Collaboration.status: CollaborationStatus.ENDED, Collaboration.ended_at: clock.now()})
            .where(Collaboration.id == collaboration_id)
            .where(Collaboration.status == CollaborationStatus.ACTIVE)
            .returning(Collaboration.id)
        )
        if not moved:
            raise WrongState
        await audit.record(by=by, action="collaboration.end", kind="collaboration", id=collaboration_id)


async def current_terms(collaboration_id: UUID) -> Terms:
    """The latest version of the terms. Raises `NotFound`."""
    terms = (
        await Terms.objects()
        .where(Terms.collaboration == collaboration_id)
        .order_by(Terms.version, ascending=False)
        .output(load_json=True)
        .first()
    )
    if terms is None:
        raise NotFound
    return terms


async def collaboration_of_brand(*, collaboration_id: UUID, by: Principal) -> dict[str, Any]:
    """A collaboration of a brand that the person acts for. Raises `NotFound`."""
    return await _one(
        "c.id = $1 and exists (select 1 from brand_member m where m.brand = c.brand and m.person = $2)", collaboration_id, by.id
    )


async def collaboration_of_creator(*, collaboration_id: UUID, by: Principal) -> dict[str, Any]:
    """The creator's own collaboration. Raises `NotFound`."""
    return await _one("c.id = $1 and p.person = $2", collaboration_id, by.id)


async def collaboration_of_application(*, application_id: UUID, by: Principal) -> dict[str, Any] | None:
    """The collaboration that came of an application to the person's brand, None while there is none."""
    rows = await _rows(
        "c.application = $1 and exists (select 1 from brand_member m where m.brand = c.brand and m.person = $2)",
        application_id,
        by.id,
    )
    return rows[0] if rows else None


async def my_collaborations(*, by: Principal) -> list[dict[str, Any]]:
    """The creator's collaborations, active ones first, then the newest, with the current terms."""
    return await _rows("p.person = $1", by.id)


async def collaborations_of_brand(*, brand_id: UUID, by: Principal) -> list[dict[str, Any]]:
    """The collaborations of a brand that the person acts for, active ones first, then the newest, with the current terms."""
    return await _rows(
        "c.brand = $1 and exists (select 1 from brand_member m where m.brand = c.brand and m.person = $2)", brand_id, by.id
    )


def content_hash(*, collaboration_id: UUID, version: int, values: dict[str, Any]) -> str:
    """The fingerprint of a version of the terms: SHA-256 of its canonical JSON, in hex."""
    paper = {"collaboration": str(collaboration_id), "version": version, **values}
    return hashlib.sha256(json.dumps(paper, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


async def _agree(application: Application, brief: Brief, offer: CounterOffer | None, by: Principal) -> UUID:
    if await Collaboration.count().where(Collaboration.brief == brief.id) >= brief.places:
        raise PlacesTaken(places=brief.places)
    await Application.update(
        {Application.status: ApplicationStatus.ACCEPTED, Application.decided_by: by.id, Application.decided_at: clock.now()}
    ).where(Application.id == application.id)
    collaboration_id = await _begin(application.id, brief, application.creator)
    await _freeze_first_terms(collaboration_id, brief, offer, by)
    await audit.record(
        by=by,
        action="application.accept",
        kind="application",
        id=application.id,
        collaboration=collaboration_id,
        version=offer.version if offer else 0,
    )
    return collaboration_id


async def _begin(application_id: UUID, brief: Brief, creator_id: UUID) -> UUID:
    row = Collaboration(
        id=uuid4(),
        application=application_id,
        brief=brief.id,
        brand=brief.brand,
        creator=creator_id,
        status=CollaborationStatus.ACTIVE,
        created_at=clock.now(),
    )
    await row.save()
    return row.id


async def _freeze_first_terms(collaboration_id: UUID, brief: Brief, offer: CounterOffer | None, by: Principal) -> None:
    agreed = counter_offers.proposed(offer or brief)
    products = await BriefProduct.select(BriefProduct.product).where(BriefProduct.brief == brief.id)
    values: dict[str, Any] = {
        "commission_bp": agreed.commission_bp,
        "platform_fee_bp": await platform_fees.fee_at(clock.now()),
        "window_days": agreed.window_days,
        "model": brief.model,
        "hold_days": brief.hold_days,
        "fee_minor": agreed.fee_minor,
        "currency": brief.currency,
        "products": sorted(str(row["product"]) for row in products),
    }
    terms = Terms(
        id=uuid4(),
        collaboration=collaboration_id,
        version=1,
        content_hash=content_hash(collaboration_id=collaboration_id, version=1, values=values),
        frozen_at=clock.now(),
        accepted_by=by.id,
        **{**values, "products": json.dumps(values["products"])},
    )
    await terms.save()


async def _one(condition: str, *values: object) -> dict[str, Any]:
    rows = await _rows(condition, *values)
    if not rows:
        raise NotFound
    return rows[0]


async def _rows(condition: str, *values: object) -> list[dict[str, Any]]:
    query = f"""
        select c.id, c.status, c.created_at, c.ended_at, c.creator as creator_id, c.brand as brand_id, c.brief as brief_id,
               b.title as brief_title, b.language, b.starts_on, b.ends_on, r.name as brand, r.slug as brand_slug,
               r.picture as brand_picture, r.palette, p.handle, p.display_name, t.id as terms_id, t.version, t.commission_bp, t.platform_fee_bp, t.window_days, t.model,
               t.hold_days, t.fee_minor, t.currency, t.products, t.content_hash, t.frozen_at
        from collaboration c join brief b on b.id = c.brief join brand r on r.id = c.brand join creator p on p.id = c.creator
        join lateral (select * from terms where collaboration = c.id order by version desc limit 1) t on true
        where {condition}
        order by (c.status = 'active') desc, c.created_at desc
    """  # noqa: S608  # `condition` is one of the literals above
    async with DB.connection() as connection:
        rows = await connection.fetch(query, *values)
    return [{**dict(row), "products": [UUID(text) for text in json.loads(row["products"])]} for row in rows]
