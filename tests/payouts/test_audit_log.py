"""The audit log: who did what, when, to what; read by those who may, changed by nobody."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from foundation import accounts, audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.tables import Role
from payouts import audit_log
from payouts.audit_log import Wanted
from payouts.exports import local_day
from tests.cast import Cast
from tests.payouts import facts


async def done(by: Principal | None, action: str, kind: str, of: object, **details: object) -> None:
    async with DB.transaction():
        await audit.record(by=by, action=action, kind=kind, id=of, **details)


async def actions(wanted: Wanted) -> list[str]:
    return [one.action for one in await audit_log.listed(wanted)]


async def test_entries_are_found_by_person_action_object_and_day(db: None) -> None:
    fay, finn = await facts.person("fay", Role.FINANCE_MAKER), await facts.person("finn", Role.FINANCE_CHECKER)
    run = uuid4()
    await done(fay, "run.drafted", "payout_run", run)
    await done(finn, "run.approved", "payout_run", run, content_hash="a")
    await done(None, "item.failed", "payout_item", uuid4())
    today = local_day(clock.now())
    for wanted, expected in (
        (Wanted(person="FAY@"), ["run.drafted"]),
        (Wanted(person="Finn", action="run."), ["run.approved"]),
        (Wanted(person="system", kind="payout_item"), ["item.failed"]),
        (Wanted(person="nobody"), []),
        (Wanted(action="run."), ["run.approved", "run.drafted"]),
        (Wanted(object_id=str(run)), ["run.approved", "run.drafted"]),
        (Wanted(kind="payout_run", since=today, until=today), ["run.approved", "run.drafted"]),
        (Wanted(kind="payout_run", until=today - timedelta(days=1)), []),
        (Wanted(kind="payout_run", since=today + timedelta(days=1)), []),
        (Wanted(action="run.%"), []),
    ):
        assert await actions(wanted) == expected, wanted
    assert set(await audit_log.kinds()) >= {"payout_run", "payout_item"}


async def test_every_entry_leads_to_its_object_or_to_all_that_was_done_to_it(db: None) -> None:
    market = await facts.market()
    sale = await market.order(6000)
    for kind, of in (
        ("order", sale.order_id),
        ("brand", market.brand.id),
        ("show", market.show.id),
        ("period", "2026-10"),
        ("odd", "x y"),
    ):
        await done(None, "test.did", kind, of)
    places = {one.kind: one.href for one in await audit_log.listed(Wanted(action="test."))}
    assert places == {
        "order": f"/finance/trace?q={sale.number}",
        "brand": "/brands/cuivre-sel",
        "show": "/shows/bouillon",
        "period": "/finance/close/2026-10",
        "odd": "/finance/audit?kind=odd&object=x%20y",
    }


async def test_nobody_changes_what_was_written_down(db: None) -> None:
    await done(None, "test.did", "odd", "1")
    async with DB.connection() as connection:
        for deed in ("update audit_entry set actor = 'system'", "delete from audit_entry"):
            with pytest.raises(asyncpg.PostgresError, match="stays"):
                await connection.execute(deed)


async def test_auditors_and_administrators_read_it_and_take_it_away_and_others_do_not(server: str, cast: Cast) -> None:
    auditor = await accounts.create(email="audit@fanfare.example", display_name="Aude", roles=(Role.AUDITOR,))
    for number in range(60):
        await done(None, "test.did", "odd", f"=cmd|{number}", before="<b>old</b>", after=None)
    aude, rose = await cast.client(auditor), await cast.client(await cast.root())
    page = (await aude.get("/finance/audit?action=test.&since=nonsense&before=x")).text
    assert "&lt;b&gt;old" in page
    assert "<b>old" not in page
    assert "=cmd|59" in page
    assert "=cmd|5<" not in page
    older = (await aude.get("/finance/audit?action=test.&before=999999999")).text
    assert "=cmd|59" in older
    assert "No entry fits" in (await rose.get("/finance/audit?kind=nothing")).text
    rows = list(csv.DictReader(io.StringIO((await rose.get("/finance/audit/file?action=test.")).content.decode("utf-8-sig"))))
    assert len(rows) == 60
    assert rows[0]["object_id"].startswith("'=cmd")
    assert "export" in (await aude.get("/finance/audit?kind=audit")).text
    assert (await (await cast.client(await cast.fay())).get("/finance/audit")).status_code == 200
    for name in ("ada", "nour", "sam", "max"):
        browser = await cast.client(await cast.person(name))
        assert {(await browser.get(where)).status_code for where in ("/finance/audit", "/finance/audit/file")} == {403}
