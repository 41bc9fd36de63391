"""A limited drop through the whole of Fanfare: 1,000 buyers, 200 units, 64 at once; who is sold what in the end.

    .venv/bin/python -m tests.benchmarks.bench_drop [runs] [web processes] [--kill]

Each run: everybody orders by the API; a fifth of those who got a unit walk away (half of them say so, the others let their time pass,
which is made to pass in the database); the rest pay at the stand-in of Stripe, which tells each payment three times. Those who were
refused come again when the holds are back. With `--kill` web and worker are ended by kill -9 in the middle and started again. Checked:
exactly 200 paid, none refused while a unit was free (all units were held or sold at that moment), sold out is 409, no other refusal, no
unit left. Figures share the machine with everything else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx

from entrypoints.story import stage
from entrypoints.supervisor import Supervisor
from foundation import accounts, clock, jobs, sessions, settings, stripe_gateway, valkey
from foundation.accounts import Principal
from foundation.api_tokens import Scope, make_token
from foundation.database import DB
from marketplace.catalogue import Offered
from marketplace.tables import Order, OrderStatus, Payment, Reservation, Variant
from tests.marketplace import stall

os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")

BUYERS, UNITS, AT_ONCE = 1_000, 200, 64
SHIP_TO = {"name": "Sam Petit", "line1": "14 rue des Tanneurs", "postcode": "59000", "city": "Lille", "country": "FR"}


@dataclass
class Buyer:
    """Somebody with a session for the pages and a token for the API; the cart is the same however often they try."""

    by: Principal
    token: str
    cookie: str
    cart: str = ""
    order: UUID | None = None


@dataclass
class Drop:
    """One run and what was answered."""

    client: httpx.AsyncClient
    offered: Offered
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    answers: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    third: asyncio.Event = field(default_factory=asyncio.Event)

    async def order(self, buyer: Buyer) -> None:
        """Order one unit; a lost connection is tried again with the same cart."""
        body = {
            "lines": [{"variant_id": str(self.offered.choices[0].id), "quantity": 1}],
            "ship_to": SHIP_TO,
            "cart_key": buyer.cart,
        }
        async with self.gate:
            began = time.perf_counter()
            answer = await self._again("/api/v1/orders", json=body, headers={"authorization": f"Bearer {buyer.token}"})
            self.delays.append(time.perf_counter() - began)
        self.answers[answer.status_code] += 1
        if sum(self.answers.values()) > BUYERS // 3:
            self.third.set()
        if answer.status_code == 201:
            buyer.order = UUID(answer.json()["id"])
        elif answer.status_code != 409 or answer.json()["code"] != "sold_out":
            raise AssertionError(f"{answer.status_code} {answer.text[:300]}")

    async def pay(self, buyer: Buyer) -> None:
        """Open the payment's page and pay at Stripe."""
        async with self.gate:
            for _try in range(50):
                with suppress(httpx.TransportError):
                    await self.client.get(
                        f"/checkout/{buyer.order}", headers={"cookie": f"{sessions.cookie_name()}={buyer.cookie}"}
                    )
                payment = await Payment.select(Payment.intent_id).where(Payment.order == buyer.order).first()
                if payment and payment["intent_id"]:
                    await stripe_gateway.confirm_payment(
                        payment=payment["intent_id"], payment_method=stall.GOOD_CARD, key=f"bench:{buyer.order}"
                    )
                    return
                await asyncio.sleep(0.2)
        raise AssertionError("a payment never opened")

    async def _again(self, path: str, **request: object) -> httpx.Response:
        for _try in range(100):
            try:
                return await self.client.post(path, **request)  # type: ignore[arg-type]  # as it came
            except httpx.TransportError:
                await asyncio.sleep(0.2)
        raise AssertionError("the web process does not come back")


def main(runs: int, processes: int, kill: bool) -> int:
    """Print a line for each run; 0 when all of them are right."""
    with stage.own_fanfare(changed={"FANFARE_WEB_WORKERS": str(processes)}) as programs:
        return asyncio.run(_all(programs, runs, kill))


async def _all(programs: Supervisor, runs: int, kill: bool) -> int:
    try:
        ada = await stall.person("ada")
        house = await stall.brand(ada)
        async with httpx.AsyncClient(base_url=settings.current().stripe_api_base) as stripe:
            for _copy in range(2):
                await stripe.post(
                    "/_sandbox/faults", json={"kind": "webhook_duplicate", "event": "payment_intent.succeeded", "times": 10**6}
                )
        crowd = [await _buyer(number) for number in range(BUYERS)]
        right = 0
        for run in range(runs):
            offered = await stall.product(ada, house.id, title=f"Drop {run}", stock=UNITS)
            right += await _run(programs, offered, crowd, kill)
        print(f"{right} of {runs} runs are right")  # noqa: T201
        return 0 if right == runs else 1
    finally:
        await asyncio.to_thread(jobs.stop_working)
        await stripe_gateway.close()
        await valkey.close()
        await DB.close()


