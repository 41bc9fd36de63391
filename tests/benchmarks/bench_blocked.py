"""How long the pages that everybody sees keep a slow phone from answering, in processor time, so that a busy machine hardly matters.

    .venv/bin/python -m tests.benchmarks.bench_blocked [page ...]

Lighthouse calls a page blocked for what each task of its main thread takes beyond 50 ms on a processor four times slower. It takes
the time on the wall; here the time of the processor is taken from the browser's own trace, of the first 15 seconds of the page.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from entrypoints import screens
from foundation import settings
from tests.benchmarks.bench_lighthouse import PAGES, _address, _print

SLOWER = 4
PATIENCE = 50.0
"""Milliseconds that a task may take on the slow processor before it counts."""
WATCHED = 15_000
GOAL = 200.0
"""Milliseconds blocked: what Lighthouse calls good."""
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-lighthouse", "blink.user_timing"]


def main(wanted: list[str]) -> int:
    """Print a line a page; 0 when every page meets the goal."""
    now = settings.current()
    met = True
    with screens.demo_at(now.base_url, _print), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=screens.chromium(),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        for name, (path, link) in PAGES.items():
            if not wanted or name in wanted:
                blocked, longest, busy = _blocked(_tasks(browser, _address(now.base_url, path, link)))
                met &= blocked <= GOAL
                _print(
                    f"{name:8s} blocked {blocked:6.0f} ms  longest task {longest:5.0f} ms  all tasks {busy:6.0f} ms, 4 times slower"
                )
        browser.close()
    return 0 if met else 1


def _tasks(browser: Browser, url: str) -> list[float]:
    """Milliseconds of processor time of every task of the page's main thread, from its first paint on."""
    page = browser.new_page(viewport={"width": 412, "height": 823}, device_scale_factor=1.75, is_mobile=True, has_touch=True)
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.goto(url, wait_until="load", timeout=90_000)
    page.wait_for_timeout(WATCHED)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    page.close()
    paints = [event for event in events if event["name"] == "firstContentfulPaint" or event["name"] == "firstPaint"]
    thread = next(((event["pid"], event["tid"]) for event in paints), None)
    begin = min((event["ts"] for event in paints), default=0)
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"] == "ThreadControllerImpl::RunTask"
        and (event["pid"], event["tid"]) == thread
        and event["ts"] >= begin
        and "tdur" in event
    ]


def _blocked(tasks: list[float]) -> tuple[float, float, float]:
    slow = [SLOWER * task for task in tasks]
    return sum(max(0.0, task - PATIENCE) for task in slow), max(slow, default=0.0), sum(slow)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
