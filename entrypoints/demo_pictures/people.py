"""People: drawn from a name, always the same for the same name. The head stands at (195, 244), the hands at y = 480."""

from __future__ import annotations

from typing import NamedTuple

from entrypoints.demo_pictures.paint import dark, dice, light

SKINS = (
    ("#f3cdb0", "#d8a384"), ("#eabf9d", "#c8946f"), ("#e2b08c", "#bd8362"), ("#d8a27c", "#ac7452"), ("#c98a62", "#9e6542"),
    ("#b9784f", "#8f5637"), ("#9c6242", "#74442c"), ("#7d4b32", "#5a3322"), ("#63392a", "#45261b"),
)  # fmt: skip
HAIRS = ("#17100f", "#24161a", "#3a1c14", "#5b2f22", "#7a4425", "#a05a2c", "#b8863f", "#d2a85c", "#8f8a88", "#8c2f2a")
TOPS = (
    "#efe3d0",
    "#7e8f6a",
    "#2f5a5e",
    "#e3ae45",
    "#c2412b",
    "#34507a",
    "#6b3d63",
    "#b0542c",
    "#41705a",
    "#3c3a4a",
    "#d98a86",
    "#f4efe6",
)
GROUNDS = ("#f2b38a", "#b9cfd6", "#f0d38a", "#d9c5e2", "#cfe0c3", "#e6c9b3", "#bcd0e8", "#f3c6bd", "#dcd7b7", "#c8d6d0")
STYLES = ("bun", "long", "short", "curly", "bob", "afro", "ponytail", "crop", "waves", "scarf", "braids", "quiff")
BEARDED = {"short", "crop", "quiff"}


class Person(NamedTuple):
    """What somebody looks like."""

    skin: str
    shade: str
    hair: str
    style: str
    top: str
    ground: str
    collar: str
    beard: bool
    glasses: bool
    earrings: bool
    freckles: bool
    face: float
    smile: int


_NOUR = Person("#b9784f", "#8f5637", "#24161a", "bun", "#efe3d0", "#b98a72", "round", False, False, True, False, 1.0, 0)
_INES = Person("#e2b08c", "#bd8362", "#5b2f22", "long", "#7e8f6a", "#e5c7ae", "round", False, False, False, False, 0.98, 1)
_MALO = Person("#d8a27c", "#ac7452", "#a8703c", "crop", "#2f5a5e", "#b9cfd6", "roll", False, False, False, True, 1.03, 0)
_THEO = Person("#7d4b32", "#5a3322", "#17100f", "curly", "#e3ae45", "#d9c5e2", "round", False, False, False, False, 1.0, 2)
_JEANNE = Person("#f3cdb0", "#d8a384", "#8f8a88", "bob", "#34507a", "#f0d38a", "shirt", False, True, True, False, 1.0, 2)
LOOKS = {"nour": _NOUR, "ines": _INES, "inès": _INES, "malo": _MALO, "theo": _THEO, "théo": _THEO, "jeanne": _JEANNE}


def person(seed: str) -> Person:
    """The person of that name. The leading hosts of the demo have looks of their own; all others are thrown."""
    known = LOOKS.get(seed.replace("-", " ").split(maxsplit=1)[0].casefold())
    return known or _thrown(seed)


def _thrown(seed: str) -> Person:
    throw = dice(f"person {seed}")
    skin, shade = throw.choice(SKINS)
    style = throw.choice(STYLES)
    hair = throw.choice(HAIRS[:5] if SKINS.index((skin, shade)) > 5 else HAIRS)
    top, ground = throw.choice(TOPS), throw.choice(GROUNDS)
    return Person(
        skin=skin, shade=shade, hair=hair, style=style, top=top, ground=ground, collar=throw.choice(("round", "shirt", "roll")),
        beard=style in BEARDED and throw.random() < 0.6, glasses=throw.random() < 0.28, earrings=style not in BEARDED and throw.random() < 0.55,
        freckles=SKINS.index((skin, shade)) < 4 and throw.random() < 0.35, face=throw.uniform(0.95, 1.06), smile=throw.randrange(3),
    )  # fmt: skip


