"""Static files, pictures, and the two addresses that a load balancer asks."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import File

from foundation import settings, static_files, valkey, web
from foundation.database import DB
from foundation.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"
TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".webp": "image/webp"}


def _type(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _inside(folder: Path, path: str) -> Path:
    found = (folder / path.lstrip("/")).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise NotFound
    return found


@get("/static/{path:path}", sync_to_thread=False, include_in_schema=False)
def static(request: web.Web, path: FromPath[str]) -> Response[Any]:
    """A collected file under its hashed name; the browser may keep it for ever."""
    found = _inside(static_files.folder(), path)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, suffix in (("br", ".br"), ("gzip", ".gz")):
        smaller = found.with_name(found.name + suffix)
        if encoding in accepted and smaller.exists():
            headers["Content-Encoding"] = encoding
            return Response(smaller.read_bytes(), media_type=_type(found), headers=headers)
    return Response(found.read_bytes(), media_type=_type(found), headers=headers)


@get("/media/{path:path}", sync_to_thread=True, include_in_schema=False)
def media(path: FromPath[str], w: FromQuery[int | None] = None) -> File:
    """An uploaded or drawn picture; `w` asks for the copy of at least that width, made when the picture was stored."""
    folder = settings.current().data_path / "media"
    original = _inside(folder, path)
    copies = sorted(
        (int(copy.stem.rsplit("@", 1)[1]), copy) for copy in original.parent.glob(f"{original.stem}@*{original.suffix}")
    )
    chosen = next((copy for width, copy in copies if w and width >= w), original)
    return File(
        path=chosen,
        media_type=_type(chosen),
        content_disposition_type="inline",
        headers={"Cache-Control": FOREVER, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
    )


@get("/health", include_in_schema=False)
async def health() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@get("/ready", include_in_schema=False)
async def ready() -> Response[dict[str, str]]:
    """The process can serve: database and Valkey answer."""
    checks = {"database": await _answers(_ask_database), "valkey": await _answers(_ask_valkey)}
    return Response(checks, status_code=200 if set(checks.values()) == {"ok"} else 503)


async def _ask_database() -> None:
    async with DB.connection() as connection:
        await connection.fetchval("select 1")


async def _ask_valkey() -> None:
    await valkey.client().ping()


async def _answers(ask: Any) -> str:
    try:
        await ask()
    except Exception as error:  # noqa: BLE001  # whatever it is, the process is not ready
        return type(error).__name__
    return "ok"


@get("/{path:path}", include_in_schema=False)
async def nowhere(path: FromPath[str]) -> None:  # noqa: ARG001  # the route needs its parameter
    """Every other address; a route of its own so that its answer knows the person and their language."""
    raise NotFound


ROUTES = [static, media, health, ready, nowhere]
