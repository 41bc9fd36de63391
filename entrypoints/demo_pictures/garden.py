"""Pots, plants and garden tools. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import Drawing, Palette, dark, light, round_body


def leaf(x: float, y: float, angle: float, length: float, fill: str) -> str:
    """One leaf that grows from (x, y); angle in degrees from straight up."""
    return (
        f'<g transform="translate({x:.1f} {y:.1f}) rotate({angle:.1f}) scale({length / 100:.2f})"><path d="M0 0c-34-26-36-70 0-100 36 30 34 74 0 100z" fill="{fill}"/><path d="M0 0c12-26 16-66 0-100 36 30 34 74 0 100z" fill="#000" opacity=".13"/>'
        '<path d="M0-6v-74" stroke="#fff" stroke-opacity=".35" stroke-width="3" stroke-linecap="round"/></g>'
    )


def _pot(fill: str, top: int = 206, width: int = 148) -> str:
    w = width / 2
    return (
        f'<defs>{round_body("pot", fill)}</defs><path d="M{200 - w * 0.9:.0f} {top + 30}h{w * 1.8:.0f}l-{w * 0.24:.0f} {290 - top}h-{w * 1.32:.0f}z" fill="url(#pot)"/><path d="M{200 - w} {top}h{width}l-6 38h-{width - 12}z" fill="url(#pot)"/>'
        f'<path d="M{200 - w * 0.88:.0f} {top + 38}h{w * 1.76:.0f}" stroke="#000" stroke-opacity=".18" stroke-width="7"/>'
    )


def herb_pot(c: Palette) -> str:
    green = "#5f7f3a"
    leaves = "".join(leaf(200 + dx, 214 + dy, angle, size, light(green, 0.1 * (i % 3))) for i, (dx, dy, angle, size) in enumerate(
        [(-30, 0, -52, 84), (30, 0, 50, 84), (-18, -10, -28, 104), (20, -10, 28, 100), (0, 0, 0, 118), (-40, 4, -76, 62), (40, 4, 74, 64)]))  # fmt: skip
    return leaves + _pot(c.main)


def monstera(c: Palette) -> str:
    stems = '<g stroke="#3d5a33" stroke-width="7" fill="none"><path d="M200 236C190 190 150 170 128 138M200 236c4-50 6-90 2-134M200 236c14-44 44-60 74-92"/></g>'
    notches = (
        f'<g fill="{c.back}"><path d="M170 96l-22-4 18 18zM236 92l22-6-16 20zM168 132l-24 4 22 12zM238 130l24 2-22 14z"/></g>'
    )
    return (
        stems
        + leaf(124, 190, -44, 96, "#41663c")
        + leaf(280, 194, 46, 98, "#4c7445")
        + leaf(202, 190, 0, 136, "#5a8450")
        + notches
        + _pot(c.main, 226, 136)
    )


def cactus(c: Palette) -> str:
    ribs = "".join(
        f'<path d="M{168 + i * 16} 108v120" stroke="#3a6644" stroke-width="5" stroke-linecap="round" opacity=".55"/>'
        for i in range(5)
    )
    return (
        '<path d="M150 240V124c0-34 20-54 50-54s50 20 50 54v116z" fill="#5d9164"/><path d="M250 196h22c16 0 24-10 24-24v-24" stroke="#5d9164" stroke-width="34" stroke-linecap="round" fill="none"/><path d="M150 178h-16c-14 0-20-8-20-20v-10" stroke="#528459" stroke-width="28" stroke-linecap="round" fill="none"/>'
        f'{ribs}<g fill="{c.accent}"><circle cx="200" cy="68" r="15"/><circle cx="186" cy="76" r="11"/><circle cx="214" cy="76" r="11"/></g>'
        + _pot(c.main, 222, 140)
    )


def watering_can(c: Palette) -> str:
    return (
        f'<defs>{round_body("can", c.main)}</defs><path d="M262 178c44-44 76-10 54 36-12 24-30 40-58 52" stroke="{dark(c.main, 0.2)}" stroke-width="19" fill="none" stroke-linecap="round"/>'
        f'<path d="M134 266 62 158l18-14 78 68z" fill="{dark(c.main, 0.15)}"/><path d="M36 158l58-42 10 14-58 42z" fill="url(#brass)"/><path d="M132 178h136l16 142H116z" fill="url(#can)"/><ellipse cx="200" cy="180" rx="68" ry="16" fill="{dark(c.main, 0.35)}"/>'
        f'<path d="M150 170c10-60 90-60 100 0" stroke="{dark(c.main, 0.2)}" stroke-width="15" fill="none"/><path d="M122 268h156" stroke="{c.accent}" stroke-width="13"/>'
    )


def secateurs(c: Palette) -> str:
    return (
        f'<g transform="rotate(28 200 200)"><path d="M190 196c-30 30-34 70-30 128 18 6 30 0 32-16 4-46 8-66 24-96z" fill="{c.main}"/><path d="M210 196c30 30 34 70 30 128-18 6-30 0-32-16-4-46-8-66-24-96z" fill="{dark(c.main, 0.2)}"/>'
        '<path d="M184 206c-22-50-20-104 14-148 26 40 26 100 18 148z" fill="url(#steel)"/><path d="M216 204c22-28 30-66 20-108-20 18-36 60-40 104z" fill="#868d95"/>'
        f'<circle cx="200" cy="204" r="19" fill="{c.second}"/><circle cx="200" cy="204" r="8" fill="url(#brass)"/><path d="M172 260c-4 16-4 30-2 46" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".5" fill="none"/></g>'
    )


def seed_packet(c: Palette) -> str:
    petals = "".join(
        f'<ellipse cx="198" cy="166" rx="15" ry="34" fill="{c.accent}" transform="rotate({i * 45} 198 200)"/>' for i in range(8)
    )
    return (
        f'<g transform="rotate(-5 200 200)"><path d="M104 84h192v236H104z" fill="{light(c.back, 0.7)}"/><path d="M104 84h192v36H104z" fill="{c.second}"/><path d="M104 84l12 8 12-8 12 8 12-8 12 8 12-8 12 8 12-8 12 8 12-8 12 8 12-8 12 8 12-8 12 8 12-8" fill="none" stroke="{c.back}" stroke-width="6"/>'
        f'<path d="M198 210v70" stroke="#5f7f3a" stroke-width="8"/>{leaf(198, 272, -60, 46, "#5f7f3a")}{leaf(198, 262, 60, 46, "#5f7f3a")}{petals}<circle cx="198" cy="200" r="20" fill="{c.main}"/><path d="M140 298h120" stroke="{c.second}" stroke-width="8" stroke-linecap="round"/></g>'
        f'<g fill="{dark(c.main, 0.35)}"><ellipse cx="318" cy="312" rx="10" ry="6"/><ellipse cx="338" cy="302" rx="9" ry="5"/><ellipse cx="80" cy="314" rx="10" ry="6"/></g>'
    )


def trowel(c: Palette) -> str:
    return (
        '<g transform="rotate(32 200 200)"><path d="M200 330c-36-24-46-70-40-122h80c6 52-4 98-40 122z" fill="url(#steel)"/><path d="M200 322c-4-36-4-76 0-112" stroke="#6d747b" stroke-width="6" fill="none"/><path d="M193 208v-50h14v50z" fill="#868d95"/>'
        f'<rect x="182" y="52" width="36" height="112" rx="18" fill="url(#beech)"/><rect x="180" y="146" width="40" height="18" rx="6" fill="url(#brass)"/><circle cx="200" cy="72" r="7" fill="{c.back}"/></g>'
    )


def raised_bed(c: Palette) -> str:
    row = "".join(
        leaf(
            116 + i * 28,
            206,
            (-14, 10, -6, 16, -10, 8, -4)[i],
            (70, 86, 74, 92, 78, 84, 66)[i],
            light("#5f7f3a", (0, 0.18, 0.08)[i % 3]),
        )
        for i in range(7)
    )
    return (
        f'{row}<path d="M78 200h244v18H78z" fill="#4a2f22"/><path d="M72 212h256v88H72z" fill="url(#wood)"/><path d="M72 254h256" stroke="#41261d" stroke-opacity=".5" stroke-width="5"/><rect x="64" y="204" width="24" height="116" rx="4" fill="url(#beech)"/><rect x="312" y="204" width="24" height="116" rx="4" fill="url(#beech)"/>'
        f'<g fill="{c.accent}"><circle cx="150" cy="180" r="12"/><circle cx="236" cy="168" r="13"/><circle cx="212" cy="190" r="10"/></g>'
    )


def mister(c: Palette) -> str:
    return (
        f'<defs>{round_body("glass", c.main)}</defs><rect x="184" y="120" width="32" height="46" fill="url(#brass)"/><path d="M140 96h104c12 0 18 8 18 16s-6 14-16 14H156z" fill="url(#brass)"/><path d="M158 126c-4 18-14 26-26 30" stroke="#8c6220" stroke-width="11" stroke-linecap="round" fill="none"/><rect x="252" y="98" width="26" height="26" rx="6" fill="#8c6220"/>'
        '<path d="M170 164h60c46 22 62 54 62 96 0 40-36 60-92 60s-92-20-92-60c0-42 16-74 62-96z" fill="url(#glass)" opacity=".92"/><path d="M112 250h176c2 48-32 64-88 64s-90-16-88-64z" fill="#fff" opacity=".18"/>'
        '<path d="M136 226c6-20 16-34 32-44" stroke="#fff" stroke-width="10" stroke-linecap="round" opacity=".7" fill="none"/><g fill="#fff" opacity=".8"><circle cx="312" cy="92" r="5"/><circle cx="330" cy="106" r="4"/><circle cx="328" cy="78" r="4"/><circle cx="348" cy="92" r="4"/></g>'
    )


def hanging_fern(c: Palette) -> str:
    fronds = "".join(
        leaf(200, 218, angle, 104 + 16 * (i % 3), light("#4f7a4a", 0.09 * (i % 4)))
        for i, angle in enumerate(range(-110, 111, 22))
    )
    return (
        f'<path d="M200 30 132 220M200 30l68 190" stroke="{c.second}" stroke-width="6"/><circle cx="200" cy="32" r="13" fill="none" stroke="url(#brass)" stroke-width="8"/>{fronds}'
        + _pot(c.main, 214, 132)
    )


GARDEN: dict[str, Drawing] = {
    "herb_pot": herb_pot, "monstera": monstera, "cactus": cactus, "watering_can": watering_can, "secateurs": secateurs,
    "seed_packet": seed_packet, "trowel": trowel, "raised_bed": raised_bed, "mister": mister, "hanging_fern": hanging_fern,
}  # fmt: skip
