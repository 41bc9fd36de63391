"""Pictures that people upload: checked by their content, stripped of what they tell, kept as WebP."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from pathlib import Path

from anyio import to_thread
from PIL import Image, ImageOps, UnidentifiedImageError

from foundation import settings
from foundation.errors import Refusal
from foundation.i18n import _

MAX_BYTES = 7 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 200
LONGEST_SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP")
COPIES = (160, 480, 960)
"""Widths of the smaller copies, for small places and small screens."""


class PictureTooLarge(Refusal):
    """data: `megabytes` allowed."""

    code = "picture_too_large"
    status = 413
    message = _("This picture is too large: at most %(megabytes)s MB and 40 megapixels.")
    field = "picture"


class NotAPicture(Refusal):
    """The content is not a JPEG, PNG or WebP picture, whatever its name says."""

    code = "not_a_picture"
    status = 422
    message = _("We could not read this picture. JPEG, PNG and WebP work.")
    field = "picture"


class PictureTooSmall(Refusal):
    """data: `side` in pixels that the shorter side needs."""

    code = "picture_too_small"
    status = 422
    message = _("This picture is too small: each side needs at least %(side)s pixels.")
    field = "picture"


async def keep_picture(content: bytes) -> str:
    """Check and keep an uploaded picture; return its path below the media folder.

    Turned as its camera said, at most 1600 pixels long, without EXIF (which may tell where somebody lives). The same picture
    is kept once. Raises `PictureTooLarge`, `NotAPicture`, `PictureTooSmall`.
    """
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(megabytes=MAX_BYTES // 1024 // 1024)
    return await to_thread.run_sync(_keep, content)


def _keep(content: bytes) -> str:
    picture = _opened(content)
    encoded = _as_webp(picture)
    digest = hashlib.sha256(encoded).hexdigest()
    path = f"uploads/{digest[:2]}/{digest[2:34]}.webp"
    file = settings.current().data_path / "media" / path
    if not file.exists():
        for width in COPIES:
            if picture.width > width:
                _write(file.with_name(f"{file.stem}@{width}.webp"), _as_webp(picture, width))
        _write(file, encoded)
    return path


def _opened(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise PictureTooLarge(megabytes=MAX_BYTES // 1024 // 1024)
                picture = ImageOps.exif_transpose(opened)
                picture.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PictureTooLarge(megabytes=MAX_BYTES // 1024 // 1024) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NotAPicture from error
    if min(picture.size) < MIN_SIDE:
        raise PictureTooSmall(side=MIN_SIDE)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    return picture


def _as_webp(picture: Image.Image, width: int | None = None) -> bytes:
    if width is not None:
        picture = picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=84, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(file)
