"""Taxes, the audit log, drafts and the money of a show in a browser: wide, narrow, dark, French."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from foundation import clock, settings
from foundation.tables import Role
from payouts import drafting, identities, runs, tax_reports
from payouts.identities import Declared
from payouts.payee_tables import Schedule
from payouts.tax_tables import DpiVariant
from tests.browser.conftest import Opener
from tests.browser.steps import visit
from tests.payouts import facts
from tests.payouts.ready import ready
from tests.stand_ins import StandIn

NOUR = Declared(
    legal_name="Nour Benali", is_company=False, street="3 place", postcode="59000", town="Lille", country="FR", tin="0123456789012",
    born_on=date(1990, 5, 4), works_in_us=True,
)  # fmt: skip


@pytest.fixture
def reporting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The house's own facts are set, which a report needs."""
    for name, value in (("FANFARE_VAT_ID", "FR44732829320"), ("FANFARE_LEGAL_ADDRESS", "1 rue de la Paix, 75002 Paris")):
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.mark.usefixtures("reporting")
@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "en"), (390, True, "fr")])
async def test_what_a_tax_office_and_an_auditor_ask_for_is_sound(
    open_page: Opener,
    server: str,
    stripe_sandbox: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    dark: bool,
    language: str,
) -> None:
    house = await ready(stripe_sandbox)
    await house.sale(12000, 4000)
    await house.books()
    await identities.declare(told=NOUR, by=house.market.nour)
    await drafting.choose(currency="EUR", wanted={Schedule.WEEKLY}, by=house.fay)
    run = await runs.draft(by=house.fay)
    maker, year = await facts.person("maker", Role.FINANCE_MAKER), clock.now().year
    with clock.shifted(timedelta(days=400)):
        await tax_reports.prepare(year=year, variant=DpiVariant.FRENCH, leave_out=True, by=maker)
    look = {"width": width, "dark": dark, "language": language}
    async with open_page(house.finn, **look) as page:
        await visit(page, f"/finance/tax?year={year}", f"tax-{width}")
        await visit(page, "/finance/audit", f"audit-{width}")
        await visit(page, "/finance/runs", f"runs-drafts-{width}")
        await visit(page, f"/finance/runs/{run.number}", f"run-tax-{width}")
    show = house.market.show.id
    async with open_page(house.market.nour, **look) as page:
        await visit(page, "/studio/tax", f"studio-tax-{width}")
        await visit(page, f"/studio/earnings/shows/{show}", f"own-show-{width}")
        await visit(page, "/studio/earnings/shows", f"own-shows-{width}")
        await visit(page, "/studio/documents", f"identity-{width}")
    async with open_page(house.market.ada, **look) as page:
        await visit(page, f"/brand/money/shows/{show}", f"brand-show-{width}")
