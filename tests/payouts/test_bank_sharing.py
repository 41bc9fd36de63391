"""Several creators with one bank account: nobody of them is paid before a person has looked at it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from creators.tables import Creator
from foundation import clock
from foundation.errors import Forbidden, NotFound
from foundation.tables import Mail
from payouts import bank_sharing, cooling, runs
from payouts.bank_sharing import ReasonTooShort
from payouts.runs import RunOutdated
from payouts.simulation import Block, simulate
from payouts.tables import Payee, PayeeKind
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn

WHY = "Sisters: both names are on the account, seen on the statement of October."


@pytest.fixture
async def house(stripe_sandbox: StandIn, db: None) -> Ready:
    """Nour has money that a run would pay to her."""
    made = await ready(stripe_sandbox)
    await Payee.update({Payee.bank: "bank-of-nour"}).where(Payee.creator == made.market.creator.id)
    await made.sale(30000)
    await made.books()
    return made


async def nours(house: Ready) -> Payee:
    found = await Payee.objects().where(Payee.creator == house.market.creator.id).first()
    assert found is not None
    return found


async def another(bank: str, name: str = "Chloe") -> Payee:
    """Another creator, whose bank account becomes known."""
    who = await facts.person(name.lower())
    creator = Creator(
        id=uuid4(), person=who.id, handle=name.lower(), display_name=name, country="FR", language="fr", created_at=clock.now()
    )
    await creator.save()
    payee = Payee(
        id=uuid4(), kind=PayeeKind.CREATOR, creator=creator.id, name=name, country="FR", stripe_account_id=f"acct_{name}",
        payable=True, requirements="{}", created_at=clock.now(),
    )  # fmt: skip
    await payee.save()
    await cooling.keep_bank(payee, bank)
    return payee


async def blocks() -> list[Block]:
    return [line.reason for line in (await simulate()).blocked]


async def test_two_creators_with_one_account_wait_until_somebody_allows_it_and_read_why(house: Ready) -> None:
    nour = await nours(house)
    assert await blocks() == []
    chloe = await another(nour.bank)
    assert await blocks() == [Block.SHARED_BANK]
    assert await Mail.count().where(Mail.subject == "Your payouts wait") == 2
    assert [(one.name, one.others, one.allowed_at) for one in await bank_sharing.sharers()] == [
        ("Chloe", [nour.name], None),
        (nour.name, ["Chloe"], None),
    ]
    await bank_sharing.allow(payee_id=nour.id, reason=WHY, by=house.fay)
    assert await blocks() == []
    assert await bank_sharing.waits(chloe), "each is allowed for themself"
    await bank_sharing.allow(payee_id=nour.id, reason="Clicked twice: nothing is said a second time.", by=house.fay)
    assert [one.reason for one in await bank_sharing.sharers() if one.allowed_at] == [WHY]


async def test_an_account_that_nobody_shares_needs_no_allowance(house: Ready) -> None:
    nour = await nours(house)
    with pytest.raises(NotFound):
        await bank_sharing.allow(payee_id=nour.id, reason=WHY, by=house.fay)


async def test_an_allowance_ends_with_the_account_it_was_given_for(house: Ready) -> None:
    nour = await nours(house)
    await another(nour.bank)
    await bank_sharing.allow(payee_id=nour.id, reason=WHY, by=house.fay)
    await another("another-bank", "Ines")
    await Payee.update({Payee.bank: "another-bank"}).where(Payee.id == nour.id)
    assert await bank_sharing.waits(await nours(house))


async def test_a_run_that_was_drafted_before_pays_nobody_who_shares_an_account_by_now(house: Ready) -> None:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    await another((await nours(house)).bank)
    with pytest.raises(RunOutdated):
        await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)


async def test_only_finance_allows_it_and_says_why(house: Ready) -> None:
    nour = await nours(house)
    await another(nour.bank)
    with pytest.raises(Forbidden):
        await bank_sharing.allow(payee_id=nour.id, reason=WHY, by=house.market.nour)
    with pytest.raises(ReasonTooShort):
        await bank_sharing.allow(payee_id=nour.id, reason=" because " * 2, by=house.fay)
    with pytest.raises(NotFound):
        await bank_sharing.allow(payee_id=uuid4(), reason=WHY, by=house.fay)


async def test_the_page_lists_who_waits_takes_a_reason_and_keeps_what_was_typed(house: Ready, cast: Cast) -> None:
    nour = await nours(house)
    await another(nour.bank)
    async with await cast.client(house.fay) as fay:
        page = await fay.get("/finance/shared-banks")
        assert page.status_code == 200
        assert "Same account as Chloe" in page.text
        refused = await fay.post(f"/finance/shared-banks/{nour.id}/allow", data={f"reason-{nour.id}": "Sisters"})
        assert refused.status_code == 422
        assert "Sisters" in refused.text
        assert "20 characters or more" in refused.text
        told = await fay.post(f"/finance/shared-banks/{nour.id}/allow", data={f"reason-{nour.id}": WHY}, follow_redirects=True)
        assert WHY in told.text
    async with await cast.client(house.market.nour) as creator:
        assert (await creator.get("/finance/shared-banks")).status_code == 403
