"""Places where shows are made: one a trade, drawn around the person between x = -430 and 630, the table from y = 528 on."""

from __future__ import annotations

from math import cos, pi, sin

from entrypoints.demo_pictures.garden import leaf
from entrypoints.demo_pictures.paint import dark, dice, light


def _room(first: str, middle: str, last: str, things: str) -> str:
    return (
        f'<defs><linearGradient id="room" x1="0" x2="1" y1="0" y2="1"><stop offset="0" stop-color="{first}"/><stop offset=".55" stop-color="{middle}"/><stop offset="1" stop-color="{last}"/></linearGradient>'
        '<radialGradient id="glow"><stop offset="0" stop-color="#ffd79a" stop-opacity=".75"/><stop offset="1" stop-color="#ffb469" stop-opacity="0"/></radialGradient></defs>'
        f'<g filter="url(#soft)"><rect x="-440" y="-70" width="1080" height="960" fill="url(#room)"/>{things}</g><circle cx="330" cy="120" r="260" fill="url(#glow)" opacity=".6"/><circle cx="20" cy="60" r="200" fill="url(#glow)" opacity=".35"/>'
    )


def table(colour: str) -> str:
    """The table in front, with its lit edge."""
    return f'<rect x="-440" y="548" width="1080" height="340" fill="{colour}"/><rect x="-440" y="548" width="1080" height="6" fill="{light(colour, 0.35)}"/><path d="M-230 612C-60 604 220 622 630 608M-230 690C0 700 300 680 630 696" stroke="{dark(colour, 0.4)}" stroke-opacity=".3" stroke-width="2" fill="none"/>'


def _shelf(x: int, y: int, width: int, colour: str = "#3d241c") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="11" fill="{colour}"/>'


def kitchen(seed: str) -> str:
    throw = dice(f"kitchen {seed}")
    tiles = throw.choice(
        (
            ("#7d5a4b", "#86624f", "#74503f", "#8f6b54", "#6c4b40"),
            ("#56685c", "#5f7365", "#4d5f54", "#6b7f70", "#485a50"),
            ("#5a6172", "#646c7d", "#50576a", "#70788a", "#4a5162"),
        )
    )
    wall = "".join(
        f'<rect x="{-430 + col * 27}" y="{322 + row * 27}" width="25" height="25" rx="2" fill="{throw.choice(tiles)}"/>'
        for row in range(9)
        for col in range(40)
    )
    pans = "".join(
        f'<g transform="translate({x} 116)"><path d="M0 0v{r * 1.1:.0f}" stroke="#caa05a" stroke-width="{r * 0.18:.0f}"/><circle cy="{r * 2}" r="{r}" fill="url(#copper-disc)"/></g>'
        if k
        else f'<g transform="translate({x} 116)"><path d="M0 0v{r}" stroke="#8d6a3a" stroke-width="4"/><path d="M{-r} {r}h{2 * r}l-4 {r * 1.3:.0f}h-{2 * r - 8}z" fill="url(#copper)"/></g>'
        for x, r, k in (
            (-330, 28, 0),
            (-250, 33, 1),
            (-170, 30, 1),
            (-95, 26, 0),
            (-20, 34, 1),
            (56, 28, 1),
            (300, 27, 1),
            (362, 33, 0),
            (446, 30, 1),
            (520, 24, 0),
            (590, 30, 1),
        )
    )
    jars = "".join(
        f'<g transform="translate({x} 300)"><rect x="-14" y="-42" width="28" height="42" rx="5" fill="{throw.choice(("#8c4a36", "#d8c39a", "#c98b3e", "#b0563a", "#6d7a4a"))}"/><rect x="-12" y="-50" width="24" height="9" rx="3" fill="#d9b27a"/></g>'
        for x in (-330, -290, -232, -190, -150, -112, 60, 320, 360, 400, 440, 482, 560)
    )
    glints = "".join(
        f'<circle cx="{throw.randint(-400, 620)}" cy="{throw.randint(20, 300)}" r="{throw.randint(5, 15)}" fill="#ffd08a" opacity="{throw.choice((0.12, 0.18, 0.25))}"/>'
        for _ in range(30)
    )
    return _room(
        dark(tiles[4], 0.5),
        dark(tiles[0], 0.15),
        dark(tiles[4], 0.5),
        f'{wall}{_shelf(-440, 300, 1080)}{jars}<rect x="-440" y="108" width="1080" height="8" rx="4" fill="#c79a52"/>{pans}{glints}',
    )