async def _run(programs: Supervisor, offered: Offered, crowd: list[Buyer], kill: bool) -> bool:
    for buyer in crowd:
        buyer.cart, buyer.order = str(uuid4()), None
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=settings.current().base_url, timeout=120, limits=limits) as client:
        drop = Drop(client, offered)
        began = time.perf_counter()
        killing = asyncio.create_task(_kill(programs, drop)) if kill else None
        await asyncio.gather(*(drop.order(buyer) for buyer in crowd))
        ordered = time.perf_counter() - began
        got = [buyer for buyer in crowd if buyer.order]
        full = len(got) == UNITS and await _shelf(offered) == 0
        if killing:
            await killing
        await _pay_or_walk(drop, got)
        refused = [buyer for buyer in crowd if not buyer.order]
        await _until(offered, UNITS - len(got[::5]))
        await asyncio.gather(*(drop.order(buyer) for buyer in refused))
        late = [buyer for buyer in refused if buyer.order]
        await asyncio.gather(*(drop.pay(buyer) for buyer in late))
        paid = await _paid(offered, UNITS)
    worst = max(drop.delays) * 1000
    middle = sorted(drop.delays)[len(drop.delays) // 2] * 1000
    good = full and paid == UNITS and await _shelf(offered) == 0 and await _held(offered) == 0 and set(drop.answers) == {201, 409}
    print(  # noqa: T201
        f"{BUYERS / ordered:5.0f} orders/s  p50 {middle:5.0f} ms  worst {worst:6.0f} ms  answers {dict(drop.answers)}  paid {paid}"
        f"  {'right' if good else 'WRONG'}",
        flush=True,
    )
    return good


async def _pay_or_walk(drop: Drop, got: list[Buyer]) -> None:
    """A fifth walk away: every other of them says so, for the rest the time passes."""
    walkers = got[::5]
    for buyer in walkers[::2]:
        async with httpx.AsyncClient(
            base_url=drop.client.base_url, timeout=120
        ) as own:  # a browser of their own, with its form token
            own.cookies.set(sessions.cookie_name(), buyer.cookie)
            await own.get("/sign-in")
            answer = await own.post(
                f"/checkout/{buyer.order}/give-up", headers={"x-csrftoken": own.cookies.get("csrftoken") or ""}
            )
            assert answer.status_code < 400, answer.text[:300]
    silent = [buyer.order for buyer in walkers[1::2]]
    await Reservation.update({Reservation.expires_at: clock.now()}).where(Reservation.order.is_in(silent))
    await asyncio.gather(*(drop.pay(buyer) for buyer in got if buyer not in walkers))


async def _kill(programs: Supervisor, drop: Drop) -> None:
    """Kill -9 of everything that serves, a third through, and start it again."""
    await drop.third.wait()
    for program in programs.programs:
        if program.name in {"web", "worker"}:
            os.killpg(program.process.pid, signal.SIGKILL)
            program.process.wait()
    await asyncio.to_thread(programs.watch)


async def _buyer(number: int) -> Buyer:
    by = await accounts.create(email=f"buyer{number}@fanfare.example", display_name=f"Buyer {number}")
    token = await make_token(name="bench", scopes=[Scope.ORDERS_WRITE, Scope.ORDERS_READ], days=1, by=by)
    return Buyer(by, token, await sessions.open_session(by.id))


async def _until(offered: Offered, taken: int) -> None:
    """Wait until the holds of those who walked away are back."""
    for _try in range(600):
        if await _held(offered) + await _paid(offered, 0) <= taken:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the holds do not come back")


async def _paid(offered: Offered, wanted: int) -> int:
    """Paid orders of the product, waited for until there are so many, five minutes at most: a worker may get little of the processors."""
    count = 0
    for _try in range(1500):
        count = await Order.count().where(
            (Order.status == OrderStatus.PAID)
            & Order.id.is_in(Reservation.select(Reservation.order).where(Reservation.variant == offered.choices[0].id))
        )
        if count >= wanted:
            break
        await asyncio.sleep(0.2)
    return int(count)


async def _held(offered: Offered) -> int:
    return int(await Reservation.count().where((Reservation.variant == offered.choices[0].id) & (Reservation.status == "held")))


async def _shelf(offered: Offered) -> int:
    row = await Variant.select(Variant.stock).where(Variant.id == offered.choices[0].id).first()
    return int(row["stock"]) if row else -1


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(main(numbers[0] if numbers else 20, numbers[1] if len(numbers) > 1 else 1, "--kill" in sys.argv))
