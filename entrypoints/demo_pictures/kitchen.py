"""Copper and what lies beside it. Each drawing fills a square of 400, its foot at y = 320."""

from __future__ import annotations

from entrypoints.demo_pictures.paint import Drawing, Palette, light


def _bowl(width: int, height: int, y: int, fill: str = "copper", inside: str = "tin") -> str:
    """A round pan seen from a little above, centred at x = 200, its rim at `y`."""
    w, rim = width / 2, width * 0.095
    return (
        f'<path d="M{200 - w} {y}h{width}l{-w * 0.1:.1f} {height - 24}c-2 14-12 24-26 24h{-(width * 0.9 - 52):.1f}c-14 0-24-10-26-24z" fill="url(#{fill})"/>'
        f'<path d="M{200 - w * 0.93:.1f} {y + height * 0.72:.1f}c4 {height * 0.2:.1f} 8 {height * 0.28:.1f} 24 {height * 0.28:.1f}h{width * 0.93 - 48:.1f}c16 0 20-{height * 0.08:.1f} 24-{height * 0.28:.1f}-{w * 0.5:.0f} 14-{w:.0f} 14-{width * 0.93:.0f} 0z" fill="#4a1c0e" opacity=".3"/>'
        f'<ellipse cx="200" cy="{y}" rx="{w}" ry="{rim:.1f}" fill="#b95f34"/><ellipse cx="200" cy="{y}" rx="{w * 0.93:.1f}" ry="{rim * 0.82:.1f}" fill="url(#{inside})"/>'
        f'<ellipse cx="200" cy="{y + rim * 0.25:.1f}" rx="{w * 0.82:.1f}" ry="{rim * 0.55:.1f}" fill="#6f665d" opacity=".5"/>'
        f'<path d="M{200 - w * 0.55:.1f} {y + rim + 12:.1f}c-3 {height * 0.3:.0f}-1 {height * 0.42:.0f} 4 {height * 0.55:.0f}" stroke="#fff1de" stroke-width="9" stroke-linecap="round" opacity=".6" fill="none"/>'
    )


def _handle(x: int, y: int, length: int) -> str:
    return (
        f'<path d="M{x} {y}c{length * 0.35:.0f}-8 {length * 0.65:.0f}-20 {length}-32" stroke="#6e4c1c" stroke-width="20" stroke-linecap="round" fill="none"/>'
        f'<path d="M{x} {y - 2}c{length * 0.35:.0f}-8 {length * 0.65:.0f}-20 {length}-32" stroke="url(#brass)" stroke-width="14" stroke-linecap="round" fill="none"/>'
        f'<circle cx="{x + length}" cy="{y - 34}" r="10" fill="none" stroke="#d6a24a" stroke-width="6"/><circle cx="{x - 8}" cy="{y + 6}" r="5" fill="#ffe3a0"/><circle cx="{x - 9}" cy="{y + 24}" r="5" fill="#ffe3a0"/>'
    )


def saucepan(_c: Palette) -> str:
    return f'<g transform="translate(-36 0)">{_handle(300, 216, 130)}{_bowl(210, 130, 190)}</g>'


def skillet(_c: Palette) -> str:
    return (
        '<path d="M268 262 366 330" stroke="#6e4c1c" stroke-width="26" stroke-linecap="round"/><path d="M268 260 365 327" stroke="url(#brass)" stroke-width="19" stroke-linecap="round"/>'
        '<circle cx="188" cy="196" r="122" fill="url(#copper-disc)"/><circle cx="188" cy="196" r="104" fill="url(#tin)"/><circle cx="188" cy="198" r="92" fill="#b9afa3"/>'
        '<path d="M126 150a78 78 0 0 1 88-30" stroke="#fff" stroke-width="11" fill="none" stroke-linecap="round" opacity=".65"/><circle cx="262" cy="250" r="6" fill="#ffe3a0"/>'
    )


def saute_pan(_c: Palette) -> str:
    return '<path d="M66 208H40M334 208h26" stroke="url(#brass)" stroke-width="24" stroke-linecap="round"/>' + _bowl(
        272, 100, 208
    )


def stockpot(_c: Palette) -> str:
    lid = (
        '<path d="M92 150c10-46 54-64 108-64s98 18 108 64z" fill="url(#copper)"/><rect x="86" y="144" width="228" height="13" rx="6" fill="#ffe0bd"/>'
        '<path d="M140 116c14-14 34-20 60-20" stroke="#fff1de" stroke-width="8" stroke-linecap="round" opacity=".6" fill="none"/><circle cx="200" cy="76" r="15" fill="url(#brass)"/>'
    )
    return (
        '<path d="M62 196h36v26H76a14 14 0 0 1-14-14zM338 196h-36v26h22a14 14 0 0 0 14-14z" fill="#b5672f"/>'
        '<path d="M96 156h208v138c0 16-12 26-28 26H124c-16 0-28-10-28-26z" fill="url(#copper)"/><path d="M132 176c-3 44-2 78 3 112" stroke="#fff1de" stroke-width="10" stroke-linecap="round" opacity=".55" fill="none"/>'
        + lid
    )


