"""A whole Fanfare of real programs that tests may kill, and what must be true of it afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx

from creators import touches
from creators.tables import Show, TouchKind
from entrypoints import supervisor
from foundation import clock, settings, stripe_gateway, valkey
from foundation.accounts import Principal
from foundation.database import DB
from marketplace import checkout, payments
from marketplace.tables import Order, OrderStatus
from payouts import earnings, funds, payees, proofs, reconciliation
from payouts.tables import Commission, Payee
from tests import factories
from tests.factories import Stage
from tests.marketplace import stall
from tests.stand_ins import StandIn

PATIENCE = 45.0
HEARTBEAT = "2000"
"""Milliseconds after which a dead worker's messages go to the next one; real workers wait longer."""


async def until(what: str, check: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Ask until it is so; fails with `what` when it does not come true."""
    deadline = clock.now() + timedelta(seconds=patience)
    while not await check():
        assert clock.now() < deadline, f"not after {patience:.0f} s: {what}"
        await asyncio.sleep(0.05)


@dataclass
class Whole:
    """The running programs, and a market on air whose payees can be paid."""

    programs: supervisor.Supervisor
    stripe: StandIn
    mux: StandIn
    base: str
    market: Stage
    sam: Principal
    fay: Principal
    finn: Principal

    def kill(self, name: str) -> None:
        """kill -9 of one program alone, whatever it is doing."""
        program = self.program(name)
        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait(10)

    def program(self, name: str) -> supervisor.Program:
        return next(program for program in self.programs.programs if program.name == name)

    async def back(self, name: str) -> None:
        """Start it again, as the supervisor does, and wait for the web until it answers."""
        program = self.program(name)
        self.programs.restart(program)
        if name == "web":
            await until("the web process is back", self.answers)

    async def answers(self) -> bool:
        async with httpx.AsyncClient() as asking:
            try:
                return (await asking.get(f"{self.base}/ready", timeout=2)).status_code == 200
            except httpx.HTTPError:
                return False

    async def is_silent(self) -> bool:
        """Whether the port of the web is free again: no process of before answers there."""
        parts = urlsplit(self.base)
        with socket.socket() as probe:
            return probe.connect_ex((parts.hostname or "", parts.port or 0)) != 0

    async def place(self) -> tuple[UUID, str]:
        """An order out of the room with its payment opened; returns its id and the intent."""
        show = await Show.objects().where(Show.id == self.market.show_id).first()
        assert show is not None
        touch = await touches.record_touch(
            show=show, kind=TouchKind.BUY_TAP, visitor="v", by=self.sam, product_id=self.market.pan.id
        )
        order_id = await checkout.place_order(
            lines=[(self.market.pan.choices[0].id, 1)],
            show_id=show.id,
            touch_id=touch,
            cart_key=str(uuid4()),
            ship_to=stall.HOME,
            by=self.sam,
        )
        await payments.payment_form(order_id=order_id, by=self.sam)
        return order_id, (await stall.payment_of(order_id)).intent_id

    async def buy(self) -> UUID:
        """An order that Stripe has taken the money for; the programs make the rest of it."""
        order_id, intent = await self.place()
        await stall.pay_at_stripe(intent)
        return order_id

    async def credited(self, orders: list[UUID], patience: float = PATIENCE) -> None:
        """Wait until all are paid and credited; each exactly once."""

        async def so() -> bool:
            paid = await Order.count().where(Order.id.is_in(orders) & (Order.status == OrderStatus.PAID))
            booked = await Commission.count().where(Commission.order.is_in(orders))
            return bool(paid == booked == len(orders))

        await until(f"{len(orders)} orders are paid and credited", so, patience)

    async def books_agree(self) -> None:
        """Nothing is lost and nothing is doubled: the ledger balances, and Stripe's own movements say the same."""

        async def so() -> bool:
            await funds.sweep()
            await earnings.release_due()
            await reconciliation.reconcile()
            return await reconciliation.open_count() == 0

        await until("no difference with Stripe", so)
        assert [proof.code for proof in await proofs.verify() if not proof.holds] == []

    async def fault(self, kind: str, operation: str, *, times: int = 1, seconds: float = 0) -> None:
        await self.stripe.admin("faults", {"kind": kind, "operation": operation, "times": times, "seconds": seconds})


async def market(programs: supervisor.Supervisor) -> Whole:
    """Begin the work on running programs whose database is empty."""
    programs.start("worker", "entrypoints.worker", "--heartbeat", HEARTBEAT)
    programs.start("relay", "entrypoints.relay")
    now = settings.current()
    stripe, mux = StandIn("stripe", now.stripe_api_base, 0), StandIn("mux", now.mux_api_base, 0)
    made = await factories.stage(live=True, stock=200, hold_days=0)
    people = [await stall.person(name) for name in ("sam", "fay", "finn")]
    await _payable(made, stripe)
    return Whole(programs, stripe, mux, now.base_url, made, *people)


async def leave() -> None:
    """Close what this event loop has open to the engines and vendors of before."""
    await stripe_gateway.close()
    await valkey.close()
    await DB.close()


async def _payable(made: Stage, stripe: StandIn) -> None:
    """The creator's and the brand's accounts at Stripe, checked."""
    await payees.onboard_creator(return_path="/studio/payouts", by=made.nour)
    await payees.onboard_brand(brand_id=made.brand_id, return_path="/brand/payouts", by=made.ada)
    for row in await Payee.select(Payee.stripe_account_id):
        await stripe.admin(f"accounts/{row['stripe_account_id']}/activate")
        await payees.sync(account=row["stripe_account_id"])
