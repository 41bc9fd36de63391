"""The rails: every page of a space stands under the entry it belongs to, and a rail fits on a low screen."""

from __future__ import annotations

import pytest

from entrypoints import navigation
from tests.browser.every_page import without_objects
from tests.cast import Cast

RAIL_PIXELS, ENTRY_PIXELS, OTHER_PIXELS = 700, 56, 174
"""A screen of 800 under a browser's bars; one entry of the narrow rail; its logo, its keys and its person."""


@pytest.mark.parametrize("space", navigation.SPACES, ids=lambda space: str(space[0]))
def test_a_rail_fits_on_a_low_screen(space: tuple[str, tuple[navigation.Part, ...], str, str]) -> None:
    assert OTHER_PIXELS + ENTRY_PIXELS * len(space[1]) <= RAIL_PIXELS


def test_no_two_entries_of_a_rail_share_a_name_or_an_address() -> None:
    for _prefix, parts, _rail, _name in navigation.SPACES:
        links = [link for part in parts for link in part]
        assert len({link.key for link in links}) == len({link.href for link in links}) == len(links)


@pytest.mark.parametrize(
    ("path", "entry", "beside"),
    [
        ("/brand", "brand", "brand"),
        ("/brand/pick-list", "orders", "pick-list"),
        ("/brand/orders/F-AAAAA-BBBBB", "orders", "orders"),
        ("/brand/money/months/2026-11", "money", "money"),
        ("/studio/sales/why-not", "earnings", "sales"),
        ("/studio/documents", "documents", "documents"),
        ("/finance/bank/statements/1", "reconciliation", "bank"),
        ("/moderation/words", "moderation", "words"),
    ],
)
def test_a_page_stands_under_the_entry_it_belongs_to(path: str, entry: str, beside: str) -> None:
    parts = next(parts for prefix, parts, _rail, _name in navigation.SPACES if path.startswith(prefix))
    shown = navigation._rail(path, parts)
    assert (shown["active"], shown["beside_at"]) == (entry, beside)
    assert not shown["beside"] or beside in {link.key for link in shown["beside"]}


def test_every_page_without_an_id_stands_under_an_entry_of_its_space() -> None:
    lost = []
    for path in without_objects():
        for prefix, parts, _rail, _name in navigation.SPACES:
            if path.startswith(prefix + "/") and path not in navigation.ENTRANCES:
                entry = navigation._rail(path, parts)["active"]
                lost += [path] if not entry or (entry == parts[0][0].key and path not in {link.href for link in parts[0]}) else []
    assert lost == []


async def test_an_administrator_reads_the_pages_shared_with_finance_beside_their_own(cast: Cast) -> None:
    for person, elsewhere in ((await cast.root(), "/admin/operations"), (await cast.fay(), "/finance/runs")):
        async with await cast.client(person) as browser:
            page = await browser.get("/finance/audit")
            assert page.status_code == 200
            assert f'href="{elsewhere}"' in page.text
    async with await cast.client(await cast.root()) as browser:
        assert 'href="/finance/runs"' not in (await browser.get("/finance/audit")).text
