"""What is withheld for the United States: the rule, the item that freezes it, the journal, the reversal (docs/money.md, chapter 17)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from creators.tables import Creator
from foundation import clock, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import (
    identities,
    invariants,
    ledger,
    monthly,
    run_stops,
    runs,
    simulation,
    transfers,
    us_forms,
    withheld_lists,
    withholding,
)
from payouts.chart import Account, Code
from payouts.identities import Declared
from payouts.runs import RunOutdated
from payouts.tables import ItemStatus, PayeeKind, PayoutItem
from payouts.tax_tables import UsForm, UsTaxForm
from payouts.us_forms import Signed, TreatyNeedsTin, UsTinMissing, WrongForm
from payouts.withholding import Standing, Why, Withheld
from tests.cast import Cast
from tests.payouts.ready import Ready, approved, everything_agrees, held_by, ready
from tests.stand_ins import StandIn

TODAY = date(2026, 11, 22)
W8 = date(2029, 12, 31)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def lives(
    country: str, *, works: bool = False, form: UsForm | None = None, treaty: int | None = None, until: date | None = None
) -> Standing:
    return Standing(residence=country, works_in_us=works, form=form, treaty_bp=treaty, expires_on=until)


@pytest.mark.parametrize(
    ("standing", "rate", "why"),
    [
        (lives("FR"), 0, Why.NOTHING),
        (lives("FR", works=True), 3000, Why.FOREIGN),
        (lives("FR", works=True, form=UsForm.W8BEN, until=W8), 3000, Why.FOREIGN),
        (lives("FR", works=True, form=UsForm.W8BEN, treaty=1000, until=W8), 1000, Why.TREATY),
        (lives("FR", works=True, form=UsForm.W8BEN_E, treaty=0, until=W8), 0, Why.NOTHING),
        (lives("FR", works=True, form=UsForm.W8BEN, treaty=0, until=date(2026, 11, 21)), 3000, Why.FOREIGN),
        (lives("FR", works=True, form=UsForm.W8BEN, treaty=0, until=TODAY), 0, Why.NOTHING),
        (lives("FR", form=UsForm.W8BEN, until=W8), 0, Why.NOTHING),
        (lives("FR", works=True, form=UsForm.W9), 0, Why.NOTHING),
        (lives("US"), 2400, Why.BACKUP),
        (lives("US", works=True), 2400, Why.BACKUP),
        (lives("US", form=UsForm.W9), 0, Why.NOTHING),
        (lives("US", form=UsForm.W8BEN, treaty=0, until=W8), 2400, Why.BACKUP),
    ],
)
def test_the_rate_follows_from_where_somebody_lives_works_and_what_they_signed(standing: Standing, rate: int, why: Why) -> None:
    assert withholding.withheld(standing, TODAY) == Withheld(rate, why)


def test_a_w8_ends_with_the_third_year_after_its_signature() -> None:
    assert (
        withholding.expires_on(UsForm.W8BEN, date(2026, 1, 1)) == withholding.expires_on(UsForm.W8BEN_E, date(2026, 12, 31)) == W8
    )
    assert withholding.expires_on(UsForm.W9, TODAY) is None


def test_reversals_in_any_pieces_give_back_the_same_tax() -> None:
    amount, withheld = eur(1401), eur(599)
    for pieces in ((1401,), (1, 1400), (467, 467, 467), (700, 701), (2, 3, 5, 1391)):
        before, back = 0, 0
        for piece in pieces:
            back += withholding.given_back(
                amount=amount, withheld=withheld, reversed_before=eur(before), reversed_now=eur(piece)
            ).minor
            before += piece
        assert back == 599


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    """20.00 for Nour, who works in the United States and signed nothing; 95.00 for the brand."""
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    await house.books()
    await told(house.market.nour)
    return house


async def told(nour: Principal, *, country: str = "FR", works: bool = True, tin: str = "1234567890123") -> None:
    declared = Declared(
        legal_name="Nour Benali", is_company=False, street="3 place", postcode="59000", town="Lille", country=country, tin=tin,
        born_on=date(1990, 5, 4), works_in_us=works,
    )  # fmt: skip
    await identities.declare(told=declared, by=nour)


async def nours(run_id: object) -> PayoutItem:
    item = await PayoutItem.objects().where((PayoutItem.run == run_id) & (PayoutItem.payee.kind == "creator")).first()
    assert item is not None
    return item


async def test_the_tax_stays_here_on_its_own_account_and_the_rest_leaves(house: Ready) -> None:
    found = await simulation.simulate()
    assert (found.withheld_total, found.total, found.available) == (eur(600), eur(1400 + 9500), eur(11500))
    run = await approved(house)
    item = await nours(run.id)
    assert (item.amount_minor, item.withheld_minor, item.withheld_bp, item.withheld_why) == (1400, 600, 3000, "foreign")
    assert (await house.creator()).in_payout == eur(2000)
    await transfers.execute(run_id=run.id)
    assert await held_by(house.nour_account) == 1400
    assert await ledger.balance(Account(Code.TAX_WITHHELD), "EUR") == eur(600)
    assert (await house.creator()).in_payout == eur(0)
    month = await monthly.statement(PayeeKind.CREATOR, house.market.creator.id, "Nour", f"{clock.now():%Y-%m}", "EUR")
    assert (month.withheld, month.paid, month.closing) == (eur(600), eur(1400), eur(0))
    (line,) = await withheld_lists.of_year(clock.now().year)
    assert (line.name, line.why, line.paid, line.withheld) == ("Nour Benali", Why.FOREIGN, eur(1400), eur(600))
    await everything_agrees(house)


async def test_a_reversal_gives_its_part_of_the_tax_back_once(house: Ready) -> None:
    run = await approved(house)
    await transfers.execute(run_id=run.id)
    item = await nours(run.id)
    for amount in (700, 700):
        await stripe_gateway.reverse_transfer(
            transfer=item.transfer_id or "", amount=eur(amount), key=str(uuid4()), metadata={"why": "wrong payee"}
        )
        await transfers.confirm(transfer_id=item.transfer_id or "")
        await transfers.confirm(transfer_id=item.transfer_id or "")
    assert await ledger.balance(Account(Code.TAX_WITHHELD), "EUR") == eur(0)
    assert (await house.creator()).available == eur(2000)
    assert [proof for proof in await invariants.check() if not proof.holds] == []


async def test_what_is_stopped_before_it_left_withholds_nothing(house: Ready) -> None:
    run = await approved(house)
    await run_stops.stop(run_id=run.id, reason="not today", by=house.finn)
    assert (await house.creator()).available == eur(2000)
    assert await ledger.balance(Account(Code.TAX_WITHHELD), "EUR") == eur(0)
    assert (await nours(run.id)).status == ItemStatus.RELEASED


async def test_a_form_between_draft_and_approval_asks_for_another_draft(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    signed = Signed(form=UsForm.W8BEN, legal_name="Nour Benali", signature="Nour Benali", treaty_bp=0, treaty_article="14")
    await us_forms.sign(told=signed, by=house.market.nour)
    with pytest.raises(RunOutdated):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)
    await runs.cancel(run_id=run.id, by=house.fay)
    assert (await simulation.simulate()).withheld_total == eur(0)
    with clock.shifted(timedelta(days=366 * 4)):
        assert (await us_forms.due_of(house.market.creator.id)).why == Why.FOREIGN, "the form has ended"


async def test_forms_are_checked_sealed_and_never_edited(house: Ready) -> None:
    nour = house.market.nour
    w9 = Signed(form=UsForm.W9, legal_name="Nour Benali", signature="Nour Benali", tin="12345678")
    with pytest.raises(UsTinMissing):
        await us_forms.sign(told=w9, by=nour)
    with pytest.raises(TreatyNeedsTin):
        await us_forms.sign(told=Signed(form=UsForm.W8BEN, legal_name="N", signature="Nour", treaty_bp=0), by=nour)
    with pytest.raises(NotFound):
        await us_forms.sign(told=w9, by=house.fay)
    first = await us_forms.sign(told=Signed(form=UsForm.W9, legal_name="N B", signature="Nour", tin="123-45-6789"), by=nour)
    assert (first.tin_end, "6789" in first.tin_sealed) == ("6789", False)
    assert not first.expires_on
    await told(nour, country="US")
    with pytest.raises(WrongForm):
        await us_forms.sign(told=Signed(form=UsForm.W8BEN, legal_name="N", signature="Nour"), by=nour)
    second = await us_forms.sign(told=Signed(form=UsForm.W9, legal_name="N", signature="Nour", tin="123456789"), by=nour)
    current = await us_forms.current(house.market.creator.id)
    assert current is not None
    assert (current.id, await UsTaxForm.count()) == (second.id, 2)
    async with DB.connection() as connection:
        for deed in ("update us_tax_form set treaty_bp = 0", "delete from us_tax_form"):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(deed)


async def test_the_creator_sees_what_blocks_this_and_signs_on_the_page(house: Ready, server: str, cast: Cast) -> None:
    client = await cast.client(house.market.nour)
    earnings = (await client.get("/studio/earnings")).text
    assert "30" in earnings
    assert "withheld for the tax office" in earnings
    page = (await client.get("/studio/tax")).text
    assert "work done there, no treaty" in page
    bad = await client.post(
        "/studio/tax/form", data={"us_form": "w8ben", "us_name": "Nour Benali", "treaty": "31", "signature": "N"}
    )
    assert bad.status_code == 422
    assert "From 0 to 30" in bad.text or "rate from 0 to 30" in bad.text
    fields = {"us_form": "w8ben", "us_name": "Nour Benali", "treaty": "0", "treaty_article": "14", "signature": "Nour Benali"}
    assert (await client.post("/studio/tax/form", data=fields)).status_code == 303
    assert "In force" in (await client.get("/studio/tax")).text
    assert await Creator.exists().where(Creator.person == house.market.nour.id)
    stranger = await cast.client(house.market.sam)
    assert (await stranger.get("/studio/tax")).status_code in {403, 404}