def _back(p: Person) -> str:
    """Hair that falls behind the head and shoulders."""
    h, sheen = p.hair, light(p.hair, 0.2)
    balls = {
        "curly": (
            (150, 250, 20),
            (146, 225, 20),
            (158, 202, 22),
            (182, 190, 24),
            (208, 190, 24),
            (232, 204, 22),
            (244, 228, 20),
            (241, 252, 18),
            (150, 276, 16),
            (242, 276, 16),
        ),
        "afro": (
            (140, 236, 30),
            (146, 204, 32),
            (170, 180, 34),
            (200, 172, 36),
            (228, 184, 32),
            (248, 208, 32),
            (252, 238, 28),
            (146, 262, 20),
            (246, 262, 20),
        ),
    }
    if p.style in balls:
        return "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{h}"/>' for x, y, r in balls[p.style])
    return {
        "bun": f'<circle cx="205" cy="184" r="27" fill="{h}"/><path d="M186 176c6-14 26-18 38-6" stroke="{sheen}" stroke-width="3" fill="none"/>',
        "long": f'<path d="M142 262c-8-70 34-86 56-84 40 0 58 36 52 84 0 44 14 72 4 106-40 18-84 16-118 0-8-36 8-66 6-106z" fill="{h}"/>',
        "bob": f'<path d="M142 258c-8-66 30-82 54-82 40 0 62 30 54 82 2 22 4 36-2 50-36 10-70 10-104 0-6-14-4-28-2-50z" fill="{h}"/>',
        "ponytail": f'<path d="M226 190c40-6 56 40 44 84-6 24-4 40 6 54-26 2-44-14-42-46 2-30 2-60-8-92z" fill="{h}"/><path d="M224 184l14 18" stroke="{sheen}" stroke-width="7" stroke-linecap="round"/>',
        "waves": f'<path d="M144 250c-10-62 30-78 52-78 42 0 62 34 54 78 10 16-2 26 6 40 8 16-4 26 4 40-22 8-44 4-56-8h-22c-14 12-34 14-54 8 8-14-4-24 4-40 8-14 4-24 12-40z" fill="{h}"/>',
        "braids": "".join(
            f'<ellipse cx="{x + (3 if i % 2 else -3)}" cy="{284 + i * 17}" rx="11" ry="11" fill="{h}"/>'
            for x in (148, 242)
            for i in range(6)
        ),
        "scarf": f'<path d="M140 262c-8-66 28-88 56-88s64 22 56 88c-2 30 10 60 20 84-46 24-110 24-154 0 12-24 24-54 22-84z" fill="{p.top}"/>',
    }.get(p.style, "")


def _crown(p: Person) -> str:
    """Hair over the forehead."""
    h = p.hair
    curve = "M150 262c-6-44 14-74 46-74 34 0 52 30 44 74-4-22-12-38-26-46-22 6-42 6-52 2-6 10-10 24-12 44z"
    return {
        "crop": f'<path d="M151 250c-4-40 14-62 45-62 32 0 50 22 44 62-3-14-8-26-14-34-18-6-42-6-60 0-7 8-12 20-15 34z" fill="{h}"/>',
        "afro": f'<path d="M150 254c-4-40 14-66 46-66s50 26 44 66c-4-16-10-28-18-34-20-8-36-8-54 0-8 6-14 18-18 34z" fill="{h}"/>',
        "bob": f'<path d="M148 266c-8-48 16-80 48-80 34 0 52 32 46 80-4-20-6-34-10-44-24 8-52 8-72 0-6 12-8 24-12 44z" fill="{h}"/>',
        "quiff": f'<path d="M151 254c-6-34 4-58 22-66 20-16 56-18 70 4 8 16 2 40-2 62-3-16-8-28-15-36-20 6-42 4-58-4-8 10-14 24-17 40z" fill="{h}"/><path d="M176 190c16-10 38-10 52 0" stroke="{light(h, 0.25)}" stroke-width="3" fill="none" stroke-linecap="round"/>',
        "waves": f'<path d="M149 264c-8-48 14-78 46-78 36 0 54 32 46 78-6-26-16-42-36-52-8 22-36 36-56 52z" fill="{h}"/>',
        "long": f'<path d="M149 266c-8-50 14-80 47-80 35 0 53 32 45 80-6-28-20-46-45-56-23 10-40 28-47 56z" fill="{h}"/>',
        "braids": f'<path d="M149 262c-6-46 14-75 47-75 34 0 51 29 45 75-8-26-22-42-45-50-24 8-40 24-47 50z" fill="{h}"/><path d="M196 188v24" stroke="{light(h, 0.3)}" stroke-width="2"/>',
        "scarf": f'<path d="M147 268c-10-52 16-86 49-86s57 34 49 86c-6-26-16-44-30-52-14-4-26-4-38 0-14 8-24 26-30 52z" fill="{p.top}"/><path d="M160 214c10-18 26-24 44-22" stroke="{light(p.top, 0.35)}" stroke-width="4" fill="none" stroke-linecap="round"/>',
    }.get(p.style, f'<path d="{curve}" fill="{h}"/>')


