"""One thing that fails does not keep the others from their turn."""

from __future__ import annotations

import pytest

from foundation.each import each


async def test_all_get_their_turn_and_what_failed_is_told_at_the_end() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        if number % 2:
            raise ValueError(number)
        done.append(number)

    with pytest.raises(ExceptionGroup) as told:
        await each(range(5), work)
    assert done == [0, 2, 4]
    assert [error.args for error in told.value.exceptions] == [(1,), (3,)]


async def test_nothing_is_raised_when_nothing_failed() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        done.append(number)

    await each([1, 2], work)
    assert done == [1, 2]
