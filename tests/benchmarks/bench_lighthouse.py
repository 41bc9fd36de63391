"""What Lighthouse says of the pages that everybody sees, on a slow phone (its mobile preset), against the demo.

    .venv/bin/python -m tests.benchmarks.bench_lighthouse [page ...]

The demo that runs on this machine is used, else one is started. Reports are kept in `.fanfare/lighthouse/`.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
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


def main(wanted: list[str]) -> int:
    """Print a line a page; 0 when every page meets the goals."""
    now = settings.current()
    folder = now.data_path / "lighthouse"
    folder.mkdir(parents=True, exist_ok=True)
    met = True
    with _demo(now.base_url):
        for name, (path, link) in PAGES.items():
            if not wanted or name in wanted:
                report = _judge(_address(now.base_url, path, link), folder / f"{name}.json")
                met &= _say(name, report)
    return 0 if met else 1


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
    """Run Lighthouse once. Raises `CalledProcessError`."""
    chromium = subprocess.run([sys.executable, str(ROOT / "bin/find-browser")], capture_output=True, text=True, check=True).stdout
    subprocess.run(
        [
            *(str(ROOT / "node_modules/.bin/lighthouse"), url, "--quiet", "--output=json", f"--output-path={report}"),
            *("--chrome-flags=--headless=old --no-sandbox --disable-gpu", "--no-enable-error-reporting"),
        ],
        env={**os.environ, "CHROME_PATH": chromium.strip()},
        timeout=SECONDS,
        check=True,
    )
    loaded: dict[str, Any] = json.loads(report.read_text())
    return loaded


def _say(name: str, report: dict[str, Any]) -> bool:
    scores = {key: round(100 * (report["categories"][key]["score"] or 0)) for key in GOALS}
    met = all(scores[key] >= goal for key, goal in GOALS.items())
    figures = ", ".join(report["audits"][key].get("displayValue", "?").replace("\xa0", " ") for key in FIGURES)
    said = "  ".join(f"{key} {score:3d}" for key, score in scores.items())
    _print(f"{name:8s} {said}  (first paint, largest paint, blocked, shifted: {figures}){'' if met else '  BELOW ITS GOAL'}")
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
