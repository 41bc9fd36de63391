"""Static files: collected once into hashed, compressed copies that a browser may keep for ever."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import time
from functools import cache
from pathlib import Path

import brotli

from foundation.settings import ROOT, SettingError, current

SOURCE = ROOT / "frontend_templates" / "static"
COMPRESSED = {".css", ".js", ".svg", ".json", ".txt"}
_URL = re.compile(rb"url\(\s*['\"]?(/static/|\.\./|\.\.?/)?([^'\")#?]+)([#?][^'\")]*)?['\"]?\s*\)")


def static(path: str) -> str:
    """The address of a static file, `css/main.css` -> `/static/css/main.3f9a….css`. Raises `KeyError` for a file that is not there."""
    return f"/static/{manifest()[path]}"


LOOKED_AT_FOR = 1.0
"""Seconds in which the newest collection is not looked for again: a page names dozens of files. What a collection replaces stays readable."""

_names: dict[str, tuple[float, int, dict[str, str]]] = {}
"""Data folder -> until when this is fresh, when its manifest was written (ns), path -> hashed path."""


def manifest() -> dict[str, str]:
    """Path -> hashed path of every static file, as the newest collection has it: another process may have made it anew."""
    data, now = current().data_dir, time.monotonic()
    until, written, names = _names.get(data, (0.0, 0, {}))
    if now < until:
        return names
    file = _collected(folder()) / "manifest.json"
    for _try in range(100):
        try:
            found = file.stat().st_mtime_ns
            names = names if found == written else json.loads(file.read_text())
        except FileNotFoundError:  # in the moment between two collections
            time.sleep(0.01)
        else:
            _names[data] = (now + LOOKED_AT_FOR, found, names)
            return names
    raise SettingError(f"{file} has gone: start again.")


@cache
def _collected(target: Path) -> Path:
    return collect(target)


def folder() -> Path:
    return current().data_path / "static"


def collect(target: Path) -> Path:
    """Copy all static files under hashed names into `target`, with `.br` and `.gz` beside those that compress. Returns `target`.

    Raises `SettingError` when the front-end packages are not installed.
    """
    files = _sources()
    fingerprint = _fingerprint(files)
    stamp = target / "fingerprint"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return target
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    names = _write_all(files, fresh)
    _keep_last(target, fresh)
    (fresh / "manifest.json").write_text(json.dumps(names, indent=1, sort_keys=True))
    (fresh / "fingerprint").write_text(fingerprint)
    old = target.with_name(f"{target.name}.old.{os.getpid()}")
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:  # another process was quicker with the same files
        shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    _names.clear()
    return target


def _keep_last(target: Path, fresh: Path) -> None:
    """The files of the collection before stay beside the new ones: pages that are open still ask for them."""
    try:
        before: dict[str, str] = json.loads((target / "manifest.json").read_text())
    except FileNotFoundError:
        return
    for name in before.values():
        for suffix in ("", ".br", ".gz"):
            old, new = target / f"{name}{suffix}", fresh / f"{name}{suffix}"
            if old.exists() and not new.exists():
                new.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(old, new)


def _sources() -> dict[str, list[Path]]:
    """Path below /static -> the files that make it; the style sheets of `css/order.txt` are joined into `css/main.css`."""
    files = {
        path.relative_to(SOURCE).as_posix(): [path]
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file() and path.name not in {"vendor.json", "order.txt"}
    }
    order = [line.strip() for line in (SOURCE / "css" / "order.txt").read_text().splitlines() if line.strip()]
    files["css/main.css"] = [SOURCE / "css" / line for line in order if not line.startswith("#")]
    for path, source in json.loads((SOURCE / "vendor.json").read_text()).items():
        if not (ROOT / source).exists():
            raise SettingError(f"{source} is missing: run bin/setup to install the front-end packages.")
        files[path] = [ROOT / source]
    return files


def _fingerprint(files: dict[str, list[Path]]) -> str:
    digest = hashlib.sha256()
    for path, parts in sorted(files.items()):
        digest.update(path.encode())
        for part in parts:
            found = part.stat()
            digest.update(f"{part}{found.st_size}{found.st_mtime_ns}".encode())
    return digest.hexdigest()


def _write_all(files: dict[str, list[Path]], target: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for path, parts in sorted(
        files.items(), key=lambda item: item[0].endswith(".css")
    ):  # style sheets last: they name the others
        content = b"\n".join(part.read_bytes() for part in parts)
        if path.endswith(".css"):
            content = _URL.sub(lambda found: _linked(found, names), content)
        names[path] = _write(target, path, content)
    return names


def _linked(found: re.Match[bytes], names: dict[str, str]) -> bytes:
    path = found[2].decode()
    hashed = names.get(path) or names.get(path.removeprefix("static/"))
    return b"url(/static/" + hashed.encode() + (found[3] or b"") + b")" if hashed else found[0]


def _write(target: Path, path: str, content: bytes) -> str:
    stem, suffix = path.rsplit(".", 1)
    name = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
    file = target / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    if f".{suffix}" in COMPRESSED:
        shutil.copy(_brotli(content), file.with_name(f"{file.name}.br"))
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    return name


def _brotli(content: bytes) -> Path:
    """The compressed content, which takes long enough to be kept from one collection to the next."""
    kept = current().cache_path / "compressed" / hashlib.sha256(content).hexdigest()
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
        fresh.write_bytes(brotli.compress(content, quality=10 if len(content) < 200_000 else 9))
        fresh.replace(kept)
    return kept
