"""The live room through HTTP: watching, writing, buying, and what the host does meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import httpx
import pytest

from creators import chat, on_air, pins
from creators.tables import ChatMessage, Show, Touch
from foundation import clock
from foundation.accounts import Principal
from marketplace import checkout
from marketplace.tables import Order
from moderation import sanctions, words
from moderation.tables import WordAction
from tests import factories
from tests.cast import Cast
from tests.marketplace import stall

Settle = Callable[[], Awaitable[None]]


async def test_the_room_shows_host_label_products_and_chat_to_somebody_without_an_account(client: httpx.AsyncClient) -> None:
    made = await factories.stage(live=True)
    await chat.say(show_id=made.show_id, body="Bonsoir à tous", client_key=uuid4(), by=made.nour)
    await pins.pin_product(show_id=made.show_id, product_id=made.pan.id, by=made.nour)
    page = await client.get(f"/shows/{made.slug}")
    assert page.status_code == 200
    for words_of_page in (
        "Collaboration commerciale",
        "Nour Benali",
        "Saucepan Alma",
        "Bonsoir à tous",
        "Sign in to chat",
        "LIVE",
    ):
        assert words_of_page in page.text
    assert "set-cookie" not in page.headers or "session" not in page.headers["set-cookie"]


async def test_a_show_to_come_has_a_countdown_a_programme_and_a_calendar_entry(client: httpx.AsyncClient) -> None:
    made = await factories.stage()
    page = await client.get(f"/shows/{made.slug}")
    for words_of_page in ("Collaboration commerciale", "data-countdown", "Part 1", "Remind me"):
        assert words_of_page in page.text
    entry = await client.get(f"/shows/{made.slug}/calendar.ics")
    assert entry.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Copper night" in entry.text
    assert f"/shows/{made.slug}" in entry.text.replace("\r\n ", "")


async def test_a_message_without_javascript_is_stored_and_shown(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    answer = await sam.post(f"/shows/{made.slug}/chat", data={"body": "Does it work on induction?", "client_key": str(uuid4())})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/shows/{made.slug}#chat")
    assert "Does it work on induction?" in (await sam.get(f"/shows/{made.slug}")).text


async def test_the_same_message_sent_twice_is_one_message(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    data = {"body": "Hello", "client_key": str(uuid4())}
    answers = await asyncio.gather(
        *(sam.post(f"/shows/{made.slug}/chat", data=data, headers={"x-piece": "line"}) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert await ChatMessage.count() == 1


async def test_a_message_reaches_an_open_stream_in_both_languages(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    async with sam.stream("GET", f"/shows/{made.slug}/stream?visitor=") as stream:
        lines = stream.aiter_lines()
        await chat.say(show_id=made.show_id, body="Yes, every hob", client_key=uuid4(), by=made.nour)
        news = await asyncio.wait_for(_next(lines, "chat"), 10)
    assert "Yes, every hob" in news["html"]["en"]
    assert "HOST" in news["html"]["en"]
    assert set(news["html"]) == {"en", "fr"}


async def test_what_a_person_writes_is_never_markup(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    sent = await sam.post(
        f"/shows/{made.slug}/chat",
        data={"body": "<script>alert(1)</script>", "client_key": str(uuid4())},
        headers={"x-piece": "line"},
    )
    assert "<script>" not in sent.text
    assert "&lt;script&gt;" in sent.text


async def test_a_message_that_is_too_long_or_empty_is_refused_in_words(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    for body, sentence in (("x" * 501, "At most 500 characters"), ("   ", "Please write something")):
        answer = await sam.post(
            f"/shows/{made.slug}/chat", data={"body": body, "client_key": str(uuid4())}, headers={"x-piece": "line"}
        )
        assert answer.status_code == 422
        assert sentence in answer.text


async def test_a_held_message_is_seen_by_its_writer_only_until_a_moderator_releases_it(cast: Cast, settle: Settle) -> None:
    made = await factories.stage(live=True)
    moderator = await cast.max()
    await words.add_word(word="arnaque", action=WordAction.HOLD, by=moderator)
    sam, chloe = await cast.client(await cast.sam()), await cast.client(await cast.chloe())
    max_ = await cast.client(moderator)
    answer = await sam.post(
        f"/shows/{made.slug}/chat", data={"body": "C'est une 4rn@que", "client_key": str(uuid4())}, headers={"x-piece": "line"}
    )
    assert answer.status_code == 202
    assert "only you see this" in answer.text
    assert "4rn@que" in (await sam.get(f"/shows/{made.slug}")).text
    assert "4rn@que" not in (await chloe.get(f"/shows/{made.slug}")).text
    queue = await max_.get("/moderation")
    assert "4rn@que" in queue.text
    release = queue.text.split('/release"')[0].rsplit('"', 1)[1] + "/release"
    assert (await max_.post(release)).status_code == 303
    await settle()
    assert "4rn@que" in (await chloe.get(f"/shows/{made.slug}")).text


async def test_a_refused_word_is_not_stored(cast: Cast) -> None:
    made = await factories.stage(live=True)
    await words.add_word(word="connard", action=WordAction.REFUSE, by=None)
    sam = await cast.client(await cast.sam())
    answer = await sam.post(
        f"/shows/{made.slug}/chat", data={"body": "c o n n a r d", "client_key": str(uuid4())}, headers={"x-piece": "line"}
    )
    assert answer.status_code == 422
    assert await ChatMessage.count() == 0


async def test_somebody_who_is_timed_out_reads_why_and_cannot_write(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    await sanctions.time_out(person_id=sam.id, minutes=10, place=f"show:{made.show_id}", reason="Spam", by=await cast.max())
    browser = await cast.client(sam)
    answer = await browser.post(
        f"/shows/{made.slug}/chat", data={"body": "Hi", "client_key": str(uuid4())}, headers={"x-piece": "line"}
    )
    assert answer.status_code == 403
    assert "Spam" in answer.text
    assert "Spam" in (await browser.get(f"/shows/{made.slug}")).text


async def test_the_host_removes_a_message_and_silences_its_writer_in_the_own_show_only(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    line = await chat.say(show_id=made.show_id, body="Buy elsewhere", client_key=uuid4(), by=sam)
    nour, chloe = await cast.client(made.nour), await cast.client(await cast.chloe())
    here = f"/studio/shows/{made.show_id}/live"
    assert (await chloe.post(f"{here}/remove", data={"message": line.id})).status_code == 404
    assert (await nour.post(f"{here}/silence", data={"message": line.id, "minutes": 10})).status_code == 303
    assert (await nour.post(f"{here}/remove", data={"message": line.id})).status_code == 303
    assert "Buy elsewhere" not in (await chloe.get(f"/shows/{made.slug}")).text
    with pytest.raises(sanctions.Silenced):
        await chat.say(show_id=made.show_id, body="Again", client_key=uuid4(), by=sam)


async def test_slow_mode_slows_viewers_and_not_the_host(cast: Cast) -> None:
    made = await factories.stage(live=True)
    await chat.set_slow_mode(show_id=made.show_id, seconds=60, by=made.nour)
    sam = await cast.client(await cast.sam())
    codes = [
        (
            await sam.post(f"/shows/{made.slug}/chat", data={"body": text, "client_key": str(uuid4())}, headers={"x-piece": "1"})
        ).status_code
        for text in ("one", "two")
    ]
    assert codes == [201, 429]
    for text in ("three", "four"):
        await chat.say(show_id=made.show_id, body=text, client_key=uuid4(), by=made.nour)


async def test_buy_in_the_room_keeps_a_touch_and_hands_it_to_the_sheet(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    browser = await cast.client(sam)
    answer = await browser.post(f"/shows/{made.slug}/buy", data={"product": str(made.pan.id)}, headers={"hx-request": "true"})
    touch = await Touch.objects().where(Touch.kind == "buy_tap").first()
    assert touch is not None
    assert (touch.person, touch.show, touch.product) == (sam.id, made.show_id, made.pan.id)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/shop/products/{made.pan.id}/sheet?show={made.show_id}&touch={touch.id}"
    sheet = await browser.get(answer.headers["location"], headers={"hx-request": "true"})
    assert str(touch.id) in sheet.text


async def test_a_product_that_is_not_presented_cannot_be_bought_through_the_room(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.client(await cast.sam())
    assert (await sam.post(f"/shows/{made.slug}/buy", data={"product": str(uuid4())})).status_code == 404


async def test_somebody_without_an_account_leaves_a_touch_without_a_person(client: httpx.AsyncClient) -> None:
    made = await factories.stage(live=True)
    await client.get(f"/shows/{made.slug}")
    touch = await Touch.objects().first()
    assert touch is not None
    assert touch.person is None


async def test_a_purchase_is_announced_without_a_name_until_the_buyer_allows_it(cast: Cast) -> None:
    made = await factories.stage(live=True)
    sam = await cast.sam()
    browser = await cast.client(sam)
    for cart, sentence in (("one", "Somebody just bought Saucepan Alma"), ("two", "Sam just bought Saucepan Alma")):
        order_id = await _paid(made, sam, cart)
        await chat.announce_purchase(order_id=order_id)
        await chat.announce_purchase(order_id=order_id)
        page = (await browser.get(f"/shows/{made.slug}")).text
        assert page.count(sentence) == 1
        assert (await browser.post(f"/shows/{made.slug}/announce", data={"announce": "1"})).status_code == 303


async def test_the_cockpit_pins_goes_on_and_ends(cast: Cast, settle: Settle) -> None:
    made = await factories.stage(live=True)
    nour = await cast.client(made.nour)
    here = f"/studio/shows/{made.show_id}/live"
    assert "Part 1" in (await nour.get(here)).text
    assert (await nour.post(f"{here}/next")).status_code == 303
    assert "slot 1 of 2" in (await nour.get(here)).text
    assert (await nour.post(f"{here}/next")).status_code == 303
    refused = await nour.post(f"{here}/next", headers={"hx-request": "true"})
    assert refused.status_code == 409
    assert "last slot" in refused.text
    ended = await nour.post(f"{here}/end")
    assert ended.status_code == 303
    await settle()
    show = await Show.objects().where(Show.id == made.show_id).first()
    assert show is not None
    assert show.status == "ended"
    assert all(pin.unpinned_at for pin in await pins.history(made.show_id))


async def test_the_cockpit_of_another_host_is_not_there(cast: Cast) -> None:
    made = await factories.stage(live=True)
    chloe = await cast.client(await cast.chloe())
    for path in ("", "/live", "/plan"):
        assert (await chloe.get(f"/studio/shows/{made.show_id}{path}")).status_code == 404


async def test_the_chat_is_closed_when_the_show_is_long_over(cast: Cast) -> None:
    made = await factories.stage(live=True)
    await on_air.end_show(show_id=made.show_id, by=made.nour)
    await Show.update({Show.ended_at: clock.now() - chat.LATE}).where(Show.id == made.show_id)
    with pytest.raises(chat.ChatClosed):
        await chat.say(show_id=made.show_id, body="Hello?", client_key=uuid4(), by=await cast.sam())


async def _next(lines: AsyncIterator[str], kind: str) -> dict[str, dict[str, str]]:
    wanted = False
    async for line in lines:
        if line == f"event: {kind}":
            wanted = True
        elif wanted and line.startswith("data: "):
            return dict(json.loads(line.removeprefix("data: ")))
    raise AssertionError("the stream ended")


async def _paid(made: factories.Stage, by: Principal, cart: str) -> UUID:
    order_id = await checkout.place_order(
        lines=[(made.pan.choices[0].id, 1)], show_id=made.show_id, touch_id=None, cart_key=cart, ship_to=stall.HOME, by=by
    )
    await Order.update({Order.status: "paid", Order.paid_at: clock.now()}).where(Order.id == order_id)
    return order_id
