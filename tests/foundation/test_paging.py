"""The number in the address names a part of the list, whatever somebody types there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from foundation import paging


def asked(page: str | None) -> Any:
    return SimpleNamespace(query_params={} if page is None else {"page": page})


@pytest.mark.parametrize(
    ("page", "number"), [(None, 1), ("", 1), ("0", 1), ("-3", 1), ("x", 1), ("²", 1), ("7", 7), ("999999", 1)]
)
def test_whatever_is_typed_is_a_page(page: str | None, number: int) -> None:
    assert paging.number(asked(page)) == number


def test_every_row_stands_on_one_page_and_behind_the_end_is_the_last() -> None:
    rows = list(range(26))
    parts = [paging.part_of(asked(str(page)), rows, 25) for page in (1, 2, 3)]
    assert [list(part.rows) for part in parts] == [rows[:25], rows[25:], rows[25:]]
    assert [(part.page, part.pages, part.total) for part in parts] == [(1, 2, 26), (2, 2, 26), (2, 2, 26)]
    assert (paging.part_of(asked("4"), [], 25).pages, paging.pages(25), paging.pages(26)) == (1, 1, 2)