def _face(p: Person) -> str:
    smiles = (
        '<path d="M178 293c10 5 24 5 34 0-2 10-9 14-17 14s-15-4-17-14z" fill="#7d2a2a"/><path d="M181 294.500c9 3.500 19 3.500 28 0-1 3-2 4-4 5-6 1.500-14 1.500-20 0-2-1-3-2-4-5z" fill="#fff6ec"/>',
        f'<path d="M180 294c8 9 22 9 30 0" stroke="{dark(p.shade, 0.4)}" stroke-width="3.4" stroke-linecap="round" fill="none"/>',
        '<path d="M176 291c12 4 26 4 38 0-2 13-10 18-19 18s-17-5-19-18z" fill="#7d2a2a"/><path d="M179 292.500c10 3 22 3 32 0-1 5-3 6-5 7-7 1.500-15 1.500-22 0-2-1-4-2-5-7z" fill="#fff6ec"/>',
    )
    beard = f'<path d="M153 262c2 20 4 36 8 46 7 14 21 24 34 24s27-10 34-24c4-10 6-26 8-46-4 14-8 22-16 26-16-8-36-8-52 0-8-4-12-12-16-26z" fill="{p.hair}" opacity=".94"/>'
    spots = (
        f'<g fill="{p.shade}" opacity=".7">'
        + "".join(
            f'<circle cx="{x}" cy="{y}" r="1.3"/>'
            for x, y in ((162, 279), (168, 283), (174, 279), (216, 279), (222, 283), (228, 279), (190, 274), (200, 275))
        )
        + "</g>"
    )
    specs = '<g fill="#fff" fill-opacity=".14" stroke="#2d2428" stroke-width="3"><circle cx="174" cy="264" r="15"/><circle cx="216" cy="264" r="15"/><path d="M189 262c4-3 8-3 12 0M159 260l-8-3M231 260l8-3" fill="none"/></g>'
    brow = p.hair if p.hair not in HAIRS[6:9] else dark(p.hair, 0.35)
    return (
        f'<ellipse cx="152" cy="268" rx="7" ry="11" fill="{p.shade}"/><ellipse cx="238" cy="268" rx="7" ry="11" fill="{p.shade}"/><path d="M152 244c0-34 20-50 43-50s43 16 43 50c0 18-2 34-8 48-7 16-22 28-35 28s-28-12-35-28c-6-14-8-30-8-48z" fill="{p.skin}"/>'
        f'<path d="M208 196c20 6 30 22 30 48 0 18-2 34-8 48-7 16-22 28-35 28 20-24 30-70 13-124z" fill="{p.shade}" opacity=".28"/>{beard if p.beard else ""}'
        f'<g fill="none" stroke-linecap="round"><path d="M164 249c6-5 14-5 19-2M207 247c6-3 13-3 19 2" stroke="{brow}" stroke-width="3.400"/><path d="M166 262c4-4 12-4 15 0M209 262c4-4 12-4 15 0" stroke="#20130f" stroke-width="2.600"/><path d="M195 264c-1 8-5 13-3 17 2 2 6 2 8 0" stroke="{p.shade}" stroke-width="2.600"/></g>'
        '<circle cx="174" cy="264.500" r="3.600" fill="#20130f"/><circle cx="216" cy="264.500" r="3.600" fill="#20130f"/><circle cx="175" cy="263" r="1.100" fill="#fff"/><circle cx="217" cy="263" r="1.100" fill="#fff"/>'
        f'{smiles[p.smile]}<ellipse cx="164" cy="284" rx="9" ry="5.500" fill="#d9683f" opacity=".26"/><ellipse cx="226" cy="284" rx="9" ry="5.500" fill="#d9683f" opacity=".26"/>{spots if p.freckles else ""}{_crown(p)}{specs if p.glasses else ""}'
        + (
            '<g fill="none" stroke="#f3c765" stroke-width="3"><circle cx="151" cy="289" r="7.500"/><circle cx="239" cy="289" r="7.500"/></g>'
            if p.earrings and p.style != "scarf"
            else ""
        )
    )


