"""Clicks on their way into the database: files that outlive their process. What is in them survives every kill -9.

A line is a row as COPY reads it; behind the last one a file is empty (NUL). Lines are written through memory that the file is mapped to: a call of
the system for each would cost more than all else that a click needs, for another thread takes the interpreter meanwhile. A file is locked by the
process that writes it, so that whoever finds one unlocked knows that its process is gone, and puts what it holds into the database
(`click_storing.store_left_behind`). A line without its end was never answered.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog

log = structlog.get_logger(__name__)

SIZE = 4 * 2**20
"""Bytes of a file, about 25,000 clicks. A full one goes when all of it is committed."""
MOST_WAITING = 256 * 2**20
"""Bytes that may wait for the database, about a million and a half of clicks; then visitors are led on without an id."""
REST = 1.0
"""Seconds without another try after the disk refused a file, or too much waited."""
ENDING = ".clicks"


@dataclass(slots=True, eq=False)
class File:
    """One file: of its `written` bytes, the first `stored` ones are committed."""

    path: Path
    descriptor: int
    written: int = 0
    stored: int = 0

    def read(self, most: int) -> bytes:
        """Whole lines that are not committed, at most so many bytes; empty when there are none."""
        lines = os.pread(self.descriptor, min(most, self.written - self.stored), self.stored)
        return lines[: lines.rfind(b"\n") + 1]

    def discard(self) -> None:
        """Delete the file; its lock goes with it."""
        self.path.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """Give up the lock: what the file holds is left behind."""
        os.close(self.descriptor)


class Spool:
    """The files of one process. While it is `idle`, nobody stores what waits for the database: the next line calls `wake`."""

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self.folder, self._wake = folder, wake
        self.peak = 0
        self.idle = True
        self._files: deque[File] = deque()
        self._view: mmap.mmap | None = None
        """What the last of the files is mapped to while it is written."""
        self._write: Callable[[bytes], int] = _no_room
        self._tries_again = 0.0

    def keep(self, line: bytes) -> bool:
        """Keep a line; False when it cannot be kept, and must not be answered for."""
        try:
            self._write(line)
        except ValueError:  # there is no room left for it
            if not self._begin():
                return False
            self._write(line)
        if self.idle:
            self.idle = False
            self._wake()
        return True

    def waiting(self) -> int:
        """The bytes that the database may not have yet; `peak` is the most that this ever found."""
        if self._view is not None:
            self._files[-1].written = self._view.tell()
        bytes_waiting = sum(file.written - file.stored for file in self._files)
        self.peak = max(self.peak, bytes_waiting)
        return bytes_waiting

    def oldest(self) -> File:
        """The file whose lines are committed next; there is one while anything waits."""
        return self._files[0]

    def stored(self, file: File, count: int) -> None:
        """So many bytes more of the oldest file are committed."""
        file.stored += count
        if file is not self._files[-1] or self._view is None:
            self._leave(file)

    def make_sure(self) -> None:
        """Bring what waits to the disk itself: it may wait long enough for the power to fail."""
        for file in tuple(self._files):
            with suppress(OSError):  # it is kept, which is what counts; and a file may go meanwhile
                os.fsync(file.descriptor)

    def close(self) -> None:
        """Delete what is committed whole and let go of the rest, for whoever stores what was left behind."""
        self._end()
        while self._files:
            self._files.popleft().let_go()

    def _begin(self) -> bool:
        """Go on in another file, if the disk and the bound allow."""
        self._end()
        now = time.monotonic()
        if now < self._tries_again:
            return False
        waiting = self.waiting()
        try:
            if waiting > MOST_WAITING:
                raise OSError("too much waits for the database")
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file, self._view = begin(self.folder)
        except OSError as error:
            log.error("clicks_not_kept", folder=str(self.folder), waiting=waiting, error=str(error))
            self._tries_again = now + REST
            return False
        self._files.append(file)
        self._write = self._view.write
        return True

    def _end(self) -> None:
        """Write no more to the last file."""
        if self._view is not None:
            self._files[-1].written = self._view.tell()
            self._view.close()
            self._view, self._write = None, _no_room
            self._leave(self._files[-1])

    def _leave(self, file: File) -> None:
        """A file that is not written any more goes when all of it is committed."""
        if file.stored == file.written:
            self._files.remove(file)
            file.discard()


def _no_room(_line: bytes) -> int:
    raise ValueError


def begin(folder: Path) -> tuple[File, mmap.mmap]:
    """A file of one's own, locked, with room on the disk for all that it can hold, and the memory that it is mapped to. Raises `OSError`."""
    while True:
        path = folder / f"{uuid4().hex}{ENDING}"
        file = File(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            if _locked(file.descriptor):  # who looks for what was left behind may have been quicker: then another one
                if os.write(file.descriptor, bytes(SIZE)) < SIZE:
                    raise OSError("the disk is full")
                return file, mmap.mmap(file.descriptor, SIZE)
        except OSError:
            file.discard()
            raise
        file.let_go()


def left_behind(folder: Path) -> Iterator[File]:
    """The files whose process is gone, each locked by us until it is discarded or let go."""
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            file = File(path, os.open(path, os.O_RDWR))
        except FileNotFoundError:
            continue  # somebody else was quicker
        if not _locked(file.descriptor):
            file.let_go()
            continue
        size = os.fstat(file.descriptor).st_size
        file.written = os.pread(file.descriptor, size, 0).partition(b"\0")[0].rfind(b"\n") + 1
        yield file


def _locked(descriptor: int) -> bool:
    """Whether the file is ours now, and still there."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0
