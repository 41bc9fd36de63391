"""What a person still has to decide in the demo: suspicious sales, withheld tax, rules of commission, proposals for a second person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from creators import conversion_uploads, corrections, fraud, hosts
from creators.fraud_tables import CaseStatus, FraudCase
from creators.tables import Show
from entrypoints.demo import own_shop, people, programme, purchases
from entrypoints.demo.founding import Market
from entrypoints.demo.programme import DemoShow
from entrypoints.demo.purchases import Wish
from foundation import clock
from foundation.accounts import Principal
from foundation.money import Money
from marketplace.tables import OrderLine
from payouts import adjustments, bonuses, documents, identities, platform_rules, rule_book, tax_payments, us_forms, vat_parties
from payouts.adjustment_tables import AdjustmentKind
from payouts.commission_rules import Draft
from payouts.commission_tables import RuleKind
from payouts.identities import Declared
from payouts.platform_rules import first_day
from payouts.tables import PayeeKind
from payouts.tax_tables import UsForm
from payouts.us_forms import Signed
from payouts.vat_matrix import VatStatus

if TYPE_CHECKING:
    from entrypoints.demo.history import Past

HOST = "nour"
ABROAD = "jeanne"
"""She taught her stitches in Vermont for a week: part of what she earns is taxed there."""

CONFIRMED = "Three accounts, one letter box, one evening: the parcels went to the creator's own house."
APPEAL = "We are four in this house and two of us watched together. The pots stand on three different balconies."
WORDS = {
    "bonus": "For the evening with the split beurre blanc: our ladles are sold out.",
    "credit": "The buyer wrote that Callum had shown her the pan; she opened the room by mistake.",
    "gift": "The label of a sample was billed to her twice; the carrier does not give it back.",
    "rule": "Creators who bring somebody new do more for a brand than those who sell to regulars.",
    "fee": "The cost of live pictures has fallen by a third since summer.",
}
ROWS = (
    ("88101", 2, "copper-salt", "28.00", own_shop.code_of(programme.PAST[0])),
    ("88102", 1, "copper-pan", "49.17", own_shop.code_of(programme.PAST[0])),
    ("88103", 1, "copper-pan", "forty-nine", own_shop.code_of(programme.PAST[0])),
    ("88104", 1, "copper-whisk", "15.83", "NOBODY10"),
    ("88105", 3, "copper-whisk", "47.50", own_shop.code_of(programme.PAST[0])),
)
"""A file of the shop: order, pieces, article, net amount, code; a person meets the third and the fourth again as problems."""


def plan(past: Past) -> None:
    """When in the month it happens."""
    made, first = past.made, programme.PAST[0]
    rosa, nour = (show for show in programme.PAST if (show.host, show.day) in {("rosa", -21), ("nour", -5)})
    past.plan(past.on(first.day - 1, 10), "papers of two creators", lambda: write_papers(made))
    past.plan(past.on(rosa.day + 1, 12), "one house buys", lambda: one_house_buys(made, rosa, past.shows[rosa.title]))
    past.plan(past.on(nour.day + 1, 12), "one house buys", lambda: one_house_buys(made, nour, past.shows[nour.title]))
    past.plan(past.on(rosa.day + 2, 10), "a case is decided", lambda: judge(made, rosa))
    past.plan(past.on(-6, 16), "a file of sales", lambda: hand_in_file(made, first))


async def write_papers(made: Market) -> None:
    """Two creators say who they are. One lets us invoice in her name, so that there are documents; one works abroad and gives the form for it."""
    host, traveller = made.people[HOST], made.people[ABROAD]
    await identities.declare(told=_declared(host.display_name, "9 rue du Bourdeau", "59000", "Lille"), by=host)
    await identities.give_mandate(by=host)
    await vat_parties.declare(kind=PayeeKind.CREATOR, owner=made.creators[HOST], status=VatStatus.FRANCHISE, vat_id="", by=host)
    name = traveller.display_name
    await identities.declare(told=_declared(name, "4 rue de la Laine", "87000", "Limoges", works_in_us=True), by=traveller)
    signed = Signed(form=UsForm.W8BEN, legal_name=name, signature=name, treaty_bp=1000, treaty_article="17")
    await us_forms.sign(told=signed, by=traveller)


def _declared(name: str, street: str, postcode: str, town: str, *, works_in_us: bool = False) -> Declared:
    tin = "1234567890123"
    return Declared(
        legal_name=name,
        is_company=False,
        street=street,
        postcode=postcode,
        town=town,
        country="FR",
        tin=tin,
        works_in_us=works_in_us,
    )


async def one_house_buys(made: Market, show: DemoShow, show_id: UUID) -> None:
    """Three people who share a letter box buy from one replay, as a creator's friends might; the look at new sales finds it."""
    running = await Show.objects().where(Show.id == show_id).first()
    product = made.products[show.brief[0]][show.products[-1]]
    for name in people.SHOPPERS[-3:]:
        home = msgspec.structs.replace(people.address_of(people.SHOPPERS[-1]), name=name)
        wish = Wish(made.people[name], product.id, product.choices[0].id, 1, running, home)
        await purchases.buy(wish, purchases.CARDS[0])


