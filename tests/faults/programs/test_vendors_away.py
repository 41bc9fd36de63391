"""While Stripe or Mux is away everything else goes on, what waits says so, and it is made up for afterwards."""

from __future__ import annotations

from uuid import uuid4

import pytest

from foundation.accounts import Principal
from foundation.vendor import VendorError
from marketplace import refunds
from marketplace.payments import PaymentWaits
from marketplace.refunds import Reason
from marketplace.tables import RefundStatus
from tests.cast import Browser, Cast
from tests.faults.programs.test_killed_programs import refund_is
from tests.faults.programs.whole import Whole, until
from tests.marketplace import stall


async def signed_in(whole: Whole, person: Principal) -> Browser:
    return await Cast(whole.base).client(person)


@pytest.mark.slow
async def test_without_stripe_people_watch_and_chat_and_what_waits_says_so(whole: Whole) -> None:
    sold = await whole.buy()
    await whole.credited([sold])
    whole.kill("stripe-stand-in")
    try:
        with pytest.raises((PaymentWaits, VendorError)):
            await whole.place()
        refund_id = await refunds.ask_refund(order_id=sold, lines=None, reason=Reason.RETURNED, by=whole.market.ada)
        async with await signed_in(whole, whole.sam) as sam:
            for path in ("/", f"/shows/{whole.market.slug}", "/orders", f"/orders/{(await stall.order(sold)).number}"):
                assert (await sam.get(path)).status_code == 200, path
            words = f"Does it work on induction? {uuid4()}"
            await sam.post(f"/shows/{whole.market.slug}/chat", data={"body": words, "client_key": str(uuid4())})
            assert words in (await sam.get(f"/shows/{whole.market.slug}")).text
        async with await signed_in(whole, whole.fay) as fay:
            for path in ("/finance", "/finance/runs", "/finance/accounts"):
                assert (await fay.get(path)).status_code == 200, path
        async with await signed_in(whole, whole.market.nour) as nour:
            answer = await nour.post("/studio/payouts")
            assert answer.status_code == 503
            assert "does not answer" in answer.text
        assert not await refund_is(refund_id, RefundStatus.SUCCEEDED)
    finally:
        await whole.back("stripe-stand-in")
    await until("the refund is made up for", lambda: refund_is(refund_id, RefundStatus.SUCCEEDED))
    await whole.credited([await whole.buy()])
    await whole.books_agree()


@pytest.mark.slow
async def test_without_mux_people_chat_and_buy_and_the_host_is_told(whole: Whole) -> None:
    whole.kill("mux-stand-in")
    try:
        async with await signed_in(whole, whole.sam) as sam:
            assert (await sam.get(f"/shows/{whole.market.slug}")).status_code == 200
            words = f"No picture here {uuid4()}"
            await sam.post(f"/shows/{whole.market.slug}/chat", data={"body": words, "client_key": str(uuid4())})
            assert words in (await sam.get(f"/shows/{whole.market.slug}")).text
        async with await signed_in(whole, whole.market.nour) as nour:
            assert (await nour.get(f"/studio/shows/{whole.market.show_id}/live")).status_code == 200
            answer = await nour.post(f"/studio/shows/{whole.market.show_id}/key")
            assert "does not answer" in answer.text
        await whole.credited([await whole.buy()])
    finally:
        await whole.back("mux-stand-in")
    await whole.books_agree()
