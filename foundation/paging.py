"""Long lists by pages: the number in the address, and the part of the list that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from foundation.web import Web

Row = TypeVar("Row")
SIZE = 25


@dataclass(frozen=True)
class Part(Generic[Row]):
    """One page of a list of `total` rows."""

    rows: Sequence[Row]
    page: int
    pages: int
    total: int


def number(request: Web, name: str = "page") -> int:
    """The `?page=` of a list, 1 when it is missing or no number."""
    text = str(request.query_params.get(name, ""))
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def pages(total: int, size: int = SIZE) -> int:
    """How many pages `total` rows fill; at least one."""
    return max(-(-total // size), 1)


def part_of(request: Web, rows: Sequence[Row], size: int = SIZE, name: str = "page") -> Part[Row]:
    """The page of a list that is short enough to be read whole; behind the end stands the last page. `name` where a page has two lists."""
    page = min(number(request, name), pages(len(rows), size))
    return Part(rows[(page - 1) * size : page * size], page, pages(len(rows), size), len(rows))
