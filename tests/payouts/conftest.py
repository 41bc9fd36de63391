"""What tests of payouts begin with, unless they say otherwise."""

from __future__ import annotations

import pytest

from tests.payouts.ready import Ready, ready
from tests.stand_ins import StandIn


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    """One sale of 120.00 whose hold has passed: 20.00 for the creator, 95.00 for the brand."""
    house = await ready(stripe_sandbox)
    await house.sale(12000)
    await house.books()
    return house
