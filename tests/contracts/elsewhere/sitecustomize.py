"""Python begins with this in every program that tests start: its exchanges with vendors go to the file that the test process judges."""

import os
import sys
from pathlib import Path


def listen(file: str) -> None:
    """Add each exchange to the file, whole, in the moment it happens: the program may be killed in the next."""
    root = str(Path(__file__).parents[3])
    sys.path.insert(0, root)
    try:
        import msgspec

        from foundation import vendor
    finally:
        sys.path.remove(root)
    heard = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(exchange: vendor.Exchange) -> None:
        os.write(heard, msgspec.json.encode(exchange) + b"\n")

    vendor.observers.append(write)


if "FANFARE_TESTS_HEARD" in os.environ:
    listen(os.environ["FANFARE_TESTS_HEARD"])
