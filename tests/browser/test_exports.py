"""Finance takes the books away as files."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener
from tests.browser.steps import sound
from tests.payouts.ready import ready
from tests.stand_ins import StandIn

pytestmark = pytest.mark.browser


async def test_a_file_is_chosen_put_right_and_downloaded(server: str, stripe_sandbox: StandIn, open_page: Opener) -> None:
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    async with open_page(house.fay, width=1280, refusals={422}) as page:
        await page.goto("/finance/exports")
        await sound(page, "exports-1280")
        await page.get_by_label("File", exact=True).select_option("fec")
        await page.get_by_label("Year or month").fill("2026")
        await page.get_by_role("button", name="Download").click()
        await page.get_by_text("A SIREN has nine digits").first.wait_for()
        await sound(page, "exports-refused-1280")
        await page.get_by_label("SIREN").fill("732829320")
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Download").click()
        assert (await coming.value).suggested_filename == "732829320FEC20261231.txt"
    async with open_page(house.fay, dark=True, language="fr") as page:
        await page.goto("/finance/exports")
        await sound(page, "exports-390-dark-fr")
