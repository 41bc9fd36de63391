"""Ready-made objects for tests, made through the verbs. One section a storey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from creators import applications, collaborations, profiles, shows
from creators.clip_tables import Clip, ClipStatus
from creators.links import new_code
from creators.shows import SlotPlan
from creators.tables import Show, ShowStatus, Signal
from foundation import clock
from foundation.accounts import Principal
from marketplace import briefs
from marketplace.briefs import Wanted
from marketplace.catalogue import Offered
from tests.marketplace import stall

# Creators.


@dataclass(frozen=True)
class Stage:
    """Ada's brand with two products, her brief, Nour's accepted application and her show."""

    ada: Principal
    nour: Principal
    brand_id: UUID
    products: tuple[Offered, Offered]
    brief_id: UUID
    creator_id: UUID
    collaboration_id: UUID
    show_id: UUID
    slug: str

    @property
    def pan(self) -> Offered:
        return self.products[0]


async def creator(by: Principal, handle: str) -> UUID:
    """A creator profile."""
    return await profiles.become_creator(
        handle=handle, display_name=by.display_name, bio="Cooks at home.", trade="kitchen", country="FR", language="fr", by=by
    )


async def brief(
    owner: Principal,
    brand_id: UUID,
    products: list[UUID],
    *,
    places: int = 2,
    commission_bp: int = 1200,
    window_days: int = 7,
    hold_days: int = 14,
    model: str = "last_touch",
) -> UUID:
    """A published brief for the coming month."""
    today = clock.now().date()
    wanted = Wanted(
        title="Copper for Christmas",
        summary="Three sauces, five pans.",
        products=products,
        commission_bp=commission_bp,
        window_days=window_days,
        model=model,
        hold_days=hold_days,
        places=places,
        language="fr",
        starts_on=today,
        ends_on=today + timedelta(days=30),
    )
    made = await briefs.draft_brief(brand_id=brand_id, wanted=wanted, by=owner)
    await briefs.publish_brief(brief_id=made, by=owner)
    return made


async def collaboration(owner: Principal, host: Principal, brief_id: UUID) -> UUID:
    """An accepted application with frozen terms."""
    application_id = await applications.apply(brief_id=brief_id, message="I cook with them.", by=host)
    return await collaborations.accept(application_id=application_id, by=owner)


async def show(host: Principal, collaboration_id: UUID, products: list[UUID], *, title: str = "Copper night") -> Show:
    """A show that begins in an hour, with ten minutes for each product."""
    line_up = [SlotPlan(product_id=product, title=f"Part {place}", minutes=10) for place, product in enumerate(products, 1)]
    show_id = await shows.schedule_show(
        collaboration_id=collaboration_id,
        title=title,
        starts_at=clock.now() + timedelta(hours=1),
        minutes=45,
        language="fr",
        line_up=line_up,
        by=host,
    )
    return await shows.hosted_show(show_id=show_id, by=host)


async def go_live(show_id: UUID) -> None:
    """The show is on air, as if its picture had arrived; tests of the picture itself publish a real one."""
    await Show.update(
        {Show.status: ShowStatus.LIVE, Show.signal: Signal.ACTIVE, Show.went_live_at: clock.now()}, force=True
    ).where(Show.id == show_id)


async def clip(made: Stage, title: str = "The caramel turns") -> Clip:
    """A moment that was marked, and waits for the recording."""
    row = Clip(
        id=uuid4(),
        code=new_code(),
        show=made.show_id,
        made_by=made.nour.id,
        by_host=True,
        title=title,
        starts=0,
        ends=30,
        status=ClipStatus.WAITING,
        client_key=uuid4(),
        created_at=clock.now(),
    )
    await row.save()
    return row


async def stage(
    *, live: bool = False, stock: int = 5, window_days: int = 7, commission_bp: int = 1200, hold_days: int = 14
) -> Stage:
    """Everything up to a scheduled show, or to one on air."""
    ada, nour = await stall.person("ada"), await stall.person("nour")
    brand = await stall.brand(ada)
    pan = await stall.product(ada, brand.id, stock=stock)
    pot = await stall.product(ada, brand.id, title="Stock pot Berthe", price=12900, stock=stock)
    brief_id = await brief(
        ada, brand.id, [pan.id, pot.id], window_days=window_days, commission_bp=commission_bp, hold_days=hold_days
    )
    creator_id = await creator(nour, "nour.en.cuisine")
    collaboration_id = await collaboration(ada, nour, brief_id)
    made = await show(nour, collaboration_id, [pan.id, pot.id])
    if live:
        await go_live(made.id)
    return Stage(
        ada=ada,
        nour=nour,
        brand_id=brand.id,
        products=(pan, pot),
        brief_id=brief_id,
        creator_id=creator_id,
        collaboration_id=collaboration_id,
        show_id=made.id,
        slug=made.slug,
    )
