"""Lights, bags and tools for a bicycle. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from math import cos, pi, sin

from entrypoints.demo_pictures.paint import Drawing, Palette, dark, light, round_body


def lamp(c: Palette) -> str:
    return (
        f'<path d="M60 150 176 190v60L60 320z" fill="#fff3bd" opacity=".45"/><rect x="138" y="152" width="200" height="110" rx="44" fill="{c.second}"/><path d="M182 152h112c24 0 44 20 44 44v10H138v-10c0-24 20-44 44-44z" fill="#fff" opacity=".1"/>'
        f'<circle cx="184" cy="207" r="44" fill="#d9dde0"/><circle cx="184" cy="207" r="35" fill="#fdf3cf"/><circle cx="174" cy="196" r="12" fill="#fff"/><rect x="254" y="186" width="54" height="36" rx="12" fill="{c.accent}"/>'
        f'<path d="M226 262h48v30c0 16-48 16-48 0z" fill="{dark(c.second, 0.3)}"/><rect x="206" y="290" width="88" height="30" rx="15" fill="{c.second}"/>'
    )


def pannier(c: Palette) -> str:
    return (
        f'<path d="M96 148h208l20 160c2 8-6 12-14 12H90c-8 0-16-4-14-12z" fill="{c.main}"/><path d="M254 148h50l20 160c2 8-6 12-14 12h-60c16-50 16-112 4-172z" fill="#000" opacity=".14"/>'
        f'<path d="M80 146c0-30 14-50 44-50h152c30 0 44 20 44 50l-10 62H90z" fill="{light(c.main, 0.16)}"/><path d="M150 98c0-30 100-30 100 0" stroke="{c.second}" stroke-width="14" fill="none"/>'
        f'<g fill="{c.accent}"><rect x="128" y="160" width="24" height="84" rx="7"/><rect x="248" y="160" width="24" height="84" rx="7"/></g><g fill="url(#brass)"><rect x="124" y="206" width="32" height="22" rx="5"/><rect x="244" y="206" width="32" height="22" rx="5"/></g>'
        '<path d="M92 284h216" stroke="#f4f6ee" stroke-width="11" opacity=".85"/>'
    )


def helmet(c: Palette) -> str:
    return (
        f'<defs>{round_body("shell", c.main)}</defs><path d="M128 262c-8 40 8 62 40 66M286 262c4 34-6 56-30 66" stroke="{c.second}" stroke-width="9" fill="none"/>'
        '<path d="M70 246c0-86 56-148 134-148 76 0 128 56 134 132 0 18-10 26-28 28-64 6-150 12-210 16-20 0-30-8-30-28z" fill="url(#shell)"/>'
        f'<g fill="{dark(c.main, 0.55)}"><path d="M120 206c8-42 34-70 66-80-18 22-28 50-30 80z"/><path d="M186 202c4-34 14-60 34-80 14 20 22 46 24 76z"/><path d="M272 194c0-26-8-48-20-66 26 14 44 36 50 62z"/></g>'
        f'<path d="M72 252c70 12 190 2 264-12" stroke="{c.accent}" stroke-width="14" fill="none" stroke-linecap="round"/><path d="M112 156c14-20 32-32 54-38" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".6" fill="none"/>'
    )


def bell(_c: Palette) -> str:
    return (
        '<path d="M188 236h24v56h-24z" fill="#868d95"/><rect x="136" y="284" width="128" height="36" rx="18" fill="url(#steel)"/><path d="M86 232c0-78 50-128 114-128s114 50 114 128z" fill="url(#brass)"/>'
        '<path d="M86 232c0-78 50-128 114-128 20 0 20 128 20 128z" fill="#fff" opacity=".12"/><rect x="78" y="224" width="244" height="20" rx="10" fill="#a9762b"/><circle cx="200" cy="100" r="15" fill="#8c6220"/>'
        '<path d="M126 202c6-40 28-64 58-74" stroke="#fff7df" stroke-width="10" stroke-linecap="round" opacity=".75" fill="none"/><path d="M314 250c24 6 30 22 22 40" stroke="#868d95" stroke-width="13" stroke-linecap="round" fill="none"/>'
    )


def pump(c: Palette) -> str:
    return (
        f'<defs>{round_body("tube", c.main)}</defs><path d="M214 300c60 12 100-16 96-76-2-36-24-50-22-84" stroke="{c.second}" stroke-width="13" stroke-linecap="round" fill="none"/><rect x="274" y="112" width="28" height="38" rx="8" fill="url(#brass)"/>'
        f'<rect x="190" y="84" width="20" height="66" fill="url(#steel)"/><rect x="122" y="58" width="156" height="32" rx="16" fill="{c.second}"/><rect x="172" y="136" width="56" height="168" rx="10" fill="url(#tube)"/>'
        f'<rect x="120" y="296" width="160" height="24" rx="12" fill="{c.second}"/><circle cx="200" cy="262" r="30" fill="{c.second}"/><circle cx="200" cy="262" r="23" fill="#fdf7e6"/><path d="M200 262l12-13" stroke="{c.accent}" stroke-width="5" stroke-linecap="round"/>'
    )


def lock(c: Palette) -> str:
    return (
        f'<path d="M118 214v-46c0-52 34-86 82-86s82 34 82 86v46" stroke="{dark(c.second, 0.2)}" stroke-width="40" fill="none"/><path d="M118 214v-46c0-52 34-86 82-86s82 34 82 86v46" stroke="{c.second}" stroke-width="32" fill="none"/>'
        '<path d="M110 200v-30c0-42 22-72 54-84" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".35" fill="none"/>'
        f'<rect x="78" y="208" width="244" height="92" rx="24" fill="{c.main}"/><path d="M78 250h244v26c0 14-10 24-24 24H102c-14 0-24-10-24-24z" fill="#000" opacity=".15"/><circle cx="200" cy="246" r="17" fill="{c.accent}"/><rect x="194" y="246" width="12" height="32" rx="5" fill="{c.accent}"/>'
    )


def saddle(c: Palette) -> str:
    return (
        '<path d="M118 246c40 46 120 46 176 0M206 250v70" stroke="#868d95" stroke-width="14" stroke-linecap="round" fill="none"/>'
        f'<path d="M60 190c0-40 30-66 74-60 60 8 90 30 150 30 40 0 66 10 66 30s-30 30-66 32c-60 4-80 30-134 30-56 0-90-26-90-62z" fill="{c.main}"/><path d="M60 190c0-40 30-66 74-60 60 8 90 30 150 30 40 0 66 10 66 30-60 14-210-14-290 0z" fill="#fff" opacity=".14"/>'
        f'<path d="M120 190c40-14 110-4 168 0" stroke="{dark(c.main, 0.4)}" stroke-width="8" stroke-linecap="round" fill="none"/><g fill="url(#brass)"><circle cx="92" cy="176" r="9"/><circle cx="84" cy="206" r="9"/><circle cx="326" cy="188" r="8"/></g>'
    )


def flask(c: Palette) -> str:
    return (
        f'<defs>{round_body("body", c.main)}</defs><rect x="176" y="58" width="48" height="34" rx="10" fill="{c.second}"/><rect x="150" y="86" width="100" height="34" rx="12" fill="{c.second}"/>'
        '<path d="M142 120h116c6 18 12 26 12 50 0 20-10 26-10 44s10 24 10 44v38c0 14-10 24-26 24h-88c-16 0-26-10-26-24v-38c0-20 10-26 10-44s-10-24-10-44c0-24 6-32 12-50z" fill="url(#body)"/>'
        f'<path d="M130 250h140v24H130z" fill="{c.accent}"/><circle cx="200" cy="180" r="22" fill="none" stroke="{c.accent}" stroke-width="7"/><path d="M186 180h28M200 166v28" stroke="{c.accent}" stroke-width="5"/>'
    )


def multitool(c: Palette) -> str:
    keys = "".join(
        f'<g transform="rotate({angle} 200 250)"><path d="M200 250V{top}h{bend}" stroke="#868d95" stroke-width="13" stroke-linecap="round" stroke-linejoin="round" fill="none"/><path d="M197 240V{top + 6}" stroke="#f3f5f6" stroke-width="4" stroke-linecap="round"/></g>'
        for angle, top, bend in ((-48, 96, 18), (-24, 78, 22), (0, 66, 0), (24, 80, -20), (48, 98, -16))
    )
    return f'{keys}<rect x="118" y="226" width="164" height="62" rx="31" fill="{c.main}"/><path d="M118 256c0 18 14 32 31 32h102c17 0 31-14 31-32z" fill="#000" opacity=".16"/><circle cx="200" cy="256" r="13" fill="url(#steel)"/><rect x="230" y="244" width="32" height="10" rx="5" fill="{c.accent}"/>'


def wheel(c: Palette) -> str:
    spokes = "".join(
        f'<path d="M200 204L{200 + 104 * cos(a * pi / 14):.1f} {204 + 104 * sin(a * pi / 14):.1f}"/>' for a in range(28)
    )
    return (
        f'<circle cx="200" cy="204" r="116" fill="none" stroke="{c.second}" stroke-width="20"/><circle cx="200" cy="204" r="104" fill="none" stroke="#c7ccca" stroke-width="8"/><g stroke="#9aa3a3" stroke-width="2.4">{spokes}</g>'
        f'<circle cx="200" cy="204" r="20" fill="url(#steel)"/><circle cx="200" cy="204" r="8" fill="{c.accent}"/><path d="M106 150a110 110 0 0 1 60-52" stroke="#fff" stroke-width="6" opacity=".5" stroke-linecap="round" fill="none"/>'
    )


CYCLING: dict[str, Drawing] = {
    "lamp": lamp, "pannier": pannier, "helmet": helmet, "bell": bell, "pump": pump,
    "lock": lock, "saddle": saddle, "flask": flask, "multitool": multitool, "wheel": wheel,
}  # fmt: skip
