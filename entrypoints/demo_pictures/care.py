"""Creams, oils and soaps. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import Drawing, Palette, dark, light, round_body


def _label(x: int, y: int, width: int, height: int, c: Palette) -> str:
    """A paper label with a leaf and two lines."""
    middle = x + width / 2
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{light(c.back, 0.6)}"/><path d="M{middle} {y + height * 0.16:.0f}c16 15 16 30 0 44-16-14-16-29 0-44z" fill="{c.accent}"/>'
        f'<path d="M{x + width * 0.22:.0f} {y + height * 0.74:.0f}h{width * 0.56:.0f}M{x + width * 0.32:.0f} {y + height * 0.86:.0f}h{width * 0.36:.0f}" stroke="{c.second}" stroke-width="5" stroke-linecap="round"/>'
    )


def _shine(x: int, top: int, bottom: int) -> str:
    return f'<path d="M{x} {top}V{bottom}" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".6"/>'


def cream_jar(c: Palette) -> str:
    return (
        f'<defs>{round_body("body", c.main)}{round_body("lid", c.second)}</defs><rect x="94" y="176" width="212" height="144" rx="34" fill="url(#body)"/><rect x="82" y="112" width="236" height="74" rx="20" fill="url(#lid)"/>'
        + _label(152, 204, 96, 92, c)
        + _shine(116, 212, 284)
    )


def oil_bottle(c: Palette) -> str:
    return (
        f'<defs>{round_body("glass", c.main)}</defs><rect x="180" y="56" width="40" height="56" rx="12" fill="#2d2428"/><rect x="172" y="104" width="56" height="36" rx="8" fill="url(#brass)"/>'
        '<path d="M138 176c0-26 16-36 40-40h44c24 4 40 14 40 40v118c0 16-10 26-26 26h-72c-16 0-26-10-26-26z" fill="url(#glass)"/>'
        f'<path d="M138 214h124v80c0 16-10 26-26 26h-72c-16 0-26-10-26-26z" fill="{dark(c.main, 0.3)}" opacity=".55"/>'
        + _label(158, 206, 84, 88, c)
        + _shine(152, 178, 296)
    )


def pump_lotion(c: Palette) -> str:
    return (
        f'<defs>{round_body("body", c.main)}</defs><path d="M196 74h-54c-14 0-20 8-22 20" stroke="#2d2428" stroke-width="16" stroke-linecap="round" fill="none"/><rect x="188" y="66" width="24" height="60" rx="6" fill="#2d2428"/>'
        '<rect x="166" y="116" width="68" height="30" rx="8" fill="url(#brass)"/><rect x="126" y="142" width="148" height="178" rx="26" fill="url(#body)"/>'
        + _label(150, 182, 100, 104, c)
        + _shine(142, 178, 290)
    )


def soap(c: Palette) -> str:
    return (
        f'<g transform="rotate(-6 200 240)"><rect x="86" y="190" width="228" height="120" rx="44" fill="{dark(c.main, 0.18)}"/><rect x="86" y="174" width="228" height="118" rx="44" fill="{c.main}"/>'
        f'<rect x="112" y="196" width="176" height="72" rx="26" fill="none" stroke="{dark(c.main, 0.2)}" stroke-width="5"/><path d="M200 208c22 18 22 34 0 50-22-16-22-32 0-50z" fill="{c.accent}"/>'
        '<path d="M112 204c10-12 22-16 38-16" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".7" fill="none"/></g>'
        f'<g fill="#fff" opacity=".75"><circle cx="300" cy="150" r="20"/><circle cx="330" cy="182" r="11"/><circle cx="272" cy="128" r="9"/></g><circle cx="294" cy="144" r="6" fill="{light(c.back, 0.3)}"/>'
    )


def balm_stick(c: Palette) -> str:
    return (
        f'<defs>{round_body("case", c.second)}{round_body("balm", c.main)}</defs><g transform="rotate(12 200 220)"><rect x="158" y="196" width="84" height="124" rx="12" fill="url(#case)"/><rect x="164" y="158" width="72" height="50" fill="url(#brass)"/>'
        f'<path d="M170 160v-44c0-24 36-36 60-30v74z" fill="url(#balm)"/><path d="M170 118c8-18 34-30 60-32-6 20-30 34-60 32z" fill="{light(c.main, 0.45)}"/></g><rect x="88" y="246" width="64" height="74" rx="10" fill="url(#case)"/>'
    )


def hand_tube(c: Palette) -> str:
    return (
        f'<defs>{round_body("tube", c.main)}</defs><g transform="rotate(-10 200 200)"><path d="M134 66h132l-18 196h-96z" fill="url(#tube)"/><rect x="128" y="56" width="144" height="20" rx="4" fill="{dark(c.main, 0.15)}"/>'
        f'<path d="M140 66h0M156 56v20M180 56v20M204 56v20M228 56v20M252 56v20" stroke="{dark(c.main, 0.3)}" stroke-width="3"/><rect x="154" y="262" width="92" height="58" rx="10" fill="{c.second}"/>'
        + _label(160, 112, 80, 108, c)
        + "</g>"
    )


def perfume(c: Palette) -> str:
    return (
        f'<rect x="168" y="70" width="64" height="66" rx="8" fill="url(#brass)"/><rect x="182" y="130" width="36" height="22" fill="#b9a27a"/><rect x="108" y="148" width="184" height="172" rx="20" fill="{light(c.main, 0.55)}"/>'
        f'<rect x="124" y="196" width="152" height="110" rx="10" fill="{c.main}" opacity=".85"/><rect x="108" y="148" width="184" height="172" rx="20" fill="none" stroke="#fff" stroke-width="7" opacity=".8"/>'
        + _label(158, 204, 84, 84, c)
        + _shine(128, 176, 292)
    )


def candle(c: Palette) -> str:
    return (
        f'<defs>{round_body("wax", c.main)}</defs><path d="M200 136c-12-16-2-24 0-44 12 18 16 30 0 44z" fill="#f6b53d"/><path d="M200 132c-5-8-1-12 0-22 6 9 7 15 0 22z" fill="#fff3c9"/><path d="M200 134v22" stroke="#3a2418" stroke-width="4"/>'
        f'<circle cx="200" cy="112" r="60" fill="#ffd79a" opacity=".25"/><rect x="118" y="156" width="164" height="164" rx="18" fill="url(#wax)"/><ellipse cx="200" cy="158" rx="82" ry="15" fill="{light(c.main, 0.55)}"/><ellipse cx="200" cy="158" rx="70" ry="10" fill="{light(c.main, 0.25)}"/>'
        + _label(150, 200, 100, 92, c)
        + _shine(134, 196, 296)
    )


def mask_tin(c: Palette) -> str:
    return (
        f'<g transform="rotate(-7 200 230)"><ellipse cx="180" cy="270" rx="112" ry="46" fill="{dark(c.second, 0.2)}"/><ellipse cx="180" cy="254" rx="112" ry="46" fill="url(#tin)"/><ellipse cx="180" cy="252" rx="98" ry="38" fill="{c.main}"/>'
        f'<path d="M120 250c24-24 50 18 78-4 20-16 38-8 56 8" stroke="{light(c.main, 0.6)}" stroke-width="12" stroke-linecap="round" fill="none"/></g><g transform="rotate(18 270 170)"><ellipse cx="270" cy="168" rx="84" ry="80" fill="url(#tin)"/><circle cx="270" cy="166" r="68" fill="{c.second}"/>'
        f'<path d="M270 128c30 26 30 50 0 76-30-26-30-50 0-76z" fill="{c.accent}"/></g>'
    )


def brush(c: Palette) -> str:
    hairs = "".join(
        f'<path d="M{152 + i * 12} 168c{(i - 4) * 3}-30 {(i - 4) * 5}-56 {(i - 4) * 4}-{92 - abs(i - 4) * 5}" stroke="{light(c.main, 0.15 + 0.08 * (i % 3))}" stroke-width="13" stroke-linecap="round" fill="none"/>'
        for i in range(9)
    )
    return f'<g transform="rotate(28 200 210)">{hairs}<path d="M138 166h124l-14 46h-96z" fill="url(#brass)"/><path d="M154 212h92l-22 104c-4 16-44 16-48 0z" fill="url(#wood)"/><path d="M170 226l14 70" stroke="#fff1de" stroke-width="7" stroke-linecap="round" opacity=".5"/></g>'


CARE: dict[str, Drawing] = {
    "cream_jar": cream_jar, "oil_bottle": oil_bottle, "pump_lotion": pump_lotion, "soap": soap, "balm_stick": balm_stick,
    "hand_tube": hand_tube, "perfume": perfume, "candle": candle, "mask_tin": mask_tin, "brush": brush,
}  # fmt: skip
