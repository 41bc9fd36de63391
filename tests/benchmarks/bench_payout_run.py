"""How long a payout run over many creators takes: simulated, drafted, submitted, approved, and how fast its transfers leave.

    .venv/bin/python -m tests.benchmarks.bench_payout_run [creators]

On an embedded PostgreSQL of its own with durable commits. Each creator has a payable account, one released commission of a brand and 20 euros and some cents
available, booked through the ledger. The goal is 60 s for simulation and draft of 100,000 creators together.

Then the run is executed against the stand-in of Stripe: some seconds from its beginning, broken off there, and the last items of it once all
others count as sent. In turns with them as many transfers are asked for with nothing around them: the floor is what the SDK and the stand-in allow.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID, uuid4

from foundation import accounts, clock, settings, stripe_gateway
from foundation.accounts import Principal
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Role
from payouts import chart, earnings, ledger, runs, simulation, transfers
from payouts.chart import Account, Code
from payouts.ledger import Entry, Source, credit, debit
from payouts.tables import ItemStatus, PayoutItem, RunStatus
from tests.benchmarks.bench_ledger import own_postgres
from tests.payouts import facts
from tests.stand_ins import StandIn

Result = TypeVar("Result")
GOAL_SECONDS = 60
BOOKED_AT_ONCE = 2_000
FILLING_SECONDS = 900
EXECUTING_SECONDS = 20
LAST = 500
FUNDS = Money(99_999_900, "EUR")

PEOPLE = """
    insert into person (id, email, display_name, locale, time_zone, theme, created_at)
    select gen_random_uuid(), 'creator' || n || '@bench.example', 'Creator ' || n, 'en', 'Europe/Paris', 'auto', now() from generate_series(1, $1) n
"""
CREATORS = """
    insert into creator (id, person, handle, display_name, country, language, created_at)
    select gen_random_uuid(), p.id, 'c' || row_number() over (), p.display_name, 'FR', 'fr', now() from person p where p.email like '%@bench.example'
"""
PAYEES = """
    insert into payee (id, kind, creator, name, country, stripe_account_id, payable, transfers, payouts, requirements, bank, created_at)
    select gen_random_uuid(), 'creator', c.id, c.display_name, 'FR', 'acct_' || c.handle, true, 'active', 'active', '{}', 'bank of ' || c.handle, now()
    from creator c join person p on p.id = c.person where p.email like '%@bench.example'
"""
COMMISSIONS = """
    create temporary table pair as
    select row_number() over () as n, c.id as creator, gen_random_uuid() as line, gen_random_uuid() as decision
    from creator c join person p on p.id = c.person where p.email like '%@bench.example';
    insert into order_line select (jsonb_populate_record(l, jsonb_build_object('id', pair.line))).* from order_line l, pair;
    insert into attribution_decision
    select (jsonb_populate_record(d, jsonb_build_object('id', pair.decision, 'order_line', pair.line, 'creator', pair.creator))).*
    from attribution_decision d, pair;
    insert into commission
    select (jsonb_populate_record(k, jsonb_build_object(
        'id', gen_random_uuid(), 'order_line', pair.line, 'decision', pair.decision, 'creator', pair.creator, 'status', 'available', 'released_at', now()
    ))).* from commission k, pair;
