"""Ties a stand-in to the program that started it, and tells that program where it listens."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux; elsewhere it does nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def announce(path: Path, **facts: int) -> None:
    """Write `facts` and our own process id as JSON, in one step, for whoever waits for this file."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps({**facts, "pid": os.getpid()}))
    fresh.replace(path)
