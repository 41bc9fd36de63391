"""Processor time of other programs, from /proc: unlike the clock on the wall it hardly depends on what else the machine does."""

from __future__ import annotations

import os
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pid: int) -> float:
    """What a program and all that it started have used so far, ended children included."""
    return sum(_own(each) for each in _family(pid))


def engines() -> dict[str, float]:
    """Seconds of the embedded servers that this process has started, by name: postgres, valkey."""
    found = {}
    for pid in _children(os.getpid()):
        name = next((name for name in ("postgres", "valkey") if name in _name(pid)), None)
        if name:
            found[name] = seconds(pid)
    return found


def _family(pid: int) -> list[int]:
    return [pid] + [one for child in _children(pid) for one in _family(child)]


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(child) for child in found]


def _own(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123  # not a file of ours
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICKS


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm") as comm:  # noqa: PTH123  # not a file of ours
            return comm.read()
    except OSError:
        return ""
