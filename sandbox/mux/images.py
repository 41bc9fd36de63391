"""`/image`: stills, the sheet of small pictures under the seek bar, and short moving pictures."""

import asyncio
import hashlib
import math
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get

from sandbox.mux import playlist, recording
from sandbox.mux.access import open_playback
from sandbox.mux.answers import ApiError, not_found
from sandbox.mux.children import MediaError, run_ffmpeg
from sandbox.mux.playlist import Segment
from sandbox.mux.store import Document
from sandbox.mux.world import World, world_of

TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}
KEPT_PICTURES = 400
TILE_HEIGHT = 160
TILES = 50

Params = dict[str, Any]

_making: dict[Path, asyncio.Lock] = {}


@get("/{playback_id:str}/{name:str}")
async def image(request: Request[Any, Any, Any], playback_id: str, name: str) -> Response[Any]:
    """Serve one picture of what a playback id shows."""
    kind, _, extension = name.partition(".")
    audience = {"thumbnail": "t", "storyboard": "s", "animated": "g"}.get(kind)
    if audience is None or extension not in {*TYPES, "vtt"}:
        raise not_found()
    world = world_of(request)
    query = dict(request.query_params)
    playback, params = open_playback(world, playback_id, query, audience)
    asset = _shown(world, playback)
    folder = world.assets.folder(asset["id"])
    pieces = recording.segments(folder)
    if not pieces:
        raise ApiError(412, "precondition_failed", "There is no picture yet")
    try:
        if kind == "thumbnail":
            path = await _thumbnail(folder, pieces, params, extension, live=bool(asset.get("is_live")))
        elif kind == "animated":
            path = await _animated(folder, pieces, params, extension)
        elif extension == "vtt":
            token = f"?token={query['token']}" if "token" in query else ""
            sheet = str(request.url.with_replacements(query="")).replace(".vtt", ".jpg") + token
            return Response(_index(asset, pieces, sheet), media_type="text/vtt", headers=_caching(asset))
        else:
            path = await _storyboard(folder, asset, pieces, extension)
    except MediaError:
        raise ApiError(500, "internal_error", "The picture could not be made") from None
    content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type=TYPES[extension], headers=_caching(asset))


def _shown(world: World, playback: Document) -> Document:
    """Return the asset a playback id shows, or showed last."""
    asset_id: str | None = playback["object_id"]
    if playback["object_kind"] == "live_stream":
        stream = world.store.get("live_stream", playback["object_id"]) or {}
        asset_id = stream.get("active_asset_id") or next(reversed(stream.get("recent_asset_ids", [])), None)
    asset = world.store.get("asset", asset_id) if asset_id else None
    if asset is None:
        raise ApiError(412, "precondition_failed", "There is no picture yet")
    return asset


async def _thumbnail(folder: Path, pieces: list[Segment], params: Params, extension: str, *, live: bool) -> Path:
    total = playlist.length(pieces)
    latest = str(params.get("latest", "")).lower() == "true" or (live and "time" not in params)
    time = total if latest else _number(params, "time", total / 2, total)
    piece, offset = playlist.locate(pieces, time)
    width = int(_number(params, "width", 0, 1920))
    height = int(_number(params, "height", 0, 1920))
    fit = str(params.get("fit_mode", "preserve"))
    path = _place(folder, extension, "thumbnail", piece.name, f"{offset:.2f}", width, height, fit)

    async def make(part: Path) -> None:
        for at in (offset, 0.0):
            await run_ffmpeg(
                *("-loglevel", "error", "-i", str(folder / piece.name), "-ss", f"{at:.3f}"),
                *("-frames:v", "1", *_scale(width, height, fit), "-q:v", "3", "-update", "1", str(part)),
                check=False,  # the last moments of a segment may hold no frame: then its beginning is shown
            )
            if _exists(part):
                return

    return await _made(path, make)


