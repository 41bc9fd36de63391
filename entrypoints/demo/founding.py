"""The market before its month begins: people, brands, catalogue, briefs, creators and the accounts they are paid on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import httpx

from creators import applications, collaborations, counter_offers, follows, profiles
from creators.counter_offers import Proposed
from entrypoints.demo import market, people, pictures, programme, talk, travel
from foundation import accounts, clock, passwords
from foundation.accounts import Principal
from foundation.errors import NotFound
from foundation.tables import Person, Role
from marketplace import brands, briefs, catalogue
from marketplace.briefs import Wanted
from marketplace.catalogue import NewVariant, Offered
from marketplace.tables import Brief
from moderation import words
from moderation.tables import WordAction
from payouts import cooling, payees
from payouts.tables import Payee

BRIEF_DAYS = 200


@dataclass
class Market:
    """What was founded, by the names that the demo uses. Briefs are keyed by (index of brand, index of brief)."""

    people: dict[str, Principal] = field(default_factory=dict)
    brands: list[UUID] = field(default_factory=list)
    products: list[list[Offered]] = field(default_factory=list)
    briefs: dict[tuple[int, int], UUID] = field(default_factory=dict)
    creators: dict[str, UUID] = field(default_factory=dict)
    collaborations: dict[tuple[str, tuple[int, int]], UUID] = field(default_factory=dict)

    def owner(self, brand: int) -> Principal:
        """Who acts for a brand."""
        return self.people[market.BRANDS[brand].owner]

    def shoppers(self) -> list[Principal]:
        return [self.people[name] for name in people.SHOPPERS]


async def found() -> Market:
    """Found the market at the moment of the clock."""
    made = Market()
    await _people(made)
    for number, brand in enumerate(market.BRANDS):
        await _brand(made, number, brand)
    for creator in people.CREATORS:
        await _creator(made, creator)
    for show in (*programme.PAST, programme.ON_AIR, *programme.COMING):
        if show.host not in {name for name, *_ in programme.APPLICATIONS}:
            await _collaborate(made, show.host, show.brief)
    for word in talk.HELD_WORDS:
        await words.add_word(word=word, action=WordAction.HOLD, by=made.people["max"])
    for word in talk.REFUSED_WORDS:
        await words.add_word(word=word, action=WordAction.REFUSE, by=made.people["max"])
    return made


async def apply_all(made: Market, journey: travel.Journey, since: datetime) -> None:
    """The applications of the last fortnight, in every state. `since` is when the first one came."""
    for number, (key, brief, outcome, message) in enumerate(programme.APPLICATIONS):
        journey.at(since + timedelta(hours=17 * number))
        asked = await _terms(made.briefs[brief], *programme.ASKS[key]) if key in programme.ASKS else None
        application = await applications.apply(brief_id=made.briefs[brief], message=message, asked=asked, by=made.people[key])
        journey.at(since + timedelta(hours=17 * number + 9))
        if outcome == "accepted":
            made.collaborations[key, brief] = await collaborations.accept(application_id=application, by=made.owner(brief[0]))
        elif outcome == "declined":
            await applications.decline(application_id=application, reason=programme.DECLINES[key], by=made.owner(brief[0]))
        elif outcome == "countered":
            rate, fee, note = programme.COUNTERS[key]
            offered = await _terms(made.briefs[brief], rate, fee)
            await counter_offers.propose(application_id=application, wanted=offered, note=note, by=made.owner(brief[0]))
        elif outcome == "withdrawn":
            await applications.withdraw(application_id=application, by=made.people[key])


async def _terms(brief_id: UUID, commission_bp: int, fee_minor: int) -> Proposed:
    """The brief's terms with another rate and another fee."""
    brief = await Brief.objects().where(Brief.id == brief_id).first()
    if brief is None:
        raise NotFound
    return replace(counter_offers.proposed(brief), commission_bp=commission_bp, fee_minor=fee_minor)


async def open_payout_accounts(made: Market) -> None:
    """Everybody who can be paid answers Stripe's questions on its page; some have not begun, one owes a document."""
    async with httpx.AsyncClient(timeout=30) as browser:
        await _open_payout_accounts(made, browser)


async def _open_payout_accounts(made: Market, browser: httpx.AsyncClient) -> None:
    for number, brand in enumerate(market.BRANDS[:-1]):
        owner = made.owner(number)
        link = await payees.onboard_brand(brand_id=made.brands[number], return_path="/brand/payouts", by=owner)
        await _answer_stripe(browser, link, brand.owner, "active")
        await _sync(await payees.of_brand(brand_id=made.brands[number], by=owner))
    for creator in people.CREATORS:
        if creator.payee:
            by = made.people[creator.key]
            link = await payees.onboard_creator(return_path="/studio/payouts", by=by)
            outcome = "document" if creator.payee == "document" else "active"
            await _answer_stripe(browser, link, creator.name, outcome, creator.iban)
            await _sync(await payees.of_creator(by=by))


