"""One web process: `granian … entrypoints.web_process:serving`."""

from __future__ import annotations

import signal

from litestar import Litestar

from entrypoints.app import create_app
from foundation import embedded


def serving() -> Litestar:
    """The application of a process that ends with the granian above it.

    Granian's main process holds the port and its workers answer on it; a worker whose main process was killed would go on
    answering, beside its successors, with the program and the settings of before.
    """
    embedded.die_with_parent(signal.SIGKILL)
    return create_app()