async def judge(made: Market, show: DemoShow) -> None:
    """A moderator confirms what was found, and the show's host does not agree."""
    await fraud.scan()
    found = await FraudCase.objects().where(FraudCase.status == CaseStatus.OPEN).first()
    if found is not None:
        await fraud.decide(case_id=found.id, clear=False, reason=CONFIRMED, by=made.people["max"])
        await fraud.appeal(case_id=found.id, text=APPEAL, by=made.people[show.host])


async def hand_in_file(made: Market, show: DemoShow) -> None:
    """The brand brings its shop's sales as a file."""

    async def content() -> AsyncIterator[bytes]:
        day = clock.now().date() - timedelta(days=2)
        yield b"order,date,currency,sku,quantity,net,code\n"
        for order, pieces, sku, net, code in ROWS:
            yield f"{order},{day},EUR,{sku},{pieces},{net},{code}\n".encode()

    await conversion_uploads.receive(
        brand_id=made.brands[show.brief[0]], name="shop-sales.csv", content=content(), by=made.owner(show.brief[0])
    )


async def propose(made: Market, shows: dict[str, UUID], now: date) -> None:
    """What waits for a second person or for an answer."""
    fay, finn = made.people["fay"], made.people["finn"]
    await fraud.scan()
    await documents.issue_due()
    await _pay_tax(now, fay, finn)
    ines = made.creators["ines"]
    await adjustments.propose(
        kind=AdjustmentKind.GOODWILL, payee_kind=PayeeKind.CREATOR, owner=ines, amount=Money(640, "EUR"), reason=WORDS["gift"],
        client_key=uuid4(), by=fay,
    )  # fmt: skip
    await _rules(made, fay)
    await platform_rules.propose_fee(
        fee_bp=450, starts_on=first_day(clock.now()) + timedelta(days=7), reason=WORDS["fee"], client_key=uuid4(), by=fay
    )
    await bonuses.promise(
        brand_id=made.brands[0], creator_id=made.creators["nour"], net=Money(5000, "EUR"), reason=WORDS["bonus"],
        client_key=uuid4(), by=made.owner(0),
    )  # fmt: skip
    guest = next(one for one in people.CREATORS if one.key == "callum")
    coming = next(one for one in programme.COMING if one.host == "nour")
    await hosts.invite(show_id=shows[coming.title], handle=guest.handle, share_bp=3000, by=made.people["nour"])
    line = await OrderLine.select(OrderLine.id).where(OrderLine.order.show_id == shows["Beurre blanc without fear"]).first()
    if line is not None:
        await corrections.ask(order_line_id=line["id"], handle=guest.handle, reason=WORDS["credit"], by=fay)


async def _rules(made: Market, maker: Principal) -> None:
    """One rule of a brand, which holds from now on, and one that is proposed for all."""
    launch = Draft(
        rule=None, version=0, name="Ladles, until the shelf is empty", place=1, kind=RuleKind.PERCENT, currency="EUR",
        product=made.products[0][7].id, rate_bp=1800,
    )  # fmt: skip
    await rule_book.publish(brand_id=made.brands[0], draft=launch, by=made.owner(0))
    first = Draft(
        rule=None, version=0, name="First purchase at a brand", place=1, kind=RuleKind.PERCENT, currency="EUR", first_sale=True,
        rate_bp=1600,
    )  # fmt: skip
    starts = first_day(clock.now()) + timedelta(days=7)
    await platform_rules.propose_rule(draft=first, starts_on=starts, reason=WORDS["rule"], client_key=uuid4(), by=maker)


async def _pay_tax(now: date, maker: Principal, checker: Principal) -> None:
    """The tax withheld in the oldest month was deposited in two parts: one is booked, the other one waits for the second person."""
    owed = next((row for row in (await tax_payments.owed()).get("EUR", []) if row.open.minor > 1), None)
    if owed is None:
        return
    first = Money(owed.open.minor // 2, "EUR")
    for place, amount in enumerate((first, owed.open - first), 1):
        await tax_payments.propose(
            amount=amount,
            paid_on=now - timedelta(days=1),
            reference=f"IRS 1042 {owed.month} {place}/2",
            client_key=uuid4(),
            by=maker,
        )
        if place == 1:
            [waiting] = [one for one in await tax_payments.latest() if one.status == "waiting"]
            await tax_payments.book(payment_id=waiting.id, by=checker)