def care(seed: str) -> str:
    throw = dice(f"care {seed}")
    first, middle, last = throw.choice(
        (("#c98a72", "#e5b79f", "#9a5c50"), ("#8d9a80", "#c3cbb0", "#66755d"), ("#a5879c", "#d5bccb", "#765a70"))
    )
    bulbs = "".join(
        f'<circle cx="{x}" cy="{y}" r="9" fill="#fff4d8"/><circle cx="{x}" cy="{y}" r="18" fill="#fff0c4" opacity=".25"/>'
        for x in (36, 354)
        for y in range(120, 500, 60)
    )
    bottles = "".join(
        f'<rect x="{x}" y="{330 - h}" width="{w}" height="{h}" rx="8" fill="{throw.choice(("#f4e2cf", "#d98a6a", "#8fa27a", "#c9785a", "#fdf4e7"))}"/><rect x="{x + w / 4}" y="{318 - h}" width="{w / 2}" height="14" rx="3" fill="#c9a25a"/>'
        for x, w, h in (
            (-400, 34, 60),
            (-352, 44, 44),
            (-296, 26, 82),
            (-200, 34, 68),
            (-156, 40, 50),
            (-104, 26, 80),
            (430, 40, 80),
            (484, 46, 56),
            (540, 26, 90),
            (586, 40, 60),
        )
    )
    return _room(
        first,
        middle,
        last,
        f'<rect x="6" y="80" width="378" height="480" rx="26" fill="{light(middle, 0.4)}" opacity=".6"/>{bulbs}{_shelf(-440, 330, 400, "#a3674f")}{_shelf(410, 330, 230, "#a3674f")}{bottles}',
    )


def cycling(seed: str) -> str:
    throw = dice(f"cycling {seed}")
    first, middle, last = throw.choice(
        (("#31474a", "#577375", "#23353a"), ("#4a4038", "#7a6a58", "#332b26"), ("#35405a", "#586683", "#262d42"))
    )
    frame = throw.choice(("#d8542f", "#e3ae45", "#6fa08b", "#c6405a"))

    def wheel(x: int, y: int, r: int) -> str:
        spokes = "".join(
            f'<path d="M0 0L{r * 0.93 * cos(a * pi / 12):.1f} {r * 0.93 * sin(a * pi / 12):.1f}"/>' for a in range(24)
        )
        return f'<g transform="translate({x} {y})"><circle r="{r}" fill="none" stroke="#161c20" stroke-width="{r * 0.11:.0f}"/><circle r="{r * 0.9:.0f}" fill="none" stroke="#c7ccca" stroke-width="5"/><g stroke="#d7dbd8" stroke-width="1.3">{spokes}</g><circle r="13" fill="#e9b44c"/></g>'

    tools = "".join(
        f'<rect x="{x}" y="60" width="8" height="{throw.randint(48, 96)}" rx="3" fill="#b9c0bb"/><rect x="{x - 3}" y="52" width="14" height="30" rx="5" fill="{frame}"/>'
        for x in (-330, -300, -270, 24, 52, 80, 110, 560, 590)
    )
    return _room(
        first,
        middle,
        last,
        f'{wheel(-60, 300, 130)}{wheel(-330, 330, 120)}{wheel(470, 320, 150)}<path d="M470 320 380 140 210 150M380 140l20-40h40" stroke="{frame}" stroke-width="16" fill="none" stroke-linejoin="round"/>{tools}',
    )


