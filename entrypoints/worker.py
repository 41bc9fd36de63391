"""The worker: `python -m entrypoints.worker` works off the queues until it is told to stop.

Send the signal to this process alone: it finishes the jobs that run, gives back what it had fetched and ends. A second
signal ends it at once; the queue gives its messages to another worker when its heartbeat stays away.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from types import FrameType

import structlog
import uvloop

from entrypoints import process, wiring
from foundation import jobs
from foundation.settings import SettingError

log = structlog.get_logger(__name__)

PATIENCE = 8_000
"""Milliseconds for running jobs after the signal to stop; the supervisor waits 10 s."""


def main(arguments: list[str] | None = None) -> None:
    """Run one worker in this process. Ends with code 2 and a sentence when a setting is wrong."""
    options = _options(arguments)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop of the jobs is made by Dramatiq
    try:
        with process.connected():
            wiring.connect()
            jobs.use(jobs.broker_on_valkey(heartbeat=options.heartbeat))
            work(threads=options.threads)
    except SettingError as error:
        sys.exit(process.say(error))


def work(*, threads: int) -> None:
    """Work until SIGTERM or SIGINT. Call it from the main thread."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    worker = jobs.start_worker(threads=threads)
    log.info("worker_started", threads=threads)
    stopping.wait()
    worker.stop(timeout=PATIENCE)
    log.info("worker_stopped")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m entrypoints.worker", description="Work off the queues.")
    parser.add_argument("--threads", type=int, default=8, help="jobs at the same time (8)")
    parser.add_argument("--heartbeat", type=int, default=jobs.HEARTBEAT, help="milliseconds of silence that mean death (15000)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
