"""Whole purchases with plenty of stock: hold, payment, signed webhook, attribution and ledger inside.

    .venv/bin/python -m tests.benchmarks.bench_purchases [purchases] [at once]

One web process, one worker, one relay, the stand-in of Stripe and the engines; the buyers share the machine. Each buyer orders by the API, opens
the page of the payment and pays at the stand-in; a purchase counts once its commissions are booked. Two figures are printed: purchases a
second with everything on this machine, and the processor time of each program for one purchase. From these the stand-in is left out: the
rate that our own programs would reach without it is bounded by the busiest one process (each is one process) and by two cores for all of
ours with the database; the programs of the stand-in and of the buyers are not in it. Processor time hardly changes on a busy machine; what the
programs use while nobody buys is measured first and taken off.

In the same run the frame is asked what it costs without any work of ours: as many requests that answer at once, calls to Stripe and jobs that
find nothing to do as one purchase has. That is the floor which no purchase made of them can go below.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from uuid import uuid4

import httpx

from entrypoints.story import stage
from entrypoints.supervisor import Supervisor
from foundation import accounts, jobs, outbox, sessions, settings, stripe_gateway, valkey
from foundation.api_tokens import Scope, make_token
from foundation.database import DB
from marketplace.events import ChargeSettled
from marketplace.tables import Payment
from tests import factories
from tests.benchmarks import processor
from tests.benchmarks.bench_drop import SHIP_TO, Buyer
from tests.marketplace import stall

os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")

GOAL = 250
OURS = ("web", "worker", "relay", "postgres", "valkey")
EMPTY = 1_000
IDLE_SECONDS = 5


def main(purchases: int, at_once: int) -> int:
    """Print the figures; 0 when the goal is met."""
    with stage.own_fanfare() as programs:
        return asyncio.run(_measure(programs, purchases, at_once))


async def _measure(programs: Supervisor, purchases: int, at_once: int) -> int:
    try:
        made = await factories.stage(live=True, stock=purchases + 100)
        variant = made.pan.choices[0].id
        buyers = [await _buyer(number) for number in range(at_once + purchases // 8)]
        async with httpx.AsyncClient(base_url=settings.current().base_url, timeout=120) as client:
            await _some(client, variant, made.show_id, buyers, at_once, at_once)
            await _booked(at_once)
            await _worked_off()
            used = Used(programs, await _idle(programs))
            await _some(client, variant, made.show_id, buyers, purchases, at_once)
            await _booked(at_once + purchases)
            took = used.seconds()
            each = used.each(purchases)
            floor = await _floor(client, used, at_once + purchases)
        return _report(purchases, took, each, floor)
    finally:
        await asyncio.to_thread(jobs.stop_working)
        await stripe_gateway.close()
        await valkey.close()
        await DB.close()


def _report(purchases: int, took: float, used: dict[str, float], floor: dict[str, float]) -> int:
    alone, busiest = _bound(used)
    most, _ = _bound(floor)
    print(f"{purchases} whole purchases in {took:.1f} s: {purchases / took:.1f} a second with everything on this machine")  # noqa: T201
    print("processor time of one purchase: " + ", ".join(f"{name} {used[name]:.1f} ms" for name in used))  # noqa: T201
    print(f"without the stand-in: {alone:.0f} a second (bounded by {busiest} and two cores), goal {GOAL}")  # noqa: T201
    each = ", ".join(f"{name} {floor[name]:.1f} ms" for name in OURS)
    print(f"the frame without any work of ours: {each}: {most:.0f} a second")  # noqa: T201
    print(f"ratio to the frame: {alone / most:.2f}")  # noqa: T201
    return 0 if alone >= GOAL else 1


def _bound(used: dict[str, float]) -> tuple[float, str]:
    """Purchases a second that the busiest process, and two processors for all of ours, allow; and which process that is."""
    busiest = max(("web", "worker", "relay"), key=lambda name: used[name])
    return min(1000 / used[busiest], 2000 / sum(used[name] for name in OURS)), busiest


class Used:
    """Processor time of our programs and the engines since it was made or `begin` called, without what they use when idle."""

    def __init__(self, programs: Supervisor, idle: dict[str, float]) -> None:
        self.programs, self.idle = programs, idle
        self.begin()

    def begin(self) -> None:
        self.before, self.began = _processor(self.programs), time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self.began

    def each(self, count: int) -> dict[str, float]:
        """Milliseconds by program for one of `count`."""
        passed = self.seconds()
        return {
            name: (now - self.before[name] - self.idle.get(name, 0.0) * passed) * 1000 / count
            for name, now in _processor(self.programs).items()
        }


async def _idle(programs: Supervisor) -> dict[str, float]:
    """Seconds of processor a second that each program uses while nobody buys."""
    before = _processor(programs)
    await asyncio.sleep(IDLE_SECONDS)
    found = {name: (now - before[name]) / IDLE_SECONDS for name, now in _processor(programs).items()}
    print("while nobody buys: " + ", ".join(f"{name} {found[name] * 1000:.0f} ms a second" for name in OURS))  # noqa: T201
    return found


async def _floor(client: httpx.AsyncClient, used: Used, purchases: int) -> dict[str, float]:
    """Milliseconds of processor by program, for the requests, calls and jobs of one purchase with nothing in them."""
    await _worked_off()
    async with DB.connection() as connection:
        webhooks = await connection.fetchval("select count(*) from webhook_receipt") / purchases
        jobs_each = await connection.fetchval("select last_value from outbox_delivery_id_seq") / purchases
        known = await connection.fetchval("select intent_id from payment where intent_id is not null limit 1")
    used.begin()
    for _ in range(EMPTY):
        await client.get("/health")
    request = used.each(EMPTY)
    used.begin()
    async with DB.transaction():
        for _ in range(EMPTY):
            await outbox.publish(ChargeSettled(order_id=uuid4()))
    await _worked_off()
    job = used.each(EMPTY)
    began = time.process_time()
    for _ in range(EMPTY // 10):
        await stripe_gateway.fetch_payment(payment=known)
    call = (time.process_time() - began) * 1000 / (EMPTY // 10)
    print(  # noqa: T201
        f"a purchase has {2 + webhooks:.1f} requests, {jobs_each:.1f} jobs of {job['worker']:.1f} ms, 4 calls to Stripe of {call:.1f} ms"
    )
    calls = {"web": 2 * call, "worker": 2 * call}  # open payment and customer session; payment and charge
    return {name: request[name] * (2 + webhooks) + job[name] * jobs_each + calls.get(name, 0.0) for name in OURS}


async def _worked_off() -> None:
    """Wait until no event and no job is left, a minute at most."""
    async with DB.connection() as connection:
        for _try in range(600):
            if not await connection.fetchval(
                "select exists (select from outbox_message) or exists (select from outbox_delivery)"
            ):
                return
            await asyncio.sleep(0.1)
    raise AssertionError("jobs without work are not worked off")


async def _some(client: httpx.AsyncClient, variant: object, show: object, buyers: list[Buyer], count: int, at_once: int) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with gate:
            await _purchase(client, variant, show, buyers[number % len(buyers)])

    await asyncio.gather(*(one(number) for number in range(count)))


async def _purchase(client: httpx.AsyncClient, variant: object, show: object, buyer: Buyer) -> None:
    body = {
        "lines": [{"variant_id": str(variant), "quantity": 1}],
        "ship_to": SHIP_TO,
        "cart_key": str(uuid4()),
        "show_id": str(show),
    }
    for _try in range(200):
        answer = await client.post("/api/v1/orders", json=body, headers={"authorization": f"Bearer {buyer.token}"})
        if answer.status_code != 429:
            break
        await asyncio.sleep(1)
    assert answer.status_code == 201, answer.text
    order_id = answer.json()["id"]
    page = await client.get(f"/checkout/{order_id}", headers={"cookie": f"{sessions.cookie_name()}={buyer.cookie}"})
    assert page.status_code == 200, page.text[:300]
    payment = await Payment.select(Payment.intent_id).where(Payment.order == order_id).first()
    assert payment is not None
    await stripe_gateway.confirm_payment(payment=payment["intent_id"], payment_method=stall.GOOD_CARD, key=f"bench:{order_id}")


async def _booked(count: int) -> None:
    """Wait until so many sales are in the books, five minutes at most."""
    for _try in range(3000):
        async with DB.connection() as connection:
            if await connection.fetchval("select count(*) from journal where kind = 'T2'") >= count:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("sales that were paid are not booked")


async def _buyer(number: int) -> Buyer:
    by = await accounts.create(email=f"buyer{number}@fanfare.example", display_name=f"Buyer {number}")
    token = await make_token(name="bench", scopes=[Scope.ORDERS_WRITE, Scope.ORDERS_READ], days=1, by=by)
    return Buyer(by, token, await sessions.open_session(by.id))


def _processor(programs: Supervisor) -> dict[str, float]:
    """Seconds of processor that each program and its children have used so far."""
    found = {each.name: processor.seconds(each.process.pid) for each in programs.programs if each.name != "mux-stand-in"}
    return {**dict.fromkeys(OURS, 0.0), **found, **processor.engines()}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 1_000, numbers[1] if len(numbers) > 1 else 16))
