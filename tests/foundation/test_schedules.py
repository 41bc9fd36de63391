"""What comes round: once each time, never in a storm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation import clock, jobs, outbox, relay, schedules
from foundation.tables import OutboxDelivery, Schedule

pytestmark = pytest.mark.usefixtures("db")

ran: list[str] = []
failures: list[Exception] = []


@jobs.actor
async def sweep_the_floor() -> None:
    if failures:
        raise failures[-1]
    ran.append("swept")


@jobs.actor
async def wind_the_clock() -> None:
    ran.append("wound")


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    jobs.use(jobs.broker_in_process())
    before = relay.wiring()
    relay.connect(relay.Wiring(schedules={"floor": (60, sweep_the_floor), "clock": (3600, wind_the_clock)}))
    yield
    relay.connect(before)
    ran.clear()
    failures.clear()


async def run(minutes: float) -> list[str]:
    """What runs when the clock shows so many minutes from now."""
    before = len(ran)
    with clock.shifted(timedelta(minutes=minutes)):
        await schedules.run_due()
        await outbox.drain(fail_fast=False)
    return sorted(ran[before:])


async def test_what_is_due_runs_and_then_waits_for_its_next_time() -> None:
    await schedules.prepare()

    assert await run(0) == ["swept", "wound"]
    assert await run(0.5) == []
    assert await run(1.5) == ["swept"]
    assert await run(61) == ["swept", "wound"]


async def test_a_long_pause_is_caught_up_once() -> None:
    await schedules.prepare()
    await run(0)

    assert await run(60 * 24 * 3 + 0.5) == ["swept", "wound"]
    assert await run(60 * 24 * 3 + 0.75) == []


async def test_the_next_time_keeps_its_beat() -> None:
    await schedules.prepare()
    first = await Schedule.select(Schedule.next_run_at).where(Schedule.name == "floor").first()
    await run(7.25)
    after = await Schedule.select(Schedule.next_run_at).where(Schedule.name == "floor").first()

    assert first is not None
    assert after is not None
    assert (after["next_run_at"] - first["next_run_at"]) == timedelta(minutes=8)


async def test_a_run_that_still_waits_is_not_published_again() -> None:
    await schedules.prepare()
    published = []
    for minutes in range(10):
        with clock.shifted(timedelta(minutes=minutes, seconds=1)):
            published.append(await schedules.run_due())
            if minutes == 5:
                await relay.push()

    assert published == [2] + [0] * 9


async def test_two_tickers_publish_each_run_once() -> None:
    await schedules.prepare()

    published = await asyncio.gather(schedules.run_due(), schedules.run_due(), schedules.run_due())

    assert sum(published) == 2
    assert await run(0) == ["swept", "wound"]


async def test_a_schedule_that_is_switched_off_does_not_run() -> None:
    await schedules.prepare()
    await Schedule.update({Schedule.enabled: False}).where(Schedule.name == "floor")

    assert await run(5) == ["wound"]


async def test_preparing_again_changes_nothing_but_a_new_pace() -> None:
    await schedules.prepare()
    await run(0)
    relay.connect(relay.Wiring(schedules={"floor": (60, sweep_the_floor), "clock": (120, wind_the_clock)}))
    await schedules.prepare()

    assert await run(0.5) == []
    assert await run(2.5) == ["swept", "wound"]


async def test_of_a_failing_schedule_one_dead_run_is_kept_until_a_run_succeeds() -> None:
    failures.append(ConnectionError("no broom"))
    await schedules.prepare()
    for minutes in (0, 2, 4):
        await run(minutes)

    assert await OutboxDelivery.count() == 1
    failures.clear()
    assert await run(6) == ["swept"]
    assert await OutboxDelivery.count() == 0
