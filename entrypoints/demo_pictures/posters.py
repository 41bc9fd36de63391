"""Pictures with people in them: portraits, and hosts at their bench with what they show."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import PALETTES, dice, light, mix, sheet
from entrypoints.demo_pictures.people import arms, figure, person
from entrypoints.demo_pictures.products import KINDS
from entrypoints.demo_pictures.scenes import SCENES, TABLES, table

APRONS: dict[str, tuple[str | None, ...]] = {
    "kitchen": ("#c9482f", "#2f4f58", "#efe3d0", "#5b6b3a"),
    "care": (None, "#f4e9dc"),
    "cycling": ("#3a2b25", "#2d3446"),
    "tabletop": (None,),
    "garden": ("#4f6046", "#8a5a3a"),
    "knitting": (None,),
}
SHOWN = {
    "kitchen": ("saucepan", "stockpot", "skillet", "saute_pan"),
    "care": ("cream_jar", "oil_bottle", "pump_lotion", "candle"),
    "cycling": ("lamp", "pannier", "helmet", "lock"),
    "tabletop": ("castle_game", "dragon_game", "ship_game", "meeple_bag"),
    "garden": ("herb_pot", "watering_can", "cactus", "hanging_fern"),
    "knitting": ("wool", "beanie", "mittens", "scarf"),
}
COLOURS = {
    "kitchen": ("copper", "linen"), "care": ("almond", "amber", "rose"), "cycling": ("petrol", "night", "lime"),
    "tabletop": ("royal", "brick", "plum"), "garden": ("terracotta", "fern"), "knitting": ("berry", "fjord", "oat"),
}  # fmt: skip
VIGNETTE = '<radialGradient id="vignette" cx=".5" cy=".42" r=".75"><stop offset=".55" stop-color="#180d18" stop-opacity="0"/><stop offset="1" stop-color="#180d18" stop-opacity=".6"/></radialGradient>'
UPRIGHT = "-34 -2 459 816"
ACROSS = "-213 126 816 459"


def portrait(seed: str) -> str:
    """The square portrait of somebody; the same person stands in `poster` for the same seed."""
    who = person(seed)
    defs = f'<radialGradient id="wall" cx=".38" cy=".3" r=".9"><stop offset="0" stop-color="{light(who.ground, 0.45)}"/><stop offset="1" stop-color="{mix(who.ground, "#6b4138", 0.14)}"/></radialGradient>'
    return sheet("85 140 220 220", f'<rect x="60" y="100" width="280" height="300" fill="url(#wall)"/>{figure(who)}', defs)


def poster(seed: str, trade: str, landscape: bool) -> str:
    """Somebody at the bench of a trade with a product in hand: 16:9, or 9:16 when not `landscape`.

    `trade` is one of `SCENES`; raises `KeyError` for others. The middle third holds the face and the hands.
    """
    who, throw = person(seed), dice(f"poster {seed} {trade}")
    apron = throw.choice(APRONS[trade])
    kind, right, left = throw.sample(SHOWN[trade], 3)
    colours = PALETTES[throw.choice(COLOURS[trade])]
    held = f'<g transform="translate(118 362) scale(.44) rotate(-4 200 200)">{KINDS[kind](colours)}</g>'
    if landscape:
        on_table = _standing(right, trade, 322, 418, 0.46) + _standing(left, trade, -128, 430, 0.42)
    else:
        on_table = _standing(right, trade, 196, 470, 0.68) + _standing(left, trade, -62, 506, 0.54)
    body = SCENES[trade](seed) + figure(who, apron) + arms(who, held) + table(TABLES[trade]) + on_table
    return sheet(
        ACROSS if landscape else UPRIGHT,
        f'{body}<rect x="-440" y="-70" width="1080" height="960" fill="url(#vignette)"/>',
        VIGNETTE,
    )


def _standing(kind: str, trade: str, x: int, y: int, scale: float) -> str:
    """A thing on the table; its gradients get names of their own, as a picture may hold several things."""
    drawing = KINDS[kind](PALETTES[COLOURS[trade][0]])
    for name in ("body", "lid", "glass", "case", "balm", "tube", "wax", "shell", "pot", "can", "knit", "knit2"):
        drawing = drawing.replace(f'id="{name}"', f'id="{kind}-{name}"').replace(f"url(#{name})", f"url(#{kind}-{name})")
    shadow = '<ellipse cx="206" cy="322" rx="140" ry="20" fill="#1c0f10" opacity=".36"/>'
    return f'<g transform="translate({x} {y}) scale({scale})">{shadow}{drawing}</g>'
