"""Events: written with their fact, delivered at least once, worked off once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from foundation import clock, jobs, logs, outbox, relay
from foundation.database import DB
from foundation.tables import OutboxDelivery, OutboxMessage

pytestmark = pytest.mark.usefixtures("db")


class LanternLit(msgspec.Struct, frozen=True):
    """Something that happened, for these tests."""

    lantern_id: UUID
    colour: str


class LanternBroke(msgspec.Struct, frozen=True):
    """Something whose handling goes wrong."""

    lantern_id: UUID


heard: list[tuple[str, str]] = []
requests: list[str] = []
failures: list[Exception] = []


@jobs.actor
async def hang_up(lantern_id: str, colour: str) -> None:
    requests.append(logs.request_id.get())
    async with DB.connection() as connection:
        await connection.execute("select 1")
    heard.append((lantern_id, colour))


@jobs.actor
async def admire(lantern_id: str, colour: str) -> None:
    heard.append((lantern_id, "admired"))
    async with DB.transaction():
        await outbox.publish(LanternBroke(lantern_id=UUID(lantern_id)))


@jobs.actor
async def mend(lantern_id: str) -> None:
    if failures:
        raise failures.pop()
    heard.append((lantern_id, "mended"))


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    jobs.use(jobs.broker_in_process())  # without a worker until something is drained
    before = relay.wiring()
    relay.connect(relay.Wiring(events={LanternLit: (hang_up, admire), LanternBroke: (mend,)}))
    yield
    relay.connect(before)
    for kept in (heard, requests, failures):
        kept.clear()


async def light(colour: str = "red") -> str:
    lantern = uuid4()
    async with DB.transaction():
        await outbox.publish(LanternLit(lantern_id=lantern, colour=colour))
    return str(lantern)


async def test_an_event_reaches_every_actor_and_what_they_publish_reaches_theirs() -> None:
    lantern = await light()

    assert await outbox.drain() == 2

    assert sorted(heard) == sorted([(lantern, "red"), (lantern, "admired"), (lantern, "mended")])
    assert await OutboxMessage.count() == 0
    assert await OutboxDelivery.count() == 0


async def test_an_event_of_a_fact_that_was_rolled_back_never_leaves() -> None:
    async def fact_that_fails() -> None:
        async with DB.transaction():
            await outbox.publish(LanternLit(lantern_id=uuid4(), colour="red"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fact_that_fails()

    assert await outbox.drain() == 0
    assert heard == []


async def test_an_event_cannot_be_published_outside_a_transaction() -> None:
    with pytest.raises(outbox.OutsideTransaction):
        await outbox.publish(LanternBroke(lantern_id=uuid4()))


async def test_a_job_works_under_the_id_of_the_request_that_caused_it() -> None:
    with logs.requested_by("request-17"):
        await light()

    await outbox.drain()

    assert requests == ["request-17"]


async def test_a_job_that_fails_once_is_tried_again() -> None:
    failures.append(ConnectionError("the vendor is away"))
    lantern = await light()

    await outbox.drain()

    assert (lantern, "mended") in heard
    assert await OutboxDelivery.count() == 0


async def test_a_job_that_keeps_failing_is_dead_and_says_why() -> None:
    failures.extend(ConnectionError("the vendor is away") for _ in range(3))
    lantern = await light()

    with pytest.raises(ConnectionError):
        await outbox.drain()

    [dead] = await OutboxDelivery.select()
    assert (dead["actor"], dead["topic"]) == ("mend", "LanternBroke")
    assert dead["dead_at"] is not None
    assert dead["error"] == "ConnectionError: the vendor is away"
    assert (lantern, "mended") not in heard
    with clock.shifted(timedelta(days=2)):
        assert await relay.sweep() == 0


async def test_an_event_that_nobody_knows_is_kept_for_a_person() -> None:
    relay.connect(relay.Wiring())
    await light()

    await outbox.drain()

    [dead] = await OutboxDelivery.select()
    assert dead["actor"] == ""
    assert "LanternLit" in dead["error"]


async def test_losing_the_whole_queue_loses_nothing() -> None:
    lantern = await light()
    await relay.push()
    jobs.broker().flush_all()

    assert await relay.sweep() == 0
    with clock.shifted(timedelta(seconds=121)):
        assert await relay.sweep() == 2
        assert await relay.sweep() == 0
    await outbox.drain()

    assert (lantern, "red") in heard
    assert await OutboxDelivery.count() == 0


async def test_a_long_queue_is_not_filled_with_copies() -> None:
    lantern = await light()
    await relay.push()
    copies = 0
    for minutes in range(61):
        with clock.shifted(timedelta(minutes=minutes)):
            copies += await relay.sweep()

    await outbox.drain()

    assert copies <= 2 * 5
    assert set(heard) == {(lantern, "red"), (lantern, "admired"), (lantern, "mended")}
    assert await OutboxDelivery.count() == 0


async def test_a_relay_killed_before_it_sent_is_made_up_for_within_seconds() -> None:
    lantern = await light()
    async with DB.connection() as connection:
        await connection.execute(
            "insert into outbox_delivery (message_id, topic, actor, payload, created_at, sent_at, sends, error, request_id) "
            "select id, topic, 'hang_up', payload, created_at, created_at, 0, '', '' from outbox_message"
        )
        await connection.execute("delete from outbox_message")

    with clock.shifted(timedelta(seconds=6)):
        assert await relay.sweep() == 1
    await outbox.drain()

    assert heard == [(lantern, "red")]


async def test_two_relays_send_each_event_once() -> None:
    lanterns = [await light(str(number)) for number in range(30)]

    await asyncio.gather(relay.push(), relay.push(), relay.push())
    await outbox.drain()

    assert sorted(heard) == sorted(
        [
            *((lantern, str(number)) for number, lantern in enumerate(lanterns)),
            *((lantern, "admired") for lantern in lanterns),
            *((lantern, "mended") for lantern in lanterns),
        ]
    )