def whisk(c: Palette) -> str:
    wires = "".join(f'<path d="M0 24C{-x}-52 {-x * 0.7:.0f}-176 0-176S{x}-52 0 24Z"/>' for x in (96, 62, 28))
    return (
        f'<g transform="translate(188 196) rotate(38)"><rect x="-15" y="16" width="30" height="160" rx="15" fill="url(#wood)"/><rect x="-17" y="10" width="34" height="26" rx="8" fill="{c.accent}"/>'
        f'<g fill="none" stroke="#8f8a84" stroke-width="8">{wires}<path d="M0 24v-200"/></g><g fill="none" stroke="#fff" stroke-width="2.4" opacity=".7">{wires}</g></g>'
    )


def salt_jar(c: Palette) -> str:
    return (
        f'<rect x="112" y="120" width="176" height="200" rx="34" fill="#fbf7ef"/><path d="M112 208h176v78c0 20-14 34-34 34H146c-20 0-34-14-34-34z" fill="{c.main}"/>'
        f'<path d="M254 120h0c20 0 34 14 34 34v132c0 20-14 34-34 34h-16c24-60 28-140 16-200z" fill="#3a2418" opacity=".1"/><rect x="126" y="80" width="148" height="52" rx="14" fill="url(#wood)"/>'
        f'<rect x="142" y="188" width="116" height="76" rx="7" fill="{c.second}"/><path d="M162 214h76M174 238h52" stroke="{c.accent}" stroke-width="8" stroke-linecap="round"/>'
        '<path d="M132 150v120" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".7"/>'
    )


def knife(c: Palette) -> str:
    return (
        '<g transform="rotate(-34 200 200)"><path d="M20 206C60 176 150 166 236 166v64H78c-30 0-48-8-58-24z" fill="url(#steel)"/><path d="M20 206c10 16 28 24 58 24h158v-12H84c-30 0-50-4-64-12z" fill="#fff" opacity=".55"/>'
        f'<rect x="234" y="160" width="20" height="76" rx="4" fill="url(#brass)"/><path d="M254 166h96c22 0 36 12 36 30s-14 36-36 36h-96z" fill="{c.second}"/><path d="M262 176h90" stroke="{light(c.second, 0.4)}" stroke-width="7" stroke-linecap="round"/>'
        '<g fill="#e9c46a"><circle cx="280" cy="200" r="6"/><circle cx="316" cy="200" r="6"/><circle cx="350" cy="200" r="6"/></g></g>'
    )


def ladle(c: Palette) -> str:
    return (
        '<g transform="rotate(24 200 200)"><path d="M200 60v176" stroke="#6e4c1c" stroke-width="20" stroke-linecap="round"/><path d="M200 60v176" stroke="url(#brass)" stroke-width="14" stroke-linecap="round"/>'
        '<circle cx="200" cy="54" r="12" fill="none" stroke="#d6a24a" stroke-width="7"/><path d="M124 236h152c0 56-32 88-76 88s-76-32-76-88z" fill="url(#copper)"/><ellipse cx="200" cy="236" rx="76" ry="17" fill="#b95f34"/>'
        f'<ellipse cx="200" cy="236" rx="67" ry="13" fill="url(#tin)"/><path d="M148 256c4 24 14 40 30 50" stroke="#fff1de" stroke-width="8" stroke-linecap="round" opacity=".6" fill="none"/></g><circle cx="92" cy="304" r="9" fill="{c.accent}" opacity=".7"/>'
    )


def board(_c: Palette) -> str:
    return (
        '<g transform="rotate(-8 200 210)"><rect x="84" y="128" width="232" height="176" rx="26" fill="url(#beech)"/><rect x="84" y="128" width="232" height="176" rx="26" fill="none" stroke="#8c5a38" stroke-width="4"/>'
        '<rect x="176" y="64" width="48" height="88" rx="22" fill="url(#beech)"/><circle cx="200" cy="92" r="10" fill="#7a4f2f"/><g stroke="#8c5a38" stroke-opacity=".4" stroke-width="4" fill="none"><path d="M92 174c70-8 140 8 216 0M92 218c80-10 150 10 216 2M92 262c60-8 150 8 216-2"/></g></g>'
        '<circle cx="250" cy="212" r="40" fill="#e0a93a"/><circle cx="236" cy="198" r="12" fill="#fff" opacity=".45"/><path d="M250 172c4-16 12-22 22-24" stroke="#5f7f3a" stroke-width="9" stroke-linecap="round" fill="none"/>'
    )


def mill(c: Palette) -> str:
    return (
        f'<path d="M150 316c-8-60 22-84 22-132h56c0 48 30 72 22 132 0 6-22 10-50 10s-50-4-50-10z" fill="url(#wood)"/><path d="M166 300c-2-40 18-66 20-100" stroke="{light(c.second, 0.55)}" stroke-width="9" stroke-linecap="round" opacity=".5" fill="none"/>'
        '<rect x="164" y="160" width="72" height="28" rx="10" fill="url(#copper)"/><path d="M158 160c0-34 18-54 42-54s42 20 42 54z" fill="url(#wood)"/><circle cx="200" cy="92" r="17" fill="url(#brass)"/>'
        '<g fill="#3a2418"><circle cx="116" cy="318" r="7"/><circle cx="98" cy="308" r="6"/><circle cx="286" cy="316" r="7"/></g>'
    )


KITCHEN: dict[str, Drawing] = {
    "saucepan": saucepan, "skillet": skillet, "saute_pan": saute_pan, "stockpot": stockpot, "whisk": whisk,
    "salt_jar": salt_jar, "knife": knife, "ladle": ladle, "board": board, "mill": mill,
}  # fmt: skip
