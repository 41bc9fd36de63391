"""Every pair of colours that carries words or marks the edge of a control is legible, in both themes (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import pytest

from tests.frontend.colours import Colour, colour, contrast, tokens

THEMES = ("light", "dark")
GROUNDS = ("--surface", "--surface-raised", "--surface-sunken")
HUES = ("coral", "brass", "leaf", "sky", "ruby")
TEXT_PAIRS = [
    *((text, ground) for text in ("--text", "--text-muted", "--link") for ground in GROUNDS),
    *(("--accent-text", ground) for ground in ("--surface", "--surface-raised")),
    *((f"--{hue}-ink", ground) for hue in HUES for ground in (*GROUNDS, f"--{hue}-soft")),
    *((text, f"--{hue}-soft") for text in ("--text", "--text-muted") for hue in HUES),
    ("--text", "--surface-hover"),
    ("--text-inverse", "--surface-inverse"),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-hover"),
    ("--on-brass", "--brass"),
    ("--on-brass", "--brass-pressed"),
    ("--on-live", "--live"),
    ("--on-leaf", "--leaf-strong"),
    ("--on-paper", "--paper"),
    ("--text-rail", "--surface-rail"),
]  # fmt: skip
EDGE_PAIRS = [
    *((edge, ground) for edge in ("--line-control", "--text", "--gold") for ground in ("--surface", "--surface-raised")),
    *((f"--series-{number}", ground) for number in range(1, 6) for ground in ("--surface", "--surface-raised") if number != 2),
    ("--ruby", "--surface-raised"),
    ("--leaf-strong", "--surface"),
]  # fmt: skip


def _seen(name: str, theme: str, ground: str = "--surface") -> Colour:
    """A token as it is seen on the ground of the page."""
    found = colour(name, theme)
    return found if found.alpha == 1 else found.over(colour(ground, theme))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS, ids=lambda name: name.removeprefix("--"))
def test_words_are_legible(text: str, ground: str, theme: str) -> None:
    assert contrast(_seen(text, theme), _seen(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS, ids=lambda name: name.removeprefix("--"))
def test_edges_and_marks_are_visible(edge: str, ground: str, theme: str) -> None:
    assert contrast(_seen(edge, theme), _seen(ground, theme)) >= 3


@pytest.mark.parametrize("picture", ["--white", "--ink-10", "--brass", "--coral"])
def test_words_over_any_picture_are_legible_on_glass(picture: str) -> None:
    """Glass lies over moving pictures of any brightness; its strong form must hold over pure white."""
    ground = colour("--glass-strong", "light").over(colour(picture, "light"))
    assert contrast(colour("--on-glass", "light"), ground) >= 4.5


def test_white_is_never_put_on_plain_coral() -> None:
    """The reason why buttons are coral-strong; if this ever passes 4.5, the hue was changed and the rule may go."""
    assert contrast(colour("--white", "light"), colour("--coral", "light")) < 4.5


def test_every_soft_tint_has_its_ink() -> None:
    names = tokens()
    assert [name for name in names if name.endswith("-soft") and name.replace("-soft", "-ink") not in names] == []