def _clothes(p: Person, apron: str | None) -> str:
    shadow = dark(p.top, 0.16)
    collar = {
        "round": f'<path d="M160 340c10 20 60 20 70 0l-8-6c-8 18-46 18-54 0z" fill="{shadow}"/>',
        "shirt": f'<path d="M168 334l27 30 27-30 14 10-26 34-15-14-15 14-26-34z" fill="{light(p.top, 0.4)}"/><path d="M195 366v190" stroke="{shadow}" stroke-width="3"/>',
        "roll": f'<path d="M166 322c10 8 48 8 58 0l4 26c-12 12-54 12-66 0z" fill="{light(p.top, 0.12)}"/><path d="M164 344c12 12 50 12 62 0" stroke="{shadow}" stroke-width="3" fill="none"/>',
    }[p.collar]
    bib = "" if apron is None else (
        f'<path d="M150 372c14 10 76 10 90 0l10 40c12 40 26 90 30 150H110c4-60 18-110 30-150z" fill="{apron}"/><path d="M150 372 158 338M240 372 232 338" stroke="{apron}" stroke-width="12"/><path d="M150 372c14 10 76 10 90 0l2 8c-20 10-74 10-94 0z" fill="#fff" opacity=".14"/>'
        '<path d="M252 430c12 40 18 86 20 132h8c-3-50-14-96-28-132z" fill="#000" opacity=".12"/>'
    )  # fmt: skip
    return (
        f'<path d="M195 334c-48 2-84 14-98 56L76 562h238L293 390c-14-42-50-54-98-56z" fill="{p.top}"/><path d="M240 344c30 6 46 20 53 46l21 172h-46c0-80-6-160-28-218z" fill="{shadow}" opacity=".8"/>'
        f'<path d="M172 296h46v34c0 14-10 22-23 22s-23-8-23-22z" fill="{p.shade}"/>{collar}{bib}'
    )


def figure(p: Person, apron: str | None = None) -> str:
    """Head and shoulders, without the arms."""
    return f'{_back(p)}{_clothes(p, apron)}<g transform="translate(195 0) scale({p.face:.3f} 1) translate(-195 0)">{_face(p)}</g>'


def arms(p: Person, held: str) -> str:
    """Both arms with the hands around `held`, which is drawn about (206, 458)."""

    def limb(path: str, width: float, colour: str) -> str:
        return f'<path d="{path}" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round" fill="none"/>'

    shadow = dark(p.top, 0.16)
    fingers = "".join(limb(f"M{286 + i * 8} {424 + i * 1.5}q-4 9 0 19", 9.5, p.skin) for i in range(3)) + "".join(
        limb(f"M{164 + i * 12} {500 - i * 1.5}q3-8-1-16", 10.5, p.skin) for i in range(4)
    )
    return (
        limb("M117 392Q86 436 90 482", 42, p.top) + limb("M275 392Q314 432 318 482", 42, shadow) + limb("M92 490Q112 528 168 512", 27, p.shade) + limb("M92 487Q112 523 168 508", 25, p.skin) + limb("M78 494Q92 506 108 500", 30, p.top)
        + held + limb("M318 490Q322 462 298 441", 27, p.shade) + limb("M317 488Q320 460 297 439", 25, p.skin) + limb("M304 500Q318 510 334 494", 26, shadow) + fingers
    )  # fmt: skip
