"""Jumpers, socks and wool. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import Drawing, Palette, dark, light


def _stitch(name: str, colour: str) -> str:
    """A pattern of knitted stitches in that colour."""
    return f'<pattern id="{name}" width="14" height="12" patternUnits="userSpaceOnUse"><rect width="14" height="12" fill="{colour}"/><path d="M0 1l7 7 7-7v4l-7 7-7-7z" fill="{light(colour, 0.14)}"/><path d="M0 8l7 7 7-7" stroke="{dark(colour, 0.2)}" stroke-width="1.4" fill="none"/></pattern>'


def _ribs(x: int, y: int, width: int, height: int, colour: str) -> str:
    lines = "".join(f'<path d="M{x + 6 + i * 11} {y + 2}v{height - 4}"/>' for i in range(max(1, (width - 4) // 11)))
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="7" fill="{dark(colour, 0.1)}"/><g stroke="{dark(colour, 0.32)}" stroke-width="3.4" stroke-linecap="round">{lines}</g>'


def jumper(c: Palette) -> str:
    return (
        f'<defs>{_stitch("knit", c.main)}</defs><path d="M150 92 104 110C74 124 62 220 54 282l50 12 26-112v130h140V182l26 112 50-12c-8-62-20-158-50-172l-46-18c-12 18-88 18-100 0z" fill="url(#knit)"/>'
        f'<path d="M252 94c20 60 20 150 14 218h4V182l26 112 50-12c-8-62-20-158-50-172z" fill="#000" opacity=".1"/><path d="M148 94c14 26 90 26 104 0l-12-8c-16 14-64 14-80 0z" fill="{dark(c.main, 0.2)}"/><path d="M130 196h140" stroke="{c.accent}" stroke-width="13"/><path d="M130 218h140" stroke="{c.second}" stroke-width="7"/>'
        + _ribs(128, 304, 144, 20, c.main)
    )


def beanie(c: Palette) -> str:
    return (
        f'<defs>{_stitch("knit", c.main)}</defs><path d="M92 266c0-100 44-168 108-168s108 68 108 168z" fill="url(#knit)"/><path d="M230 102c50 16 78 78 78 164h-46c4-66-4-126-32-164z" fill="#000" opacity=".1"/>'
        + _ribs(82, 252, 236, 58, c.main)
        + f'<circle cx="200" cy="86" r="42" fill="{c.accent}"/><g stroke="{dark(c.accent, 0.2)}" stroke-width="5" stroke-linecap="round"><path d="M180 70l-8-14M200 64V46M220 70l10-14M176 90l-16 4M224 90l16 4M190 106l-8 14M212 106l8 14"/></g>'
    )


def scarf(c: Palette) -> str:
    fringe = "".join(f'<path d="M{126 + i * 13} 306v22"/>' for i in range(6))
    return (
        f'<defs>{_stitch("knit", c.main)}{_stitch("knit2", c.second)}</defs><path d="M120 150c10 60 10 110 4 158h70c8-50 8-110-2-158z" fill="url(#knit2)"/><path d="M92 116c0-40 216-40 216 0 0 50-20 74-108 74S92 166 92 116z" fill="url(#knit)"/>'
        f'<path d="M126 112c20 24 128 24 148 0-14-18-134-18-148 0z" fill="{dark(c.main, 0.42)}"/><path d="M208 180c24 36 38 72 44 110l64-16c-10-50-34-90-62-118z" fill="url(#knit)"/><path d="M122 260h76M120 282h76" stroke="{c.accent}" stroke-width="9"/><g stroke="{c.second}" stroke-width="7" stroke-linecap="round">{fringe}</g>'
    )


def socks(c: Palette) -> str:
    def sock(x: int, y: int, turn: int, stripe: str) -> str:
        return (
            f'<g transform="translate({x} {y}) rotate({turn})"><path d="M0 0h72v110c0 14 8 22 24 34 22 16 28 40 10 58-18 16-46 10-66-8C10 168 0 150 0 120z" fill="url(#knit)"/>{_ribs(-4, -10, 80, 34, c.main)}'
            f'<path d="M0 62h72M0 84h72" stroke="{stripe}" stroke-width="12"/><path d="M70 198c14 12 34 8 44-12" stroke="{stripe}" stroke-width="16" stroke-linecap="round" fill="none"/></g>'
        )

    return f"<defs>{_stitch('knit', c.main)}</defs>" + sock(84, 88, 4, c.second) + sock(190, 98, -6, c.accent)


def mittens(c: Palette) -> str:
    def mitten(x: int, flip: int) -> str:
        return (
            f'<g transform="translate({x} 96) scale({flip} 1)"><path d="M0 168V74C0 24 20 0 52 0s52 24 52 74v94z" fill="url(#knit)"/><path d="M96 112c24-30 52-20 50 6-2 24-24 40-46 50z" fill="url(#knit)"/>{_ribs(-6, 160, 116, 54, c.main)}'
            f'<path d="M52 50l9 20 21 3-15 15 4 21-19-10-19 10 4-21-15-15 21-3z" fill="{c.accent}"/></g>'
        )

    return f'<defs>{_stitch("knit", c.main)}</defs><g transform="rotate(-8 130 200)">{mitten(44, 1)}</g><g transform="rotate(8 270 200)">{mitten(356, -1)}</g>'


def wool(c: Palette) -> str:
    def ball(x: int, y: int, r: int, colour: str) -> str:
        threads = "".join(
            f'<ellipse rx="{r * 0.97:.0f}" ry="{r * (0.2 + 0.16 * i):.0f}" transform="rotate({-38 + i * 6})"/>' for i in range(5)
        ) + "".join(
            f'<ellipse rx="{r * 0.96:.0f}" ry="{r * (0.2 + 0.2 * i):.0f}" transform="rotate({58 + i * 8})"/>' for i in range(3)
        )
        return f'<g transform="translate({x} {y})"><circle r="{r}" fill="{colour}"/><g fill="none" stroke="{dark(colour, 0.22)}" stroke-width="3.5">{threads}</g><path d="M{-r * 0.6:.0f}-{r * 0.4:.0f}a{r * 0.75:.0f} {r * 0.75:.0f} 0 0 1 {r * 0.5:.0f}-{r * 0.38:.0f}" stroke="#fff" stroke-width="8" opacity=".45" stroke-linecap="round" fill="none"/></g>'

    needles = '<g stroke-linecap="round"><path d="M92 88 262 274M312 84 146 276" stroke="#8c5a38" stroke-width="11"/><path d="M90 86 258 270M314 82 148 272" stroke="#d9a878" stroke-width="6"/></g><circle cx="90" cy="86" r="13" fill="#8c5a38"/><circle cx="314" cy="82" r="13" fill="#8c5a38"/>'
    return (
        needles
        + ball(136, 258, 60, c.second)
        + ball(270, 262, 56, c.accent)
        + ball(200, 204, 76, c.main)
        + f'<path d="M262 312c30 14 60 4 90 6" stroke="{c.accent}" stroke-width="6" stroke-linecap="round" fill="none"/>'
    )


def cardigan(c: Palette) -> str:
    buttons = "".join(
        f'<circle cx="200" cy="{160 + i * 36}" r="8" fill="{c.accent}" stroke="{dark(c.accent, 0.3)}" stroke-width="2"/>'
        for i in range(5)
    )
    return (
        f'<defs>{_stitch("knit", c.main)}</defs><path d="M148 90 102 108C72 122 60 220 52 284l52 12 24-112v138h144V184l24 112 52-12c-8-64-20-162-50-176l-46-18-52 62z" fill="url(#knit)"/><path d="M148 90l52 64 52-64" stroke="{c.second}" stroke-width="15" fill="none"/><path d="M200 150v172" stroke="{c.second}" stroke-width="24"/>'
        f'{buttons}<g fill="{dark(c.main, 0.14)}"><rect x="140" y="248" width="40" height="44" rx="6"/><rect x="220" y="248" width="40" height="44" rx="6"/></g>'
    )


def blanket(c: Palette) -> str:
    bands = "".join(
        f'<path d="M74 {y}h252v30H74z" fill="url(#{fill})"/>'
        for y, fill in ((170, "knit"), (200, "knit2"), (230, "knit"), (260, "knit2"), (290, "knit"))
    )
    fringe = "".join(f'<path d="M{84 + i * 13} 320v10"/>' for i in range(19))
    return (
        f'<defs>{_stitch("knit", c.main)}{_stitch("knit2", c.second)}</defs><path d="M86 120h228c10 0 12 12 12 24v30H74v-30c0-12 2-24 12-24z" fill="{light(c.main, 0.2)}"/><path d="M100 96h200c12 0 18 14 20 28H80c2-14 8-28 20-28z" fill="{dark(c.second, 0.1)}"/>{bands}'
        f'<g stroke="{c.main}" stroke-width="6" stroke-linecap="round">{fringe}</g><path d="M118 120v200" stroke="{c.accent}" stroke-width="11"/><path d="M260 120h66v200h-66z" fill="#000" opacity=".08"/>'
    )


def needles(c: Palette) -> str:
    return (
        '<g stroke-linecap="round"><path d="M96 316 268 76" stroke="#8c5a38" stroke-width="15"/><path d="M96 312 266 76" stroke="#e0b98c" stroke-width="8"/><path d="M306 316 150 84" stroke="#8c5a38" stroke-width="15"/><path d="M306 312 152 86" stroke="#e0b98c" stroke-width="8"/></g>'
        f'<circle cx="270" cy="72" r="18" fill="{c.main}"/><circle cx="148" cy="80" r="18" fill="{c.main}"/><defs>{_stitch("knit", c.accent)}</defs><path d="M138 178h126l10 96H128z" fill="url(#knit)"/><path d="M138 178c18-14 108-14 126 0" stroke="{dark(c.accent, 0.25)}" stroke-width="11" fill="none" stroke-linecap="round"/>'
    )


def slipover(c: Palette) -> str:
    diamonds = "".join(
        f'<path d="M{150 + (i % 3) * 50} {168 + (i // 3) * 62}l22 28-22 28-22-28z" fill="{(c.second, c.accent)[(i + i // 3) % 2]}"/>'
        for i in range(6)
    )
    return (
        f'<defs>{_stitch("knit", c.main)}</defs><path d="M128 88h40l32 70 32-70h40c0 50 8 70 24 84v144H104V172c16-14 24-34 24-84z" fill="url(#knit)"/>{diamonds}<path d="M168 90l32 68 32-68" stroke="{c.second}" stroke-width="13" fill="none"/>'
        f'<path d="M128 90c0 48-8 68-22 82M272 90c0 48 8 68 22 82" stroke="{c.second}" stroke-width="11" fill="none"/>'
        + _ribs(102, 296, 196, 26, c.main)
    )


KNITTING: dict[str, Drawing] = {
    "jumper": jumper, "beanie": beanie, "scarf": scarf, "socks": socks, "mittens": mittens,
    "wool": wool, "cardigan": cardigan, "blanket": blanket, "needles": needles, "slipover": slipover,
}  # fmt: skip
