"""Marks of brands: a sign on a coloured tile. Signs, not letters, so that no font is needed to draw them."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import PALETTES, light, sheet

SIGNS = {
    "kitchen": '<path d="M96 176h150c0 62-26 96-75 96s-75-34-75-96z" fill="{0}"/><path d="M242 186l74-26" stroke="{0}" stroke-width="22" stroke-linecap="round"/><path d="M140 142c-12-18 10-22 0-42M182 142c-12-18 10-22 0-42" stroke="{1}" stroke-width="11" stroke-linecap="round" fill="none"/>',
    "care": '<path d="M200 84c66 62 66 132 0 212-66-80-66-150 0-212z" fill="{0}"/><path d="M200 130v150M200 206l34-32M200 240l-34-32" stroke="{1}" stroke-width="10" stroke-linecap="round"/>',
    "cycling": '<circle cx="200" cy="200" r="98" fill="none" stroke="{0}" stroke-width="20"/><circle cx="200" cy="200" r="22" fill="{1}"/><g stroke="{0}" stroke-width="9"><path d="M200 110v66M200 224v66M110 200h66M224 200h66"/></g><path d="M270 130l58-58" stroke="{1}" stroke-width="18" stroke-linecap="round"/>',
    "tabletop": '<path d="M108 286V136h44v34h28v-34h40v34h28v-34h44v150h-64v-44a28 28 0 0 0-56 0v44z" fill="{0}"/><circle cx="200" cy="98" r="17" fill="{1}"/>',
    "garden": '<path d="M200 306V176" stroke="{0}" stroke-width="16" stroke-linecap="round"/><path d="M200 216c-84 10-108-44-104-104 74-4 108 38 104 104z" fill="{0}"/><path d="M200 250c70 6 106-34 106-96-66-6-104 30-106 96z" fill="{1}"/>',
    "knitting": '<circle cx="190" cy="214" r="88" fill="{0}"/><g fill="none" stroke="{1}" stroke-width="9"><path d="M118 166c50 0 110 40 132 112M108 214c46 0 84 32 104 84M152 134c56 8 106 48 124 96"/></g><path d="M238 158 318 78" stroke="{1}" stroke-width="15" stroke-linecap="round"/><circle cx="320" cy="76" r="17" fill="{0}"/>',
}


def brand_mark(trade: str, palette: str) -> str:
    """The square mark of a brand of that trade, in the colours of a palette. Raises `KeyError` for unknown ones."""
    colours = PALETTES[palette]
    sign = SIGNS[trade].format(light(colours.back, 0.4), colours.accent)
    return sheet(
        "0 0 400 400",
        f'<rect width="400" height="400" fill="{colours.main}"/><path d="M0 400 400 0v400z" fill="{colours.second}" opacity=".35"/>{sign}',
    )
