"""The colours of the style sheet as numbers: tokens read from tokens.css, OKLCH to sRGB, contrast as WCAG 2.2 defines it."""

from __future__ import annotations

import re
from math import cos, radians, sin
from typing import NamedTuple

from foundation.settings import ROOT

TOKENS = ROOT / "frontend_templates" / "static" / "css" / "tokens.css"
_NUMBER = r"([\d.]+)"
_COLOUR = re.compile(rf"oklch\({_NUMBER} {_NUMBER} {_NUMBER}(?: / {_NUMBER})?\)")


class Colour(NamedTuple):
    """Linear sRGB, 0 to 1, and how much it covers."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: Colour) -> Colour:
        """This colour laid over an opaque one, mixed as browsers do: in gamma-encoded sRGB."""
        mixed = [
            _linear(_encoded(a) * self.alpha + _encoded(b) * (1 - self.alpha)) for a, b in zip(self[:3], ground[:3], strict=True)
        ]
        return Colour(*mixed)

    @property
    def luminance(self) -> float:
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue


def contrast(first: Colour, second: Colour) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    brighter, darker = sorted((first.luminance, second.luminance), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def tokens() -> dict[str, str]:
    """Custom property -> its declared value, of the `:root` block of tokens.css."""
    text = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(), flags=re.DOTALL)
    root = text[text.index(":root {") : text.index("@media")]
    return {name: " ".join(value.split()) for name, value in re.findall(r"(--[\w-]+):\s*([^;]+);", root)}


def colour(name: str, theme: str) -> Colour:
    """The colour of a token in the "light" or the "dark" theme. Raises `ValueError` when it is not a colour."""
    return _parse(tokens()[name], theme)


def _parse(value: str, theme: str) -> Colour:
    if value.startswith("light-dark("):
        bright, dim = _halves(value.removeprefix("light-dark(").removesuffix(")"))
        return _parse(bright if theme == "light" else dim, theme)
    if named := re.fullmatch(r"var\((--[\w-]+)\)", value):
        return colour(named[1], theme)
    if found := _COLOUR.fullmatch(value):
        lightness, chroma, hue, alpha = (float(part) if part else 1.0 for part in found.groups())
        return _from_oklch(lightness, chroma, hue, alpha)
    raise ValueError(value)


def _halves(text: str) -> tuple[str, str]:
    """The two sides of the comma that stands in no brackets."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            return text[:place].strip(), text[place + 1 :].strip()
    raise ValueError(text)


def _from_oklch(lightness: float, chroma: float, hue: float, alpha: float) -> Colour:
    """CSS Color 4, sections 10 and 18; what lies outside sRGB is clipped, as screens do."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (min(1.0, max(0.0, part)) for part in linear)
    return Colour(red, green, blue, alpha)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
