"""Hosting together: who may be invited, who answers, and what the sale pays whom."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from creators import attribution, hosts
from creators.attribution_tables import ShowHost
from foundation.accounts import Principal
from foundation.errors import NotFound, WrongState
from tests import factories
from tests.cast import Cast
from tests.creators.test_attribution import order, tap
from tests.factories import Stage
from tests.marketplace import stall

pytestmark = pytest.mark.usefixtures("db")


async def two() -> tuple[Stage, Principal]:
    made, chloe = await factories.stage(), await stall.person("chloe")
    await factories.creator(chloe, "chloe.cuisine")
    return made, chloe


async def invited(made: Stage, share_bp: int = 3000) -> UUID:
    return await hosts.invite(show_id=made.show_id, handle="@Chloe.cuisine", share_bp=share_bp, by=made.nour)


async def test_a_co_host_who_accepted_shares_the_sales_of_the_show() -> None:
    made, chloe = await two()
    await hosts.answer(invitation_id=await invited(made), accept=True, by=chloe)
    await factories.go_live(made.show_id)
    sam = await stall.person("sam")
    (decision,) = await attribution.attribute_order(order_id=await order(made, sam, touch_id=await tap(made, sam)))
    shares = (await attribution.shares_of([decision.id]))[decision.id]
    assert (shares[0].creator, shares[0].share_bp, shares[0].show) == (made.creator_id, 7000, made.show_id)
    assert [share.share_bp for share in shares] == [7000, 3000]


async def test_somebody_who_did_not_answer_shares_nothing() -> None:
    made, _chloe = await two()
    await invited(made)
    await factories.go_live(made.show_id)
    sam = await stall.person("sam")
    (decision,) = await attribution.attribute_order(order_id=await order(made, sam, touch_id=await tap(made, sam)))
    assert [share.share_bp for share in (await attribution.shares_of([decision.id]))[decision.id]] == [10_000]


async def test_the_split_stays_as_it_is_once_the_show_has_begun() -> None:
    made, chloe = await two()
    invitation = await invited(made)
    await factories.go_live(made.show_id)
    with pytest.raises(WrongState):
        await hosts.answer(invitation_id=invitation, accept=True, by=chloe)
    with pytest.raises(WrongState):
        await hosts.withdraw(invitation_id=invitation, by=made.nour)


async def test_only_another_creator_can_be_invited_and_only_once() -> None:
    made, _chloe = await two()
    await factories.creator(made.ada, "ada.cooks")
    for handle in ("nour.en.cuisine", "ada.cooks", "nobody"):
        with pytest.raises(hosts.NobodyToInvite):
            await hosts.invite(show_id=made.show_id, handle=handle, share_bp=1000, by=made.nour)
    with pytest.raises(hosts.TooMuchShared):
        await invited(made, 9001)
    answers = await asyncio.gather(*(invited(made) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [hosts.InvitedAlready] * 2
    assert await ShowHost.count() == 1


async def test_nobody_else_answers_or_invites() -> None:
    made, chloe = await two()
    invitation = await invited(made)
    with pytest.raises(NotFound):
        await hosts.answer(invitation_id=invitation, accept=True, by=made.nour)
    with pytest.raises(NotFound):
        await hosts.invite(show_id=made.show_id, handle="nour.en.cuisine", share_bp=1000, by=chloe)


async def test_the_host_invites_on_a_page_and_the_other_accepts_on_theirs(cast: Cast) -> None:
    made, chloe = await two()
    host, guest = await cast.client(made.nour), await cast.client(chloe)
    page = f"/studio/shows/{made.show_id}/hosts"
    wrong = await host.post(page, data={"handle": "chloe.cuisine", "share": "95"})
    assert wrong.status_code == 422
    assert (await host.post(page, data={"handle": "chloe.cuisine", "share": "30"})).status_code == 303
    assert "@chloe.cuisine" in (await host.get(page)).text
    assert "Copper night" in (await guest.get("/studio/hosting")).text
    (row,) = await hosts.hosts_of(made.show_id)
    assert (await guest.post(f"/studio/hosting/{row.id}/accept")).status_code == 303
    assert (await guest.post(f"/studio/hosting/{row.id}/decline")).status_code == 409
    assert (await guest.get(page)).status_code == 404
    assert "30" in (await host.get(page, headers={"accept-language": "fr"})).text
