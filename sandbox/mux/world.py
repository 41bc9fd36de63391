"""Everything one running stand-in consists of."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request

from sandbox.mux.assets import Assets
from sandbox.mux.counts import Counts
from sandbox.mux.faults import Faults
from sandbox.mux.stage import Stage
from sandbox.mux.store import Store
from sandbox.mux.webhooks import Webhooks


@dataclass
class World:
    """The parts, made once at start and handed to every request."""

    token_id: str
    token_secret: str
    store: Store
    faults: Faults
    webhooks: Webhooks
    assets: Assets
    stage: Stage
    counts: Counts


def make_world(options: argparse.Namespace) -> World:
    """Put the parts together over the data folder that the options name."""
    folder = Path(options.data_dir)
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    store = Store(folder / "mux.sqlite3")
    faults = Faults()
    webhooks = Webhooks(store, faults, options.webhook_url, options.webhook_secret)
    assets = Assets(store, webhooks, media)
    return World(
        token_id=options.token_id,
        token_secret=options.token_secret,
        store=store,
        faults=faults,
        webhooks=webhooks,
        assets=assets,
        stage=Stage(store, webhooks, assets, faults),
        counts=Counts(),
    )


def world_of(request: Request[Any, Any, Any]) -> World:
    """Return the world that serves a request."""
    world: World = request.app.state.world
    return world
