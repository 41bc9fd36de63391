"""Whatever order the news of an order arrive in, and however often, the books end the same (I10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation import clock
from foundation.database import DB
from marketplace.tables import RefundStatus
from payouts import clawbacks, earnings, invariants, proofs
from tests import databases
from tests.payouts import facts
from tests.payouts.facts import PAID_AT, Sale

FACTS = 5
Books = set[tuple[str, str, int]]
_expected: list[Books] = []


class Story:
    """One order of three lines with two refunds: the facts come in their order, the news of them whenever they like."""

    def __init__(self, sale: Sale) -> None:
        self.sale = sale
        self.happened = 0
        self.refunds: list[UUID] = []

    async def next_fact(self) -> None:
        if self.happened == 0:
            self.refunds.append(await self.sale.refund({0: 1111, 1: 333}))
        elif self.happened == 1:
            await facts.stands(self.refunds[0], RefundStatus.SUCCEEDED)
        elif self.happened == 2:
            self.refunds.append(await self.sale.refund({0: 777, 2: 1}))
        elif self.happened == 3:
            await facts.stands(self.refunds[1], RefundStatus.SUCCEEDED)
        else:
            await facts.stands(self.refunds[1], RefundStatus.FAILED)
        self.happened += 1

    def news(self) -> list[Callable[[], Awaitable[object]]]:
        """What may be told now: the sale, the fee, the end of the hold, and each refund that there is."""
        order_id = self.sale.order_id
        told: list[Callable[[], Awaitable[object]]] = [
            lambda: earnings.credit_sale(order_id=order_id),
            lambda: earnings.charge_settled(order_id=order_id),
            earnings.release_due,
        ]
        return told + [lambda refund=refund: clawbacks.claw_back(refund_id=refund) for refund in self.refunds]


async def begin() -> Story:
    await databases.empty()
    market = await facts.market(commission_bp=1234)
    return Story(await market.order(6000, 1999, 1, fee=115))


async def finish(story: Story) -> Books:
    while story.happened < FACTS:
        await story.next_fact()
    for tell in story.news():
        await tell()
    await earnings.release_due()
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []
    async with DB.connection() as connection:
        rows = await connection.fetch("select code, owner_kind, balance from ledger_account where balance <> 0")
    return {(row["code"], row["owner_kind"], row["balance"]) for row in rows}


def after_the_hold() -> AbstractContextManager[None]:
    return clock.shifted(PAID_AT + timedelta(days=15) - clock.now())


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
@given(steps=st.lists(st.integers(0, 7), max_size=14))
async def test_any_order_and_any_repetition_of_the_news_ends_in_the_same_books(db: None, steps: list[int]) -> None:
    with after_the_hold():
        if not _expected:
            _expected.append(await finish(await begin()))
        story = await begin()
        for step in steps:
            told = story.news()
            if step < len(told):
                await told[step]()
            elif story.happened < FACTS:
                await story.next_fact()
        assert await finish(story) == _expected[0]
