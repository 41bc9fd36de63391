"""`/_sandbox`: what a test or a demo may ask of the stand-in, and nobody of Mux."""

import asyncio
import contextlib
import shutil
from dataclasses import asdict
from typing import Any

from litestar import Request, Router, delete, get, post

from sandbox.mux.answers import ApiError, read_body
from sandbox.mux.world import world_of

Asked = Request[Any, Any, Any]
Answer = dict[str, Any]


@get("/health")
async def health() -> Answer:
    """Say that the program is up."""
    return {"ok": True}


@post("/webhooks/flush", status_code=200)
async def flush(request: Asked) -> Answer:
    """Send everything that is due now and say how it went, after the last answer."""
    delivered, failed = await world_of(request).webhooks.deliver_due()
    return {"delivered": delivered, "failed": failed}


@post("/webhooks/endpoints", status_code=200)
async def endpoints(request: Asked) -> Answer:
    """Send webhooks elsewhere from now on: `{"endpoints": [{"url", "secret"}]}`; none sends them nowhere."""
    webhooks = world_of(request).webhooks
    body = await read_body(request, {"endpoints"})
    first: Answer = next(iter(body.get("endpoints") or []), {})
    webhooks.url = str(first.get("url", ""))
    webhooks.secret = str(first.get("secret", webhooks.secret))
    webhooks.news.set()
    return {"url": webhooks.url}


@post("/settings", status_code=200)
async def settings(request: Asked) -> Answer:
    """Switch background delivery of webhooks on or off: `{"auto_deliver": bool}`."""
    webhooks = world_of(request).webhooks
    body = await read_body(request, {"auto_deliver"})
    webhooks.auto_deliver = bool(body.get("auto_deliver", webhooks.auto_deliver))
    webhooks.news.set()
    return {"auto_deliver": webhooks.auto_deliver}


@post("/reset", status_code=200)
async def reset(request: Asked) -> Answer:
    """Forget everything but the signing keys; encoders are dropped."""
    world = world_of(request)
    for live_stream_id in list(world.stage.on_air):
        await world.stage.finish(live_stream_id)
    working = list(world.assets.working)
    for task in working:
        task.cancel()
    for task in working:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    world.faults.waiting.clear()
    world.store.clear()
    for folder in world.assets.media.iterdir():
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return {"ok": True}


@get("/faults")
async def waiting_faults(request: Asked) -> Answer:
    """List the faults that are switched on."""
    return {"data": [asdict(fault) for fault in world_of(request).faults.waiting]}


@post("/faults", status_code=201)
async def add_fault(request: Asked) -> Answer:
    """Switch a fault on: `{"kind", "times", "match", "seconds"}`; kinds are listed in `faults.py`."""
    body = await read_body(request, {"kind", "times", "match", "seconds"})
    try:
        return {"data": asdict(world_of(request).faults.add(body))}
    except ValueError as error:
        raise ApiError(400, "invalid_parameters", str(error)) from None


@delete("/faults")
async def clear_faults(request: Asked) -> None:
    """Switch all faults off."""
    world_of(request).faults.waiting.clear()


@post("/live-streams/{key:str}/cut", status_code=200)
async def cut(request: Asked, key: str) -> Answer:
    """Cut the line to the encoder of a live stream, as a network does."""
    current = world_of(request).stage.on_air.get(key)
    if current is None or current.drop is None:
        raise ApiError(409, "conflict", "No encoder is publishing")
    current.drop()
    return {"ok": True}


routes = [
    Router(
        "/_sandbox",
        route_handlers=[health, flush, endpoints, settings, reset, waiting_faults, add_fault, clear_faults, cut],
    )
]
