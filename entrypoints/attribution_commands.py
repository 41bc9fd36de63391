"""The commands of attribution: decide everything again and compare."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import click

from creators import attribution_replay
from creators.attribution_facts import POLICIES
from creators.attribution_replay import SLICES, Replay, Slice, joined
from entrypoints import process
from entrypoints.money_commands import as_json, tell
from foundation.database import DB


@click.group()
def attribution() -> None:
    """Who is credited with a sale, and why."""


@attribution.command()
@click.option(
    "--policy", type=click.Choice(sorted(POLICIES)), help="Decide by this version of the rules instead of each order's own."
)
@click.option("--apply", "keep", is_flag=True, help="Keep what is found as new versions; the books follow.")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@as_json
def replay(policy: str | None, keep: bool, processes: int, as_json: bool) -> None:
    """Decide every order again from the kept facts. Exit code 1 when a decision differs; --apply keeps the new ones."""

    async def work() -> dict[str, Any]:
        found = await shared_among(processes, policy)
        changed = await attribution_replay.apply(found.differing, policy=POLICIES[policy] if policy else None) if keep else 0
        return {
            "orders": found.orders,
            "lines": found.lines,
            "corrected": found.corrected,
            "differing": len(found.differing),
            "changed": changed,
            "kept": found.kept,
            "found": found.found,
            "examples": [str(order) for order in found.differing[: attribution_replay.MOST_NAMED]],
        }

    tell(work(), as_json, good=lambda report: report["differing"] == report["changed"])


async def shared_among(processes: int, policy: str | None) -> Replay:
    """The replay of all slices, worked off by so many processes; their number changes nothing in the result."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        shares = [range(first, SLICES, processes) for first in range(processes)]
        found = await asyncio.gather(
            *(loop.run_in_executor(pool, partial(_work_off, list(share), policy, dict(os.environ))) for share in shares)
        )
    return joined([part for parts in found for part in parts])


def _work_off(numbers: list[int], policy: str | None, environment: dict[str, str]) -> list[Slice]:
    os.environ.update(environment)

    async def all_of_them() -> list[Slice]:
        try:
            return [
                await attribution_replay.replay_slice(number, policy=POLICIES[policy] if policy else None) for number in numbers
            ]
        finally:
            await DB.close()

    with process.connected():
        return asyncio.run(all_of_them())


COMMANDS = (attribution,)
