"""Paint and brushes: colours, gradients, the sheet of paper. Every drawing is flat shapes with one soft light from the upper left."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple


class Palette(NamedTuple):
    """Colours of a thing: the wall behind it, its body, the second colour, the small accent."""

    back: str
    main: str
    second: str
    accent: str


Drawing = Callable[[Palette], str]
PALETTES: dict[str, Palette] = {
    "copper": Palette("#f1dfcb", "#c8693a", "#8c5a38", "#e9c46a"),
    "linen": Palette("#e9dccb", "#d9cbb9", "#8c5a38", "#c9482f"),
    "sage": Palette("#dfe3d6", "#7e8f6a", "#4f6046", "#e3ae45"),
    "almond": Palette("#f3dfd2", "#fdf4e7", "#c9a25a", "#b4601f"),
    "rose": Palette("#f3d9d3", "#d98a86", "#9c4a55", "#f6e7d7"),
    "amber": Palette("#f3e3d0", "#d98a3a", "#5a3c2d", "#fff5e6"),
    "petrol": Palette("#d5e0df", "#2f5a5e", "#1d2326", "#e27a3f"),
    "night": Palette("#d9dde2", "#2d3446", "#171c28", "#f0c65a"),
    "lime": Palette("#e2e8cf", "#9fb23c", "#33402a", "#f2efe2"),
    "royal": Palette("#dcd8e4", "#27406b", "#1b2d4d", "#f0c65a"),
    "brick": Palette("#f0dcd4", "#b5482f", "#742a1d", "#f3e0b8"),
    "plum": Palette("#e6dbe6", "#6b3d63", "#472641", "#e9b872"),
    "terracotta": Palette("#f2e0d0", "#c2673f", "#8a4426", "#5f7f3a"),
    "fern": Palette("#dbe6d5", "#4f7a4a", "#2f4d33", "#d9a54a"),
    "sand": Palette("#efe6d6", "#d8bd93", "#9a7b52", "#5b6b3a"),
    "oat": Palette("#ece5da", "#e4d6bf", "#b49a78", "#a8553a"),
    "fjord": Palette("#d7e1e8", "#4a6f88", "#2b4558", "#e8d9bf"),
    "berry": Palette("#f0d8dc", "#a63a50", "#6e2236", "#f2e3d3"),
}


def dice(seed: str) -> random.Random:
    """A generator that always throws the same for the same seed."""
    return random.Random(int.from_bytes(blake2b(seed.encode(), digest_size=8).digest()))  # noqa: S311 - drawings, not secrets


def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` (0 to 1) of the way from the first to the second. Colours are `#rrggbb`."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def light(colour: str, share: float = 0.25) -> str:
    return mix(colour, "#fff6e8", share)


def dark(colour: str, share: float = 0.25) -> str:
    return mix(colour, "#1d1018", share)


def gradient(name: str, *stops: str, down: bool = False) -> str:
    """A linear gradient over the shape, left to right or top to bottom, its colours evenly spread."""
    last = len(stops) - 1
    colours = "".join(f'<stop offset="{i / last:.2f}" stop-color="{stop}"/>' for i, stop in enumerate(stops))
    return f'<linearGradient id="{name}" x1="0" x2="{0 if down else 1}" y1="0" y2="{1 if down else 0}">{colours}</linearGradient>'


def round_body(name: str, colour: str) -> str:
    """The gradient of something round, lit from the left: dark edge, shine, body, dark edge."""
    return gradient(
        name, dark(colour, 0.38), dark(colour, 0.06), light(colour, 0.5), colour, dark(colour, 0.2), dark(colour, 0.45)
    )


METALS = (
    '<linearGradient id="copper" x1="0" x2="1"><stop offset="0" stop-color="#7a3419"/><stop offset=".18" stop-color="#c9683a"/>'
    '<stop offset=".36" stop-color="#ffc79a"/><stop offset=".5" stop-color="#e08752"/><stop offset=".78" stop-color="#a84c26"/><stop offset="1" stop-color="#6b2b14"/></linearGradient>'
    '<linearGradient id="copper-disc" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#ffd0a6"/><stop offset=".45" stop-color="#cf7140"/><stop offset="1" stop-color="#7a3419"/></linearGradient>'
    + gradient("tin", "#8d8378", "#efe7dc", "#9b9187")
    + gradient("steel", "#7d838a", "#e8ecef", "#b4bcc4", "#f3f5f6", "#868d95")
    + gradient("brass", "#ffe3a0", "#d6a24a", "#8c6220", down=True)
    + gradient("wood", "#b98155", "#8c5a38", "#5a3624", down=True)
    + gradient("beech", "#e6c199", "#cf9f6d", "#a97547", down=True)
)
MIST = '<filter id="mist" x="-40%" y="-40%" width="180%" height="180%"><feGaussianBlur stdDeviation="7"/></filter>'


def sheet(box: str, body: str, defs: str = "") -> str:
    """A whole SVG document that shows the part `box` ("x y width height") of the drawing."""
    x, y, width, height = box.split()
    soft = f'<filter id="soft" filterUnits="userSpaceOnUse" x="{x}" y="{y}" width="{width}" height="{height}"><feGaussianBlur stdDeviation="2.6"/></filter>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="xMidYMid slice"><defs>{METALS}{MIST}{soft}{defs}</defs>{body}</svg>'