async def _animated(folder: Path, pieces: list[Segment], params: Params, extension: str) -> Path:
    if extension not in ("gif", "webp"):
        raise not_found()
    total = playlist.length(pieces)
    start = _number(params, "start", 0, total)
    end = min(_number(params, "end", start + 5, total), start + 10)
    width = int(_number(params, "width", 320, 640)) or 320
    rate = int(_number(params, "fps", 15, 30)) or 15
    path = _place(folder, extension, "animated", start, end, width, rate)

    async def make(part: Path) -> None:
        whole = await asyncio.to_thread(recording.write_whole, folder)
        await run_ffmpeg(
            *("-loglevel", "error", "-ss", f"{start:.3f}", "-t", f"{max(0.2, end - start):.3f}", "-i", str(whole)),
            *("-an", "-vf", f"fps={rate},scale={width}:-2", "-loop", "0", str(part)),
        )

    return await _made(path, make)


async def _storyboard(folder: Path, asset: Document, pieces: list[Segment], extension: str) -> Path:
    step, columns, rows, width = _grid(asset, pieces)
    path = _place(folder, extension, "storyboard", f"{playlist.length(pieces):.0f}", step)

    async def make(part: Path) -> None:
        whole = await asyncio.to_thread(recording.write_whole, folder)
        tiles = f"fps=1/{step},scale={width}:{TILE_HEIGHT},tile={columns}x{rows}"
        await run_ffmpeg(
            *("-loglevel", "error", "-skip_frame", "nokey", "-i", str(whole)),
            *("-an", "-vf", tiles, "-frames:v", "1", "-q:v", "5", "-update", "1", str(part)),
        )

    return await _made(path, make)


def _grid(asset: Document, pieces: list[Segment]) -> tuple[int, int, int, int]:
    """Return the seconds between two tiles, the columns, the rows and the width of a tile in pixels."""
    total = playlist.length(pieces)
    step = max(1, math.ceil(total / TILES))
    count = max(1, math.ceil(total / step))
    columns = min(5, count)
    picture: Document = next((track for track in asset.get("tracks", []) if track["type"] == "video"), {})
    across = picture["max_width"] / picture["max_height"] if picture else 16 / 9
    return step, columns, math.ceil(count / columns), 2 * round(TILE_HEIGHT * across / 2)


def _index(asset: Document, pieces: list[Segment], sheet: str) -> str:
    step, columns, _, width = _grid(asset, pieces)
    total = playlist.length(pieces)
    lines = ["WEBVTT", ""]
    for number in range(max(1, math.ceil(total / step))):
        left, top = number % columns * width, number // columns * TILE_HEIGHT
        lines += [
            f"{_clock(number * step)} --> {_clock(min(total, (number + 1) * step))}",
            f"{sheet}#xywh={left},{top},{width},{TILE_HEIGHT}",
            "",
        ]
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes // 60):02}:{int(minutes % 60):02}:{rest:06.3f}"


def _scale(width: int, height: int, fit: str) -> tuple[str, ...]:
    if not (width or height):
        return ()
    if not (width and height):
        return ("-vf", f"scale={width or -2}:{height or -2}")
    if fit in ("crop", "smartcrop"):
        return ("-vf", f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}")
    return ("-vf", f"scale={width}:{height}:force_original_aspect_ratio=decrease")


def _number(params: Params, name: str, default: float, most: float) -> float:
    try:
        return min(max(0.0, float(params.get(name, default))), most)
    except (TypeError, ValueError):
        raise ApiError(400, "invalid_parameters", f"{name} must be a number") from None


def _place(folder: Path, extension: str, *recipe: object) -> Path:
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:24]
    return folder / "pictures" / f"{digest}.{extension}"


async def _made(path: Path, make: Any) -> Path:
    """Return a kept picture, or make it once however many ask; the oldest give way to new ones."""
    async with _making.setdefault(path, asyncio.Lock()):
        if not _exists(path):
            part = _part_of(path)
            await make(part)
            _keep(part, path)
    _making.pop(path, None)
    return path


def _exists(path: Path) -> bool:
    return path.exists()


def _part_of(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return path.with_name(f"part-{path.name}")


def _keep(part: Path, path: Path) -> None:
    if not part.exists():
        raise MediaError("no picture came out")
    part.rename(path)
    kept = sorted(path.parent.iterdir(), key=lambda picture: picture.stat().st_mtime)
    for picture in kept[:-KEPT_PICTURES]:
        picture.unlink(missing_ok=True)


def _caching(asset: Document) -> dict[str, str]:
    return {"cache-control": "public, max-age=2" if asset.get("is_live") else "public, max-age=600"}


routes = [Router("/image", route_handlers=[image])]