async def restrict_some(made: Market) -> None:
    """Stripe asks a creator who was payable for a document."""
    for creator in people.CREATORS:
        if creator.payee == "restricted":
            payee = await payees.of_creator(by=made.people[creator.key])
            if payee is not None and payee.stripe_account_id:
                await travel.restrict(payee.stripe_account_id)
                await _sync(payee)


async def befriend(made: Market) -> None:
    """Shoppers follow the creators they have watched."""
    for place, creator in enumerate(people.CREATORS):
        fans = [who for number, who in enumerate(made.shoppers()) if (number * 7 + place * 5) % (3 + place) == 0]
        for who in fans:
            await follows.follow(creator_id=made.creators[creator.key], by=who)


async def _people(made: Market) -> None:
    for staff in people.STAFF:
        made.people[staff.key] = await _person(staff.key, staff.name, staff.roles, staff.locale)
    for brand in market.BRANDS:
        made.people[brand.owner] = await _person(people.shopper_key(brand.owner), brand.owner)
    for creator in people.CREATORS:
        made.people[creator.key] = await _person(creator.key, creator.name, (), creator.language)
    for name in people.SHOPPERS:
        made.people[name] = await _person(people.shopper_key(name), name)
    # One password for all and one hash of it: a hundred hashes would take the time of half the demo.
    await Person.update({Person.password_hash: await passwords.hashed(people.PASSWORD)}, force=True)


async def _person(key: str, name: str, roles: tuple[Role, ...] = (), locale: str = "en") -> Principal:
    return await accounts.create(email=people.email_of(key), display_name=name, roles=roles, locale=locale)


async def _brand(made: Market, number: int, brand: market.DemoBrand) -> None:
    owner = made.people[brand.owner]
    kept = await brands.found_brand(
        name=brand.name,
        trade=brand.trade,
        legal_name=f"{brand.name} SAS",
        legal_address=f"{number * 4 + 3} rue des Ateliers, 75011 Paris",
        country="FR",
        email=f"bonjour@{brand.slug}.example",
        tagline=brand.tagline,
        about=brand.about,
        picture=pictures.brand_path(brand),
        palette=brand.palette,
        by=owner,
    )
    made.brands.append(kept.id)
    made.people[brand.owner] = await accounts.person(owner.id)
    ids = [await _product(kept.id, brand, product, made.people[brand.owner]) for product in brand.products]
    made.products.append(await catalogue.products_on_sale(ids=ids))
    for place, brief in enumerate(brand.briefs):
        made.briefs[number, place] = await _brief(kept.id, brief, ids, made.people[brand.owner])


async def _product(brand_id: UUID, brand: market.DemoBrand, product: market.DemoProduct, by: Principal) -> UUID:
    variant = NewVariant(
        name="",
        sku=f"{brand.slug[:3].upper()}-{product.kind.upper()}",
        price_minor=product.price,
        stock=product.stock,
        was_minor=product.was or None,
    )
    return await catalogue.add_product(
        brand_id=brand_id,
        title=product.title,
        description=product.text,
        currency="EUR",
        variants=[variant],
        picture=pictures.product_path(brand, product),
        by=by,
    )


async def _brief(brand_id: UUID, brief: market.DemoBrief, products: list[UUID], by: Principal) -> UUID:
    today = clock.now().date()
    wanted = Wanted(
        title=brief.title,
        summary=brief.summary,
        wanted=brief.wanted,
        products=products,
        commission_bp=brief.commission,
        window_days=brief.window_days,
        hold_days=brief.hold_days,
        places=brief.places,
        language=brief.language,
        starts_on=today,
        ends_on=today + timedelta(days=BRIEF_DAYS),
        fee_minor=brief.fee,
        samples=brief.samples,
    )
    made = await briefs.draft_brief(brand_id=brand_id, wanted=wanted, by=by)
    await briefs.publish_brief(brief_id=made, by=by)
    return made


async def _creator(made: Market, creator: people.DemoCreator) -> None:
    by = made.people[creator.key]
    made.creators[creator.key] = await profiles.become_creator(
        handle=creator.handle,
        display_name=creator.name,
        bio=creator.bio,
        trade=creator.trade,
        country=creator.country,
        language=creator.language,
        picture=pictures.creator_path(creator.key),
        followers=creator.followers,
        by=by,
    )
    made.people[creator.key] = await accounts.person(by.id)


async def _collaborate(made: Market, key: str, brief: tuple[int, int]) -> None:
    if (key, brief) in made.collaborations:
        return
    name = market.BRANDS[brief[0]].name
    message = f"I have used the products of {name} for years and would love to show them live."
    application = await applications.apply(brief_id=made.briefs[brief], message=message, by=made.people[key])
    made.collaborations[key, brief] = await collaborations.accept(application_id=application, by=made.owner(brief[0]))


async def _answer_stripe(browser: httpx.AsyncClient, link: str, name: str, outcome: str, iban: str = "") -> None:
    given, _, surname = name.partition(" ")
    await browser.post(link, data={"given_name": given, "surname": surname, "outcome": outcome, "iban": iban})


async def _sync(payee: Payee | None) -> None:
    if payee is not None and payee.stripe_account_id:
        await payees.sync(account=payee.stripe_account_id)
        await cooling.note_bank(account=payee.stripe_account_id)
