"""Roles open areas, and close them at once."""

from __future__ import annotations

import pytest

from foundation import accounts
from foundation.accounts import EmailTaken, OwnAdministratorRole, Principal
from foundation.errors import NotFound
from foundation.tables import AuditEntry, Role
from tests.cast import Browser, Cast


@pytest.fixture
async def admin(cast: Cast) -> Browser:
    return await cast.client(await cast.root())


async def change(admin: Browser, person: Principal, role: Role, act: str) -> int:
    answer = await admin.post(f"/admin/people/{person.id}/roles", data={"role": role, "act": act})
    return answer.status_code


async def test_only_administrators_see_people(client: Browser, cast: Cast, admin: Browser) -> None:
    assert (await admin.get("/admin/people")).status_code == 200
    assert (await (await cast.client(await cast.fay())).get("/admin/people")).status_code == 403
    assert (await client.get("/admin/people")).headers["location"] == "/sign-in?next=/admin/people"


async def test_one_person_may_have_several_roles(cast: Cast, admin: Browser) -> None:
    nour = await cast.nour()
    assert await change(admin, nour, Role.BRAND_MEMBER, "grant") == 303
    assert await change(admin, nour, Role.BRAND_MEMBER, "grant") == 303
    assert (await accounts.person(nour.id)).roles == {Role.VIEWER, Role.CREATOR, Role.BRAND_MEMBER}
    granted = await AuditEntry.select().where(AuditEntry.action == "grant role", AuditEntry.object_id == str(nour.id))
    assert [row["actor"] for row in granted] == ["system", f"person:{(await cast.root()).id}"]


async def test_a_role_works_and_stops_with_the_next_click(cast: Cast, admin: Browser) -> None:
    max_ = await cast.client(await cast.max())
    assert (await max_.get("/admin/people")).status_code == 403
    await change(admin, await cast.max(), Role.ADMINISTRATOR, "grant")
    assert (await max_.get("/admin/people")).status_code == 200
    await change(admin, await cast.max(), Role.ADMINISTRATOR, "take")
    assert (await max_.get("/admin/people")).status_code == 403


async def test_an_administrator_cannot_lock_themselves_out(cast: Cast, admin: Browser) -> None:
    root = await cast.root()
    assert await change(admin, root, Role.ADMINISTRATOR, "take") == 409
    assert (await admin.post(f"/admin/people/{root.id}/disable")).status_code == 409
    with pytest.raises(OwnAdministratorRole):
        await accounts.take(person_id=root.id, role=Role.ADMINISTRATOR, by=root)


async def test_the_session_of_a_closed_account_ends_at_once(cast: Cast, admin: Browser) -> None:
    sam = await cast.sam()
    browser = await cast.client(sam)
    assert (await browser.get("/settings")).status_code == 200
    assert (await admin.post(f"/admin/people/{sam.id}/disable")).status_code == 303
    assert (await browser.get("/settings")).status_code == 303

    assert (await admin.post(f"/admin/people/{sam.id}/enable")).status_code == 303
    assert (await browser.get("/settings")).status_code == 303  # a new sign-in is needed
    assert (await (await cast.client(sam)).get("/settings")).status_code == 200


async def test_people_are_found_by_name_mail_and_role(cast: Cast, admin: Browser) -> None:
    await cast.nour()
    await cast.sam()
    assert "Nour Benali" in (await admin.get("/admin/people?q=BENALI")).text
    assert "Sam Petit" not in (await admin.get("/admin/people?q=BENALI")).text
    assert "Sam Petit" in (await admin.get("/admin/people?q=sam@")).text
    assert "Nobody found" in (await admin.get("/admin/people", params={"q": "%"})).text
    only_creators = (await admin.get("/admin/people?role=creator")).text
    assert "Nour Benali" in only_creators
    assert "Sam Petit" not in only_creators


async def test_a_search_by_htmx_brings_only_the_list(cast: Cast, admin: Browser) -> None:
    await cast.nour()
    answer = await admin.get("/admin/people?q=nour", headers={"hx-request": "true"})
    assert answer.text.strip().startswith('<div id="people">')
    assert "Nour Benali" in answer.text


async def test_unknown_people_and_roles_are_refused(cast: Cast, admin: Browser) -> None:
    nour = await cast.nour()
    answer = await admin.post(f"/admin/people/{nour.id}/roles", data={"role": "emperor", "act": "grant"})
    assert answer.status_code == 422
    unknown = "00000000-0000-4000-8000-000000000000"
    assert (await admin.post(f"/admin/people/{unknown}/roles", data={"role": "creator", "act": "grant"})).status_code == 404
    with pytest.raises(NotFound):
        await accounts.disable(person_id=nour.id.__class__(unknown), by=nour)


async def test_an_address_has_one_account_however_it_is_written(cast: Cast) -> None:
    await cast.sam()
    with pytest.raises(EmailTaken):
        await accounts.create(email="SAM@FANFARE.EXAMPLE", display_name="Sam again")
    assert await accounts.by_email(" Sam@fanfare.example") == await cast.sam()
    assert await accounts.by_email("nobody@fanfare.example") is None
