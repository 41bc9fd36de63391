"""In which order things that are bought together are listed: the same in the bag, on the payment form and in the order."""

from __future__ import annotations

from typing import Protocol


class Listed(Protocol):
    """What stands in such a list."""

    @property
    def brand_name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def variant_name(self) -> str: ...


def place_in_list(thing: Listed) -> tuple[str, str, str]:
    """Where a thing stands: by brand, title, variant."""
    return thing.brand_name.casefold(), thing.title.casefold(), thing.variant_name.casefold()
