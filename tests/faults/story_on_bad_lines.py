"""`python -m tests.faults.story_on_bad_lines [seed]`: the story with bad lines between the application and its vendors."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager

from entrypoints.story import stage, tale
from foundation import settings
from tests.faults.bad_line import BadLine, Weather
from tests.stand_ins import StandIn

os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")

CALLS = Weather(lost_before=3, lost_after=5, late=10, longest_delay=0.3)
"""For our calls: the line need not repeat them, the vendor's library does so after every cut."""

NEWS = Weather(lost_before=6, lost_after=6, repeated=25, late=30, longest_delay=1.5)
"""For webhooks: what is lost comes again from the vendor, much comes twice, and much in another order."""


def main(seed: int) -> None:
    """Tell the story, and at the end what the lines did, as one line of JSON."""
    with ExitStack() as running:
        stripe, mux = running.enter_context(StandIn.start("stripe")), running.enter_context(StandIn.start("mux"))
        [web] = stage.free_ports(1)
        lines = {
            "stripe calls": BadLine(stripe.url, CALLS, only_with=settings.current().stripe_secret_key),
            "mux calls": BadLine(mux.url, CALLS, only_with="Basic "),
            "stripe news": BadLine(f"http://127.0.0.1:{web}", NEWS),
            "mux news": BadLine(f"http://127.0.0.1:{web}", NEWS),
        }
        for number, line in enumerate(lines.values()):
            line.dice = random.Random(seed + number)
        running.enter_context(open_lines(*lines.values()))
        asyncio.run(stripe.send_webhooks_to(lines["stripe news"].url))
        asyncio.run(mux.send_webhooks_to(lines["mux news"].url))
        running.enter_context(stage.own_fanfare(changed=addresses(web, lines, mux)))
        report = asyncio.run(tale.tell(lambda words: print(words, flush=True)))  # noqa: T201  # this program talks
    told = {"story": report.as_json(), "lines": {name: dict(line.happened) for name, line in lines.items()}}
    print(json.dumps(told))  # noqa: T201  # this program talks


def addresses(web: int, lines: dict[str, BadLine], mux: StandIn) -> dict[str, str]:
    """The settings of an application whose vendors are at the other ends of the lines."""
    calls = lines["mux calls"].url
    return {
        "FANFARE_PORT": str(web),
        "FANFARE_BASE_URL": f"http://127.0.0.1:{web}",
        "STRIPE_API_BASE": lines["stripe calls"].url,
        "STRIPE_JS_URL": f"{lines['stripe calls'].url}/v3/",
        "MUX_API_BASE": calls,
        "MUX_STREAM_BASE": f"{calls}/stream",
        "MUX_IMAGE_BASE": f"{calls}/image",
        "MUX_STATS_BASE": f"{calls}/stats",
        "MUX_RTMP_URL": f"rtmp://127.0.0.1:{mux.rtmp_port}/app",
    }


@contextmanager
def open_lines(*lines: BadLine) -> Iterator[None]:
    """Serve the lines on a thread of their own while the block runs."""
    opened, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for line in lines:
                await stack.enter_async_context(line.open())
            opened.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert opened.wait(10), "the lines do not open"
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
