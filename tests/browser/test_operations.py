"""The page of dead messages in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation import relay, schedules
from tests.browser.conftest import Opener, barriers, keep_screen
from tests.cast import Cast
from tests.foundation.test_operations import ParcelLost as Lost
from tests.foundation.test_operations import a_dead_message, count_parcels, look_for_the_parcel

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _wired(server: str) -> Iterator[None]:
    before = relay.wiring()
    relay.connect(relay.Wiring(events={Lost: (look_for_the_parcel,)}, schedules={"count parcels": (3600, count_parcels)}))
    yield
    relay.connect(before)


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("language", "dark"), [pytest.param("en", False, marks=pytest.mark.slow), ("fr", True)])
async def test_dead_messages_are_readable_and_have_no_barriers(
    open_page: Opener, cast: Cast, width: int, language: str, dark: bool
) -> None:
    await a_dead_message()
    await schedules.prepare()
    async with open_page(await cast.person("root"), width=width, dark=dark, language=language) as page:
        await page.goto(f"/admin/operations?lang={language}")
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert await barriers(page) == []
        await keep_screen(page, f"operations-{width}-{language}")
