"""Drawings as files that an `<img>` or a broadcast can use."""

from __future__ import annotations

import io
import shutil
from hashlib import blake2b
from pathlib import Path

import resvg_py
from PIL import Image


def write_png(svg: str, path: Path, width: int) -> Path:
    """Render the drawing `width` pixels wide as PNG at `path`, parents included. Returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_pixels(svg, width))
    return path


def write_picture(svg: str, path: Path, width: int, *, cache: Path | None = None) -> Path:
    """Render as the format of the suffix: `.png`, `.webp`, `.avif` or `.svg`.

    With `cache`, a picture that was rendered before (same drawing, width and format) is copied from there. Returns `path`;
    raises `ValueError` for another suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".svg":
        path.write_text(svg)
        return path
    if cache is None:
        path.write_bytes(_encoded(svg, width, path.suffix))
        return path
    kept = cache / f"{blake2b(f'{width} {svg}'.encode(), digest_size=16).hexdigest()}{path.suffix}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f"{path.suffix}.part")
        fresh.write_bytes(_encoded(svg, width, path.suffix))
        fresh.replace(kept)
    shutil.copyfile(kept, path)
    return path


def _pixels(svg: str, width: int) -> bytes:
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))


def _encoded(svg: str, width: int, suffix: str) -> bytes:
    pixels = _pixels(svg, width)
    if suffix == ".png":
        return pixels
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(pixels)).convert("RGB")
    if suffix == ".webp":
        picture.save(out, "WEBP", quality=84, method=3)
    elif suffix == ".avif":
        picture.save(out, "AVIF", quality=64, speed=8)
    else:
        raise ValueError(f"no way to write {suffix}")
    return out.getvalue()
