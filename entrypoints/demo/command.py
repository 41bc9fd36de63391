"""`fanfare demo`: a market that has lived for a month, a show on air, and everybody's way in."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import replace

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints import supervisor
from entrypoints.demo import evening, farewell, folder, month, pictures, replays
from entrypoints.supervisor import Supervisor
from foundation import jobs, logs, settings, stripe_gateway, valkey
from foundation.database import DB


def demo(*, fresh: bool) -> None:
    """Found or find the market, go on air, and stay until Ctrl-C. Raises `SettingError`s."""
    folder.refuse_production()
    logs.configure(replace(settings.current(), log_level="warning"))  # the programs write theirs to files
    with Progress(
        TextColumn("{task.description:<30}"), BarColumn(28), MofNCompleteColumn(), TimeElapsedColumn(), refresh_per_second=4
    ) as bars:
        told = Told(bars)
        there = folder.prepare(fresh=fresh)
        studio = pictures.Studio()
        try:
            with supervisor.running(workers=False) as programs:
                told.done("Database, queue, Stripe's and Mux's stand-ins and the site are up")
                asyncio.run(_until_stopped(programs, studio, told, there=there))
        finally:
            studio.close()


class Told:
    """What the person at the keyboard sees: bars of what goes on, lines of what is done and when."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self._began = time.monotonic()

    def done(self, words: str) -> None:
        """Say what is done, and after how many seconds."""
        self.bars.console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {words}", highlight=False, soft_wrap=True)


async def _until_stopped(programs: Supervisor, studio: pictures.Studio, told: Told, *, there: bool) -> None:
    """Do the work and watch the programs until Ctrl-C."""
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    work = asyncio.create_task(_work(programs, studio, told, there=there))
    try:
        while not over.is_set():
            if work.done():
                work.result()
            programs.watch()
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.5)
        told.bars.console.print("Stopping …")
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await asyncio.to_thread(jobs.stop_working)
        await stripe_gateway.close()
        await valkey.close()
        await DB.close()


async def _work(programs: Supervisor, studio: pictures.Studio, told: Told, *, there: bool) -> None:
    loop = asyncio.create_task(studio.film_loop(evening.SHOW))
    wanted = pictures.all_pictures()
    drawn = told.bars.add_task("Drawing pictures", total=len(wanted))
    drawing = asyncio.create_task(studio.draw(wanted, lambda: told.bars.advance(drawn)))
    programs.start("worker", "entrypoints.worker")  # idle until there is a relay, which begins in the present
    if not there:
        await folder.refuse_strangers()
        folder.mark("begun")
        await month.live(told)
        folder.mark("finished")
    programs.start("relay", "entrypoints.relay")
    show = await evening.schedule()
    await loop
    told.done("The picture of tonight's host moves")
    program = await evening.begin(programs, show)
    await evening.wait_until_visible(show)
    told.done(f"The live room is on air: [bold]{settings.current().base_url}/shows/{show.slug}[/]")
    await drawing
    told.done("Every picture is drawn")
    farewell.say(told.bars.console, show)
    await _replays(studio, told)
    await evening.go_on(programs, show, program)


async def _replays(studio: pictures.Studio, told: Told) -> None:
    """Recordings of the past shows come after the live room: until then their pages say that they are being prepared."""
    missing = await replays.missing()
    if missing:
        bar = told.bars.add_task("Preparing replays", total=len(missing))
        await replays.show_all(missing, studio, lambda: told.bars.advance(bar))
        told.done("All replays can be watched")
