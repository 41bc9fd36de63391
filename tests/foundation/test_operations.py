"""Dead messages, webhooks that wait and schedules: seen and put right by a person."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import msgspec
import pytest

from foundation import jobs, outbox, relay, schedules
from foundation.database import DB
from foundation.tables import AuditEntry, OutboxDelivery, Schedule, WebhookReceipt
from tests.cast import Cast
from tests.foundation.made_up_webhooks import payment, signed, unjudged

HERE = "/admin/operations"


class ParcelLost(msgspec.Struct, frozen=True):
    """Something whose handling goes wrong until somebody helps."""

    parcel_id: UUID


found: list[str] = []
helped: list[bool] = []


@jobs.actor
async def look_for_the_parcel(parcel_id: str) -> None:
    if not helped:
        raise LookupError("the parcel <b>is</b> nowhere")
    found.append(parcel_id)


@jobs.actor
async def count_parcels() -> None:
    found.append("counted")


@jobs.actor
async def hear_of_a_payment(receipt_id: int, object_id: str, kind: str, account: str | None) -> None:
    raise LookupError("no such payment")


@pytest.fixture(autouse=True)
def _wired(server: str) -> Iterator[None]:
    jobs.use(jobs.broker_in_process())
    before = relay.wiring()
    relay.connect(
        relay.Wiring(
            events={ParcelLost: (look_for_the_parcel,)},
            webhooks={("stripe", "payment_intent."): hear_of_a_payment},
            schedules={"count parcels": (3600, count_parcels)},
        )
    )
    yield
    relay.connect(before)
    found.clear()
    helped.clear()


async def a_dead_message() -> tuple[str, int]:
    parcel = uuid4()
    async with DB.transaction():
        await outbox.publish(ParcelLost(parcel_id=parcel))
    await outbox.drain(fail_fast=False)
    dead = await OutboxDelivery.select(OutboxDelivery.id).first()
    assert dead is not None
    return str(parcel), int(dead["id"])


async def test_a_dead_message_is_shown_and_sent_again_by_a_person(cast: Cast) -> None:
    parcel, dead = await a_dead_message()
    fay = await cast.client(await cast.person("fay"))
    page = (await fay.get(HERE)).text
    assert "ParcelLost" in page
    assert "the parcel &lt;b&gt;is&lt;/b&gt; nowhere" in page

    helped.append(True)
    answer = await fay.post(f"{HERE}/deliveries/{dead}/send-again")
    assert answer.status_code == 303
    await outbox.drain()

    assert found == [parcel]
    assert await OutboxDelivery.count() == 0
    entry = await AuditEntry.select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.object_kind == "delivery").first()
    assert entry == {"actor": f"person:{(await cast.person('fay')).id}", "action": "delivery.sent_again"}
    assert "No dead message" in (await fay.get(HERE)).text


async def test_a_message_is_dropped_once(cast: Cast) -> None:
    _, dead = await a_dead_message()
    root = await cast.client(await cast.person("root"))

    assert (await root.post(f"{HERE}/deliveries/{dead}/drop")).status_code == 303
    again = await root.post(f"{HERE}/deliveries/{dead}/drop")

    assert again.status_code == 409
    assert "in the meantime" in again.text
    assert await OutboxDelivery.count() == 0


async def test_a_living_message_cannot_be_sent_again_by_hand(cast: Cast) -> None:
    async with DB.transaction():
        await outbox.publish(ParcelLost(parcel_id=uuid4()))
    await relay.push()
    alive = await OutboxDelivery.select(OutboxDelivery.id).first()
    root = await cast.client(await cast.person("root"))

    assert alive is not None
    assert (await root.post(f"{HERE}/deliveries/{alive['id']}/send-again")).status_code == 409


async def test_an_event_that_nobody_knew_is_sent_again_after_a_new_version_came(cast: Cast) -> None:
    known = relay.wiring()
    relay.connect(relay.Wiring())
    parcel, dead = await a_dead_message()
    relay.connect(known)
    helped.append(True)
    root = await cast.client(await cast.person("root"))

    assert (await root.post(f"{HERE}/deliveries/{dead}/send-again")).status_code == 303
    await outbox.drain()

    assert found == [parcel]
    assert await OutboxDelivery.count() == 0


async def test_a_webhook_that_failed_is_shown_until_it_is_dropped(cast: Cast) -> None:
    root = await cast.client(await cast.person("root"))
    body = payment()
    with unjudged():
        assert (await root.post("/webhooks/stripe", content=body, headers=signed(body))).status_code == 200
    await outbox.drain(fail_fast=False)
    assert "no such payment" in (await root.get(HERE)).text
    dead = await OutboxDelivery.select(OutboxDelivery.id).first()
    assert dead is not None

    await root.post(f"{HERE}/deliveries/{dead['id']}/drop")

    assert "No webhook waits" in (await root.get(HERE)).text
    assert await WebhookReceipt.count().where(WebhookReceipt.handled_at.is_null()) == 0


async def test_a_schedule_is_shown_and_run_by_a_person(cast: Cast) -> None:
    await schedules.prepare()
    root = await cast.client(await cast.person("root"))
    assert "count parcels" in (await root.get(HERE)).text

    assert (await root.post(f"{HERE}/schedules/run", data={"name": "count parcels"})).status_code == 303
    await outbox.drain()

    assert found == ["counted"]
    assert await Schedule.count() == 1


async def test_an_unknown_schedule_is_refused(cast: Cast) -> None:
    root = await cast.client(await cast.person("root"))

    assert (await root.post(f"{HERE}/schedules/run", data={"name": "count stars"})).status_code == 404


@pytest.mark.parametrize(("name", "status"), [("sam", 403), ("ada", 403), ("max", 403), ("finn", 200)])
async def test_only_finance_and_administrators_see_it(cast: Cast, name: str, status: int) -> None:
    someone = await cast.client(await cast.person(name))

    assert (await someone.get(HERE)).status_code == status


async def test_it_speaks_french(cast: Cast) -> None:
    await a_dead_message()
    root = await cast.client(await cast.person("root"))

    page = (await root.get(HERE, headers={"accept-language": "fr"}, params={"lang": "fr"})).text

    assert "Messages morts" in page
    assert "Renvoyer" in page
