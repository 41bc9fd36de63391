"""The frames of the pages lead only to addresses that exist."""

from __future__ import annotations

import re

import pytest

from entrypoints import navigation
from entrypoints.app import create_app
from foundation.settings import ROOT

LAYOUTS = sorted((ROOT / "frontend_templates" / "layouts").glob("*.html"))


@pytest.fixture(scope="module")
def addresses() -> set[str]:
    return {route.path for route in create_app().routes}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
def test_every_link_of_a_layout_leads_somewhere(layout: object, addresses: set[str]) -> None:
    text = (ROOT / "frontend_templates" / "layouts" / str(layout)).read_text()
    assert set(re.findall(r'(?:href|action)="(/[\w/-]*)"', text)) - addresses == set()


def test_every_entry_of_the_header_and_the_rails_leads_somewhere(addresses: set[str]) -> None:
    links = [*navigation.PUBLIC, *(link for _, parts, _, _ in navigation.SPACES for part in parts for link in part)]
    assert [link.href for link in links if link.href not in addresses] == []