def tabletop(seed: str) -> str:
    throw = dice(f"tabletop {seed}")
    first, middle, last = throw.choice(
        (("#3b2a3d", "#5c4152", "#281b2b"), ("#22353a", "#3d5a5e", "#18262a"), ("#3a2c26", "#5f4a3d", "#261c18"))
    )
    spines = ("#c9482f", "#e3ae45", "#3f6d7a", "#efe3d0", "#6d7a4a", "#8a3b57", "#d8c39a")

    def row(floor: int, height: int, width: int) -> str:
        parts = []
        for i in range(1080 // (width + 4)):
            h = height - throw.randint(0, 26)
            parts.append(
                f'<rect x="{-436 + i * (width + 4)}" y="{floor - h}" width="{width}" height="{h}" rx="2" fill="{throw.choice(spines)}"/>'
            )
        return "".join(parts) + _shelf(-440, floor, 1080, "#20151f")

    return _room(first, middle, last, row(130, 120, 26) + row(268, 118, 18) + row(406, 112, 30))


def garden(seed: str) -> str:
    throw = dice(f"garden {seed}")
    panes = "".join(
        f'<path d="M{x} -70V540" stroke="#e9efe0" stroke-width="7" opacity=".55"/>' for x in range(-400, 640, 118)
    ) + "".join(f'<path d="M-440 {y}H640" stroke="#e9efe0" stroke-width="6" opacity=".45"/>' for y in (70, 230, 390))
    greens = ("#4f7a4a", "#5f8f55", "#3f6844", "#7aa05c", "#8bae6a")
    plants = "".join(
        leaf(x + throw.randint(-14, 14), y, throw.randint(-60, 60), throw.randint(60, 130), throw.choice(greens))
        for x in (*range(-420, 110, 32), *range(290, 630, 32))
        for y in (throw.randint(330, 380), throw.randint(480, 540))
    )
    vines = "".join(
        leaf(x, throw.randint(-20, 60), 180 + throw.randint(-26, 26), throw.randint(46, 90), throw.choice(greens))
        for x in range(-420, 640, 36)
    )
    pots = "".join(
        f'<path d="M{x} 362h56l-8 50h-40z" fill="{throw.choice(("#c2673f", "#b5563a", "#d9b48c"))}"/>'
        for x in (-380, -290, -200, -110, 330, 420, 510)
    )
    return _room(
        "#7fa39a",
        "#c7d8b8",
        "#5f8a6c",
        f"{panes}{vines}{plants}{_shelf(-440, 410, 520, '#8c5a38')}{_shelf(300, 410, 340, '#8c5a38')}{pots}",
    )


def knitting(seed: str) -> str:
    throw = dice(f"knitting {seed}")
    wools = ("#a63a50", "#4a6f88", "#e3ae45", "#e4d6bf", "#7e8f6a", "#c2673f", "#6b3d63", "#d98a86")
    first, middle, last = throw.choice(
        (("#6b4f43", "#a78570", "#4b372f"), ("#4d5a63", "#8796a0", "#36424a"), ("#6d5a4a", "#b59f86", "#4c3e33"))
    )
    cubes = []
    for row in range(4):
        for col in range(11):
            x, y = -432 + col * 98, -40 + row * 118
            cubes.append(f'<rect x="{x}" y="{y}" width="90" height="110" rx="4" fill="{dark(first, 0.35)}"/>')
            cubes += [
                f'<circle cx="{x + 24 + i * 22}" cy="{y + 84 - (i % 2) * 34}" r="25" fill="{throw.choice(wools)}"/>'
                for i in range(3)
            ]
    return _room(first, middle, last, "".join(cubes))


SCENES = {"kitchen": kitchen, "care": care, "cycling": cycling, "tabletop": tabletop, "garden": garden, "knitting": knitting}
TABLES = {
    "kitchen": "#7a4d33",
    "care": "#e9d3c0",
    "cycling": "#7d5b42",
    "tabletop": "#4b3129",
    "garden": "#9a7450",
    "knitting": "#8c6a4e",
}
