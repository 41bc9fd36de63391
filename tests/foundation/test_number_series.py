"""Numbers of documents have no gap and no double, whoever asks at once and whatever fails."""

from __future__ import annotations

import asyncio

import pytest

from foundation.database import DB
from foundation.number_series import OutsideTransaction, next_number


class Failed(Exception):
    """The document could not be stored."""


async def document(series: str, *, fails: bool = False) -> int:
    async with DB.transaction():
        number = await next_number(series)
        if fails:
            raise Failed
        return number


async def test_each_series_counts_by_itself_from_one(db: None) -> None:
    assert [await document("a-2026"), await document("a-2026"), await document("b-2026"), await document("a-2026")] == [
        1,
        2,
        1,
        3,
    ]


async def test_a_document_that_fails_gives_its_number_back(db: None) -> None:
    assert await document("a") == 1
    with pytest.raises(Failed):
        await document("a", fails=True)
    assert await document("a") == 2


async def test_many_at_once_with_failures_among_them_leave_no_gap_and_no_double(db: None) -> None:
    asked = [document("a", fails=n % 3 == 0) for n in range(48)]
    given = await asyncio.gather(*asked, return_exceptions=True)
    numbers = [number for number in given if isinstance(number, int)]
    assert sorted(numbers) == list(range(1, 33))
    assert sum(isinstance(one, Failed) for one in given) == 16


async def test_a_number_without_its_transaction_is_refused(db: None) -> None:
    with pytest.raises(OutsideTransaction):
        await next_number("a")
