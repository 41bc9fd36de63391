"""Corrections by two persons, and who owes since when (docs/money.md, chapter 14)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from payouts import adjustments, debts, invariants, ledger, proofs, purses
from payouts.adjustment_tables import Adjustment, AdjustmentKind, AdjustmentStatus
from payouts.adjustments import AdjustedAlready, NoSuchDebt, OwnAdjustment
from payouts.chart import Account, Code
from payouts.tables import PayeeKind
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import Market

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def proposed(
    market: Market, kind: AdjustmentKind, minor: int, by: Principal, payee: PayeeKind = PayeeKind.CREATOR, key: UUID | None = None
) -> UUID:
    owner = market.creator.id if payee == PayeeKind.CREATOR else market.brand.id
    await adjustments.propose(
        kind=kind,
        payee_kind=payee,
        owner=owner,
        amount=eur(minor),
        reason="Broken link in the show",
        client_key=key or uuid4(),
        by=by,
    )
    return (await adjustments.latest())[0].id


async def books_are_true() -> None:
    """All but I8: nobody has put money at Stripe for what is given here."""
    broken = [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds]
    assert [proof for proof in broken if proof.code != "I8"] == []


async def test_goodwill_a_charge_and_a_write_off_move_what_the_payee_has(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")

    async def corrected(kind: AdjustmentKind, minor: int) -> tuple[int, int]:
        await adjustments.book(adjustment_id=await proposed(market, kind, minor, fay), by=finn)
        has = await purses.contents(PayeeKind.CREATOR, market.creator.id, "EUR")
        await books_are_true()
        return has.available.minor, has.debt.minor

    assert await corrected(AdjustmentKind.GOODWILL, 2000) == (2000, 0)
    assert await corrected(AdjustmentKind.CHARGE, 5000) == (0, 3000)
    assert await corrected(AdjustmentKind.WRITE_OFF, 1000) == (0, 2000)
    assert await corrected(AdjustmentKind.GOODWILL, 2500) == (500, 0)
    assert await ledger.balance(Account(Code.BAD_DEBT), "EUR") == eur(1000)
    assert await ledger.balance(Account(Code.GOODWILL), "EUR") == eur(-500)


async def test_one_person_alone_corrects_nothing(db: None) -> None:
    market, fay = await facts.market(), await facts.person("fay")
    wanted = await proposed(market, AdjustmentKind.GOODWILL, 2000, fay)
    for act in (
        adjustments.book(adjustment_id=wanted, by=fay),
        adjustments.refuse(adjustment_id=wanted, reason="mine", by=fay),
    ):
        with pytest.raises(OwnAdjustment):
            await act
    async with DB.connection() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("update adjustment set checker = maker, status = 'booked'")


async def test_two_decisions_at_once_count_once(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    wanted = await proposed(market, AdjustmentKind.GOODWILL, 2000, fay)
    results = await asyncio.gather(
        *(adjustments.book(adjustment_id=wanted, by=finn) for _ in range(3)),
        adjustments.refuse(adjustment_id=wanted, reason="no", by=finn),
        return_exceptions=True,
    )
    assert sum(isinstance(one, AdjustedAlready) for one in results) == 3
    assert (await purses.contents(PayeeKind.CREATOR, market.creator.id, "EUR")).available in {eur(0), eur(2000)}
    await books_are_true()


async def test_a_double_click_proposes_once_and_only_real_payees_and_debts_count(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    key = uuid4()
    for _time in range(2):
        await proposed(market, AdjustmentKind.CHARGE, 300, fay, key=key)
    assert await Adjustment.count() == 1
    with pytest.raises(NoSuchDebt):
        await proposed(market, AdjustmentKind.WRITE_OFF, 1, fay)
    await adjustments.book(adjustment_id=(await adjustments.latest())[0].id, by=finn)
    first, second = [await proposed(market, AdjustmentKind.WRITE_OFF, 200, fay) for _ in range(2)]
    await adjustments.book(adjustment_id=first, by=finn)
    with pytest.raises(NoSuchDebt):
        await adjustments.book(adjustment_id=second, by=finn)
    assert [one.status for one in await adjustments.latest(status=AdjustmentStatus.WAITING)] == ["waiting"]
    with pytest.raises(NotFound):
        await adjustments.propose(
            kind=AdjustmentKind.GOODWILL,
            payee_kind=PayeeKind.BRAND,
            owner=market.creator.id,
            amount=eur(1),
            reason="no such brand",
            client_key=uuid4(),
            by=fay,
        )
    await books_are_true()


async def test_debts_have_an_age_and_payments_take_the_oldest_part(db: None) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn")
    for days, minor in ((100, 5000), (40, 3000), (1, 1000)):
        with clock.shifted(-timedelta(days=days)):
            await adjustments.book(adjustment_id=await proposed(market, AdjustmentKind.CHARGE, minor, fay), by=finn)
    await adjustments.book(adjustment_id=await proposed(market, AdjustmentKind.GOODWILL, 2000, fay), by=finn)
    (debtor,) = await debts.debtors("EUR")
    assert (debtor.name, debtor.total) == (market.creator.display_name, eur(7000))
    assert [age.minor for age in debtor.ages] == [1000, 3000, 0, 3000]


@given(st.lists(st.integers(-500, 500).filter(bool), max_size=30))
def test_what_is_open_is_what_was_owed_less_what_was_paid(moves: list[int]) -> None:
    balance, told = 0, []
    for place, move in enumerate(moves):
        step = max(move, -balance)
        if step:
            told.append((DAY + timedelta(days=place), step))
            balance += step
    parts = debts.open_parts(told)
    assert sum(minor for _at, minor in parts) == balance
    assert all(minor > 0 for _at, minor in parts)
    assert [at for at, _minor in parts] == sorted(at for at, _minor in parts)


async def test_the_pages_show_the_reason_and_let_the_second_person_decide(server: str, cast: Cast) -> None:
    market = await facts.market()
    fay, finn = await cast.client(await cast.fay()), await cast.client(await cast.finn())
    page = (await fay.get("/finance/adjustments", params={"q": market.creator.display_name})).text
    assert "No correction yet" in page
    key = page.split('name="client_key" value="')[1].split('"')[0]
    typed = {
        "payee": f"creator:{market.creator.id}",
        "kind": "goodwill",
        "amount": "12,50",
        "reason": "Broken link",
        "client_key": key,
    }
    assert (await fay.post("/finance/adjustments", data={**typed, "amount": "x"})).status_code == 422
    assert (await fay.post("/finance/adjustments", data={**typed, "payee": "creator:nobody"})).status_code == 422
    assert (await fay.post("/finance/adjustments", data=typed)).status_code == 303
    mine, theirs = (await fay.get("/finance/adjustments")).text, (await finn.get("/finance/adjustments")).text
    assert "/book" not in mine
    assert "Broken link" in theirs
    act = theirs.split('action="/finance/adjustments/')[1].split("/book")[0]
    assert (await fay.post(f"/finance/adjustments/{act}/book")).status_code == 403
    assert (await finn.post(f"/finance/adjustments/{act}/refuse", data={"decision": ""})).status_code == 422
    assert (await finn.post(f"/finance/adjustments/{act}/book")).status_code == 303
    assert "Nobody owes anything" in (await fay.get("/finance/debts")).text
    nour = await cast.client(market.nour)
    assert (await nour.get("/finance/adjustments")).status_code == 403
    assert (await nour.get("/finance/debts")).status_code == 403
