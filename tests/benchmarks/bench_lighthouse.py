"""What Lighthouse says of the pages that everybody sees, on a slow phone (its mobile preset), against the demo.

    .venv/bin/python -m tests.benchmarks.bench_lighthouse [page ...]

Each page is asked three times, the run with the middle performance counts. A page with nothing in it is measured in the same run: what
it loses, every page loses on that machine. "machine" is Lighthouse's own measure of the processor it got; below 1000 its slow phone is slower
than a phone is. The demo that runs on this machine is used, else one is started. Reports are kept in
`.fanfare/lighthouse/`.
"""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from entrypoints import screens
from foundation import settings
from foundation.settings import ROOT

GOALS = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 95}
PAGES = {
    "home": ("/", ""),
    "event": ("/schedule", r"/shows/(?!three-sauces)[\w-]+"),
    "room": ("/", r"/shows/three-sauces[\w-]+"),
    "replay": ("/replays", r"/shows/[\w-]+"),
    "product": ("/brands/cuivre-sel", r"/shop/products/[\w-]+"),
    "creator": ("/creators/nour.cuisine", ""),
}  # fmt: skip
"""Page -> the address it is on, and the link that leads on from there to it."""
FIGURES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
SECONDS = 180
RUNS = 3
EMPTY = b'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nothing</title>'
EMPTY += b'<meta name="description" content="An empty page."></head><body><main><h1>Nothing</h1></main></body></html>'


def main(wanted: list[str]) -> int:
    """Print a line a page; 0 when every page meets the goals."""
    now = settings.current()
    folder = now.data_path / "lighthouse"
    folder.mkdir(parents=True, exist_ok=True)
    met = True
    with _demo(now.base_url), _empty_page() as nothing:
        _say("(empty)", _middle(nothing, folder, "empty"))
        for name, (path, link) in PAGES.items():
            if not wanted or name in wanted:
                met &= _say(name, _middle(_address(now.base_url, path, link), folder, name))
    return 0 if met else 1


@contextmanager
def _empty_page() -> Iterator[str]:
    """The address of a page with nothing in it."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def _middle(url: str, folder: Path, name: str) -> dict[str, Any]:
    """The report with the middle performance of `RUNS`."""
    reports = [_judge(url, folder / f"{name}-{run}.json") for run in range(1, RUNS + 1)]
    return sorted(reports, key=lambda report: report["categories"]["performance"]["score"] or 0)[RUNS // 2]


def _demo(base: str) -> AbstractContextManager[None]:
    return screens.demo_at(base, _print)


def _address(base: str, path: str, link: str) -> str:
    if not link:
        return base + path
    found = re.search(rf'href="({link})"', httpx.get(base + path, timeout=20).text)
    if found is None:
        raise SystemExit(f"{path} has no link to what is to be measured.")
    return base + html.unescape(found[1])


def _judge(url: str, report: Path) -> dict[str, Any]:
    """Run Lighthouse once. Raises `CalledProcessError`, `TimeoutExpired`."""
    chromium = subprocess.run([sys.executable, str(ROOT / "bin/find-browser")], capture_output=True, text=True, check=True).stdout
    program = subprocess.Popen(
        [
            *(str(ROOT / "node_modules/.bin/lighthouse"), url, "--quiet", "--output=json", f"--output-path={report}"),
            *("--chrome-flags=--headless=old --no-sandbox --disable-gpu", "--no-enable-error-reporting"),
        ],
        env={**os.environ, "CHROME_PATH": chromium.strip()},
    )
    try:
        if program.wait(SECONDS):
            raise subprocess.CalledProcessError(program.returncode, "lighthouse")
    except subprocess.TimeoutExpired:
        program.send_signal(signal.SIGINT)  # it ends its browser then, which a kill would leave behind
        program.wait(30)
        raise
    loaded: dict[str, Any] = json.loads(report.read_text())
    return loaded


def _say(name: str, report: dict[str, Any]) -> bool:
    scores = {key: round(100 * (report["categories"][key]["score"] or 0)) for key in GOALS}
    met = all(scores[key] >= goal for key, goal in GOALS.items())
    figures = ", ".join(report["audits"][key].get("displayValue", "?").replace("\xa0", " ") for key in FIGURES)
    said = "  ".join(f"{key} {score:3d}" for key, score in scores.items())
    load, speed = os.getloadavg()[0], report["environment"]["benchmarkIndex"]
    _print(
        f"{name:8s} {said}  (load {load:.1f}, machine {speed:.0f}; first paint, largest paint, blocked, shifted: {figures}){'' if met else '  BELOW ITS GOAL'}"
    )
    for key, goal in GOALS.items():
        for line in _reasons(report, key) if scores[key] < goal else ():
            _print(f"         {key}: {line}")
    return met


def _reasons(report: dict[str, Any], category: str) -> Iterator[str]:
    for part in report["categories"][category]["auditRefs"]:
        audit = report["audits"][part["id"]]
        if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
            yield f"{audit['title']} {audit.get('displayValue', '')}"


def _print(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
