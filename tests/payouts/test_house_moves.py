"""What waits in suspense is moved where it belongs by two persons, and nothing that others can prove is moved by hand."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from foundation import clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import WrongState
from foundation.money import Money
from payouts import house_moves, ledger, proofs
from payouts.chart import Account, Code
from payouts.house_move_tables import HouseMove
from payouts.house_moves import NotMovable
from payouts.ledger import Source, credit, debit
from payouts.second_person import OwnProposal
from tests.cast import Cast
from tests.payouts import facts


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


async def in_suspense(minor: int) -> None:
    await ledger.post(
        key=f"test:{uuid4()}", kind="A2", event_at=clock.now(), source=Source(kind="test", id="1"),
        lines=[debit(Account(Code.SUSPENSE), eur(minor)), credit(Account(Code.UNAPPLIED), eur(minor))],
    )  # fmt: skip


async def asked(minor: int, by: Principal, *, key: UUID | None = None) -> UUID:
    await house_moves.propose(
        debited=Code.STRIPE_FEES,
        credited=Code.SUSPENSE,
        amount=eur(minor),
        reason="Card fees of November",
        client_key=key or uuid4(),
        by=by,
    )
    return (await house_moves.latest())[0].id


async def test_two_persons_move_a_sum_once_however_often_it_is_pressed(db: None) -> None:
    fay, finn = await facts.person("fay"), await facts.person("finn")
    await in_suspense(1500)
    key = uuid4()
    for _time in range(2):
        move = await asked(900, fay, key=key)
    assert await HouseMove.count() == 1
    with pytest.raises(OwnProposal):
        await house_moves.book(move_id=move, by=fay)
    done = await asyncio.gather(*(house_moves.book(move_id=move, by=finn) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, WrongState) for one in done) == 2
    assert dict(await house_moves.standing("EUR"))[Code.SUSPENSE] == eur(600)
    assert await ledger.balance(Account(Code.STRIPE_FEES), "EUR") == eur(900)
    other = await asked(100, fay)
    await house_moves.refuse(move_id=other, reason="Not a fee", by=finn)
    with pytest.raises(WrongState):
        await house_moves.book(move_id=other, by=finn)
    assert [proof for proof in await proofs.verify() if not proof.holds] == []
    async with DB.connection() as connection:
        for change in ("update house_move set amount_minor = 1", "delete from house_move"):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                await connection.execute(change)


@pytest.mark.parametrize(
    ("debited", "credited"),
    [
        (Code.SUSPENSE, Code.SUSPENSE),
        (Code.BANK, Code.SUSPENSE),
        (Code.SUSPENSE, Code.STRIPE_AVAILABLE),
        (Code.CREATOR_AVAILABLE, Code.SUSPENSE),
        (Code.TAX_WITHHELD, Code.SUSPENSE),
        (Code.VAT_PAYABLE, Code.SUSPENSE),
        (Code.MEMO_SOURCE, Code.SUSPENSE),
    ],
)
async def test_what_others_can_prove_is_not_moved_by_hand(db: None, debited: Code, credited: Code) -> None:
    fay = await facts.person("fay")
    with pytest.raises(NotMovable):
        await house_moves.propose(debited=debited, credited=credited, amount=eur(1), reason="reason", client_key=uuid4(), by=fay)


async def test_the_page_takes_a_move_and_its_second_person_and_nobody_else(db: None, cast: Cast) -> None:
    await in_suspense(1500)
    fay, finn, nour = [await cast.client(await cast.person(name)) for name in ("fay", "finn", "nour")]
    form = {"debited": "5100", "credited": "2190", "amount": "9.00", "reason": "Card fees", "client_key": str(uuid4())}
    assert (await nour.get("/finance/moves")).status_code in {403, 404}
    assert (await fay.post("/finance/moves", data={**form, "credited": "1140"})).status_code == 422
    assert (await fay.post("/finance/moves", data={**form, "credited": "5100"})).status_code == 422
    assert (await fay.post("/finance/moves", data={**form, "amount": "-1"})).status_code == 422
    assert (await fay.post("/finance/moves", data=form)).status_code in {200, 303}
    [move] = await house_moves.latest()
    path = f"/finance/moves/{move.id}"
    assert (await fay.post(f"{path}/book", data={})).status_code in {403, 404, 409}
    assert (await finn.post(f"{path}/refuse", data={"decision": ""})).status_code == 422
    assert (await finn.post(f"{path}/book", data={})).status_code in {200, 303}
    page = (await fay.get("/finance/moves")).text
    assert "Booked" in page
    assert "6.00" in page