"""


async def main(creators: int) -> int:
    """Print the figures; 0 when the goal is met."""
    engines = own_postgres()
    with StandIn.start("stripe") as stripe:
        os.environ["STRIPE_API_BASE"] = stripe.url
        settings.current.cache_clear()
        try:
            return await _measured(creators, stripe)
        finally:
            await stripe_gateway.close()
            await DB.close()
            engines.stop()


async def _measured(creators: int, stripe: StandIn) -> int:
    fay, finn = await _filled(creators)
    simulated, found = await _timed(simulation.simulate)
    drafted, run = await _timed(lambda: runs.draft(by=fay))
    submitted, run = await _timed(lambda: runs.submit(run_id=run.id, by=fay))
    approved, run = await _timed(lambda: runs.approve(run_id=run.id, content_hash=run.content_hash, by=finn))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"{len(found.payable):,} creators, {found.total.decimal()} {found.currency}")
    _say(f"simulated {simulated:.1f} s, drafted {drafted:.1f} s (goal: {GOAL_SECONDS} s together)")
    _say(f"submitted {submitted:.1f} s, approved {approved:.1f} s, Python's memory at most {memory:.0f} MB")
    approved_rightly = run.status == RunStatus.APPROVED
    done = await _executed(run.id, await _payable_account(stripe))
    return 0 if simulated + drafted < GOAL_SECONDS and approved_rightly and done else 1


async def _executed(run_id: UUID, destination: str) -> bool:
    """Print how many transfers leave a second at the beginning and at the end of the run, and without anything around them."""
    async with DB.connection() as connection:
        await connection.execute("update payout_item set destination = $1", destination, timeout=FILLING_SECONDS)
        await connection.execute("vacuum analyze payout_item", timeout=FILLING_SECONDS)
    executing = asyncio.create_task(transfers.execute(run_id=run_id))
    began = time.perf_counter()
    await asyncio.wait([executing], timeout=EXECUTING_SECONDS)
    first = await _sent(run_id) / (time.perf_counter() - began)
    executing.cancel()
    await asyncio.gather(executing, return_exceptions=True)
    async with DB.connection() as connection:
        await connection.execute(
            """
            update payout_item set status = 'sent' where run = $1 and status <> 'sent'
            and id not in (select id from payout_item where run = $1 and status = 'locked' order by id desc limit $2)
            """,
            *(run_id, LAST),
            timeout=FILLING_SECONDS,
        )
    took, _none = await _timed(lambda: transfers.execute(run_id=run_id))
    alone, _none = await _timed(lambda: _bare(destination))
    completed = (await runs.run_of(run_id)).status == RunStatus.COMPLETED
    _say(
        f"transfers a second: {first:.0f} from the beginning, broken off; {LAST / took:.0f} at the end, {LAST / alone:.0f} bare calls"
    )
    _say(f"ratio of the end to bare calls {alone / took:.2f}; the run is {'completed' if completed else 'not completed'}")
    return completed


async def _bare(destination: str) -> None:
    numbers = iter(range(LAST))

    async def ask() -> None:
        for number in numbers:
            await stripe_gateway.transfer(
                amount=Money(100, "EUR"), destination=destination, group="bare", item_id=str(uuid4()), key=f"bare:{number}"
            )

    await asyncio.gather(*(ask() for _sender in range(transfers.TOGETHER)))


async def _sent(run_id: UUID) -> int:
    return int(await PayoutItem.count().where((PayoutItem.run == run_id) & (PayoutItem.status == ItemStatus.SENT)))


async def _payable_account(stripe: StandIn) -> str:
    """A connected account, and money at Stripe to pay it with."""
    paid = await stripe_gateway.open_payment(amount=FUNDS, order_id=str(uuid4()), key="funds")
    await stripe_gateway.confirm_payment(payment=paid.id, payment_method="pm_card_bypassPending", key="funds:paid")
    account = await stripe_gateway.create_recipient(
        email="payee@bench.example", display_name="Payee", country="FR", payee_id=str(uuid4()), key="payee"
    )
    await stripe.admin(f"accounts/{account.id}/activate")
    return account.id


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def _timed(act: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    began = time.perf_counter()
    done = await act()
    return time.perf_counter() - began, done


async def _filled(creators: int) -> tuple[Principal, Principal]:
    fay = await accounts.create(email="fay@fanfare.example", display_name="Fay", roles=(Role.FINANCE_MAKER,))
    finn = await accounts.create(email="finn@fanfare.example", display_name="Finn", roles=(Role.FINANCE_CHECKER,))
    market = await facts.market()
    await earnings.credit_sale(order_id=(await market.order(6000)).order_id)
    async with DB.connection() as connection:
        await connection.execute(PEOPLE, creators, timeout=FILLING_SECONDS)
        await connection.execute(CREATORS, timeout=FILLING_SECONDS)
        await connection.execute(PAYEES, timeout=FILLING_SECONDS)
        await connection.execute(COMMISSIONS, timeout=FILLING_SECONDS)
        ids = [row["id"] for row in await connection.fetch("select creator as id from payee order by id")]
    _say(f"filling the books for {len(ids):,} creators of {market.brand.name}")
    stripe = Account(Code.STRIPE_AVAILABLE)
    for begin in range(0, len(ids), BOOKED_AT_ONCE):
        entries = [
            Entry(
                key=f"bench:{owner}",
                kind="A1",
                event_at=clock.now(),
                source=Source(kind="bench", id=str(owner)),
                lines=(debit(stripe, amount), credit(chart.purse("creator", owner).available, amount)),
            )
            for place, owner in enumerate(ids[begin : begin + BOOKED_AT_ONCE])
            for amount in [Money(2000 + (begin + place) % 997, "EUR")]
        ]
        await ledger.post_all(entries)
    async with DB.connection() as connection:
        await connection.execute("analyze", timeout=FILLING_SECONDS)
    return fay, finn


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
