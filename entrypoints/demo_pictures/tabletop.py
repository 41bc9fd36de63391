"""Board games. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import Drawing, Palette, dark, light

CASTLE = "M-46 38V-26h18v15h14v-15h28v15h14v-15h18v64z"
DRAGON = "M-50 20c10-40 40-50 62-34 10-10 24-12 34-6-8 4-10 10-8 16 14 2 20 14 16 28-10-8-20-8-28-2-6 20-30 26-52 18 10-2 16-6 18-12-16 2-30-2-42-8z"
STAR = "M0-46l13 28 30 4-22 21 6 31L0 23l-27 15 6-31-22-21 30-4z"
SHIP = "M-50 14h100l-16 30h-68zM-4 6v-56l44 50zM-10 6h-34l34-40z"


def _box(c: Palette, sign: str, x: int, y: int, width: int, height: int, side: int = 34) -> str:
    """A box seen from the front, its side turned away at the right."""
    return (
        f'<path d="M{x + width} {y}l{side}-{side * 0.6:.0f}v{height}l-{side} {side * 0.6:.0f}z" fill="{c.second}"/><path d="M{x} {y}l{side}-{side * 0.6:.0f}h{width}l-{side} {side * 0.6:.0f}z" fill="{light(c.main, 0.25)}"/>'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{c.main}"/><rect x="{x}" y="{y}" width="{width}" height="{height * 0.17:.0f}" fill="{c.accent}"/>'
        f'<g transform="translate({x + width / 2} {y + height * 0.56:.0f}) scale({min(width / 150, height / 158):.2f})"><circle r="60" fill="{light(c.main, 0.12)}"/><path d="{sign}" fill="{c.accent}"/></g>'
        f'<path d="M{x + width * 0.25:.0f} {y + height * 0.9:.0f}h{width * 0.5:.0f}" stroke="{light(c.main, 0.6)}" stroke-width="7" stroke-linecap="round"/>'
    )


def castle_game(c: Palette) -> str:
    return _box(c, CASTLE, 84, 106, 200, 214)


def dragon_game(c: Palette) -> str:
    return _box(c, DRAGON, 62, 146, 244, 174)


def ship_game(c: Palette) -> str:
    return _box(c, SHIP, 96, 94, 176, 226)


def cards(c: Palette) -> str:
    fan = "".join(
        f'<g transform="rotate({angle} 200 330)"><rect x="136" y="112" width="124" height="178" rx="14" fill="{light(c.back, 0.75)}" stroke="{dark(c.back, 0.18)}" stroke-width="3"/><rect x="148" y="124" width="100" height="154" rx="8" fill="{fill}"/>'
        f'<path transform="translate(198 200) scale(.7)" d="{STAR}" fill="{c.accent}"/></g>'
        for angle, fill in ((-24, c.second), (-8, c.main), (8, c.second), (24, c.main))
    )
    return f'<g transform="translate(0 20)">{fan}</g>'


def dice_set(c: Palette) -> str:
    def die(x: int, y: int, size: int, fill: str, pips: str) -> str:
        return (
            f'<g transform="translate({x} {y})"><path d="M0 0l{size}-{size * 0.42:.0f} {size} {size * 0.42:.0f}-{size} {size * 0.42:.0f}z" fill="{light(fill, 0.35)}"/><path d="M0 0l{size} {size * 0.42:.0f}v{size}L0 {size * 0.6:.0f}z" fill="{fill}"/>'
            f'<path d="M{size * 2} 0l-{size} {size * 0.42:.0f}v{size}l{size}-{size * 0.82:.0f}z" fill="{dark(fill, 0.3)}"/>{pips}</g>'
        )

    return (
        die(
            70,
            168,
            84,
            c.main,
            f'<g fill="{c.accent}"><ellipse cx="84" cy="0" rx="13" ry="7"/><circle cx="26" cy="34" r="9"/><circle cx="58" cy="78" r="9"/></g>',
        )
        + die(
            196,
            226,
            62,
            c.accent,
            f'<g fill="{c.second}"><ellipse cx="44" cy="0" rx="9" ry="5"/><ellipse cx="80" cy="0" rx="9" ry="5"/><circle cx="30" cy="36" r="8"/></g>',
        )
        + die(200, 108, 50, c.second, '<g fill="#fff"><ellipse cx="50" cy="0" rx="8" ry="4"/><circle cx="24" cy="26" r="6"/></g>')
    )


def pawns(c: Palette) -> str:
    def pawn(x: int, y: int, scale: float, fill: str) -> str:
        return (
            f'<g transform="translate({x} {y}) scale({scale})"><path d="M-52 0c0-30 22-44 26-84h52c4 40 26 54 26 84 0 10-104 10-104 0z" fill="{fill}"/><circle cy="-110" r="38" fill="{fill}"/><path d="M10-140a38 38 0 0 1 0 60c10 30 8 60 12 86 20 0 30-2 30-6 0-30-22-44-26-84 18-14 18-46-16-56z" fill="#000" opacity=".16"/>'
            '<circle cx="-13" cy="-122" r="10" fill="#fff" opacity=".5"/></g>'
        )

    return pawn(128, 296, 0.86, c.second) + pawn(282, 292, 0.92, c.accent) + pawn(204, 318, 1.2, c.main)


def chess(c: Palette) -> str:
    squares = "".join(
        f'<path d="M0 0h40v40H0z" transform="translate({i * 40} {j * 40})" fill="{c.second if (i + j) % 2 else light(c.back, 0.5)}"/>'
        for i in range(6)
        for j in range(6)
    )
    return (
        f'<g transform="matrix(.66 -.24 .66 .24 41 262)"><rect x="-14" y="-14" width="268" height="268" rx="8" fill="url(#wood)"/>{squares}</g>'
        f'<g transform="translate(200 250) scale(.9)"><path d="M-40 0h80c-2-24-18-34-18-74h-44c0 40-16 50-18 74z" fill="{c.main}"/><path d="M-30-74c-14-30-8-66 22-84l-4-14c40 2 60 34 52 74-2 10-6 18-10 24z" fill="{c.main}"/><path d="M-30-90l-30-10c-2-16 14-26 30-34" fill="{c.main}"/><circle cx="-8" cy="-134" r="6" fill="{c.accent}"/><rect x="-48" y="-6" width="96" height="20" rx="10" fill="{dark(c.main, 0.25)}"/></g>'
    )


def puzzle(c: Palette) -> str:
    piece = "M0 0h36c-6-22 34-22 28 0h36v36c22-6 22 34 0 28v36H64c6-22-34-22-28 0H0V64c-22 6-22-34 0-28z"
    return (
        f'<g stroke="#fff" stroke-opacity=".55" stroke-width="4"><path d="{piece}" fill="{c.main}" transform="translate(104 118)"/><path d="{piece}" fill="{c.accent}" transform="translate(204 118)"/>'
        f'<path d="{piece}" fill="{c.second}" transform="translate(104 218)"/><path d="{piece}" fill="{light(c.main, 0.35)}" transform="rotate(14 260 270) translate(214 226)"/></g>'
    )


def tower(c: Palette) -> str:
    rows = []
    for row in range(8):
        y = 292 - row * 27
        shift = (0, 3, -5, 2, 7, -3, 4, 0)[row]
        if row % 2:
            rows.append(
                f'<rect x="{120 + shift}" y="{y}" width="160" height="25" rx="4" fill="url(#beech)" stroke="#a97547" stroke-width="2"/>'
            )
        else:
            gone = row == 4
            rows += [
                f'<rect x="{122 + shift + i * 54}" y="{y}" width="50" height="25" rx="4" fill="{c.main if (row, i) == (2, 0) else "url(#beech)"}" stroke="#a97547" stroke-width="2"/>'
                for i in range(3)
                if not (gone and i == 1)
            ]
    return (
        "".join(rows) + f'<rect x="300" y="280" width="58" height="25" rx="4" fill="{c.accent}" transform="rotate(-18 330 292)"/>'
    )


def meeple_bag(c: Palette) -> str:
    meeple = "M0-34c13 0 20 10 18 22 16 6 32 12 34 22 0 8-10 10-22 8l16 34c2 6-2 8-8 8H14L0 40l-14 20h-24c-6 0-10-2-8-8l16-34c-12 2-22 0-22-8 2-10 18-16 34-22-2-12 5-22 18-22z"
    return (
        f'<path d="M110 300c-10-70 20-110 54-140h72c34 30 64 70 54 140-2 14-14 20-28 20H138c-14 0-26-6-28-20z" fill="{c.main}"/><path d="M150 116c10 14 20 30 14 46h72c-6-16 4-32 14-46-14-10-28 4-50-4-22 8-36-6-50 4z" fill="{light(c.main, 0.15)}"/>'
        f'<path d="M156 160h88" stroke="{c.accent}" stroke-width="13" stroke-linecap="round"/><path d="M214 166c24 14 34 34 30 60" stroke="{c.accent}" stroke-width="7" stroke-linecap="round" fill="none"/><path transform="translate(196 254) scale(.9)" d="{meeple}" fill="{light(c.back, 0.4)}"/>'
        f'<path transform="translate(320 288) scale(.62)" d="{meeple}" fill="{c.accent}"/><path transform="translate(84 292) scale(.55)" d="{meeple}" fill="{c.second}"/>'
    )


TABLETOP: dict[str, Drawing] = {
    "castle_game": castle_game, "dragon_game": dragon_game, "ship_game": ship_game, "cards": cards, "dice_set": dice_set,
    "pawns": pawns, "chess": chess, "puzzle": puzzle, "tower": tower, "meeple_bag": meeple_bag,
}  # fmt: skip
