"""Pictures of products: a thing on a softly lit table. Sixty kinds in six trades."""

from __future__ import annotations

from entrypoints.demo_pictures.care import CARE
from entrypoints.demo_pictures.cycling import CYCLING
from entrypoints.demo_pictures.garden import GARDEN
from entrypoints.demo_pictures.kitchen import KITCHEN
from entrypoints.demo_pictures.knitting import KNITTING
from entrypoints.demo_pictures.paint import PALETTES, Drawing, dark, dice, light, sheet
from entrypoints.demo_pictures.tabletop import TABLETOP

TRADES: dict[str, dict[str, Drawing]] = {
    "kitchen": KITCHEN,
    "care": CARE,
    "cycling": CYCLING,
    "tabletop": TABLETOP,
    "garden": GARDEN,
    "knitting": KNITTING,
}
KINDS: dict[str, Drawing] = {kind: drawing for drawings in TRADES.values() for kind, drawing in drawings.items()}


def product_picture(slug: str, kind: str, palette: str) -> str:
    """The square picture of a product as SVG.

    `slug` varies light and angle a little, so that two products of one kind differ; `kind` is one of `KINDS`, `palette` one of
    `PALETTES`. Raises `KeyError` for others.
    """
    colours, throw = PALETTES[palette], dice(slug)
    back = light(colours.back, throw.uniform(0, 0.3))
    defs = (
        f'<radialGradient id="wall" cx="{throw.uniform(0.3, 0.5):.2f}" cy=".3" r=".95"><stop offset="0" stop-color="{light(back, 0.55)}"/><stop offset="1" stop-color="{dark(back, 0.1)}"/></radialGradient>'
        f'<linearGradient id="table" x1="0" x2="0" y1="0" y2="1"><stop offset="0" stop-color="{dark(back, 0.13)}"/><stop offset="1" stop-color="{dark(back, 0.05)}"/></linearGradient>'
    )
    ground = (
        f'<rect width="400" height="400" fill="url(#wall)"/><path d="M0 {throw.randint(272, 292)}h400v140H0z" fill="url(#table)"/>'
        '<ellipse cx="206" cy="324" rx="138" ry="19" fill="#2a1618" opacity=".2" filter="url(#mist)"/><ellipse cx="202" cy="321" rx="104" ry="9" fill="#2a1618" opacity=".22"/>'
    )
    return sheet(
        "0 0 400 400", f'{ground}<g transform="rotate({throw.uniform(-2, 2):.1f} 200 320)">{KINDS[kind](colours)}</g>', defs
    )
