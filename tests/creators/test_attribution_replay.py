"""Deciding everything again: the same fingerprint, however the work is shared, and differences that are named and kept."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from creators import attribution, attribution_replay
from creators.attribution_facts import POLICIES
from creators.tables import AttributionDecision, TouchKind
from foundation import clock
from tests import factories
from tests.creators.test_attribution import order, tap
from tests.entrypoints.test_money_commands import fanfare
from tests.factories import Stage
from tests.payouts import facts

pytestmark = pytest.mark.usefixtures("db")


async def sold() -> tuple[Stage, list[UUID]]:
    """Three orders: in the stream, after watching, and out of the blue."""
    made = await factories.stage(live=True)
    people = [await facts.person(name) for name in ("sam", "lea", "tom")]
    orders = [await order(made, people[0], touch_id=await tap(made, people[0]))]
    await tap(made, people[1], TouchKind.SHOW_VIEW)
    orders += [await order(made, people[1], in_show=False), await order(made, people[2], in_show=False)]
    for order_id in orders:
        await attribution.attribute_order(order_id=order_id)
    return made, orders


async def test_a_replay_finds_what_was_decided_with_the_same_fingerprint_in_any_order() -> None:
    _made, _orders = await sold()
    first = await attribution_replay.replay()
    assert (first.orders, first.lines, first.differing) == (3, 3, ())
    assert first.kept == first.found
    slices = [await attribution_replay.replay_slice(number) for number in reversed(range(attribution_replay.SLICES))]
    assert attribution_replay.joined(slices) == first
    assert await AttributionDecision.count() == 3


async def test_a_touch_that_was_written_late_is_found_and_kept_as_a_new_version() -> None:
    made, orders = await sold()
    ines = await facts.person("ines")
    with clock.shifted(timedelta(hours=1)):
        order_id = await order(made, ines, in_show=False)
        await attribution.attribute_order(order_id=order_id)
    await tap(made, ines, TouchKind.SHOW_VIEW)
    late = await attribution_replay.replay()
    assert late.differing == (order_id,)
    assert late.kept != late.found
    assert await attribution_replay.catch_up() == 1
    latest = (await attribution.latest_decisions(order_id)).popitem()[1]
    assert (latest.version, latest.creator) == (2, made.creator_id)
    again = await attribution_replay.replay()
    assert (again.differing, again.kept == again.found, len(orders)) == ((), True, 3)


async def test_another_policy_is_tried_without_changing_anything_and_kept_on_demand() -> None:
    _made, orders = await sold()
    old = POLICIES["2026-11"]
    tried = await attribution_replay.replay(policy=old)
    assert len(tried.differing) == 3
    assert await AttributionDecision.count() == 3
    assert await attribution_replay.apply(tried.differing, policy=old) == 3
    settled = await attribution_replay.replay()
    assert (settled.differing, settled.kept == settled.found) == ((), True)
    assert len(orders) == 3


async def test_the_command_compares_in_two_processes_and_its_exit_code_says_that_something_differs() -> None:
    _made, orders = await sold()
    tried = fanfare("attribution", "replay", "--processes", "2", "--policy", "2026-11", "--json")
    report = json.loads(tried.stdout)
    assert (tried.returncode, report["orders"], report["differing"]) == (1, len(orders), len(orders))
    assert report["kept"] != report["found"]
