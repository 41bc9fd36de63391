"""The style sheets keep their budget, their layers and their one palette; templates ask only for what is there."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from foundation.settings import ROOT

TEMPLATES = ROOT / "frontend_templates"
STATIC = TEMPLATES / "static"
CSS = STATIC / "css"
LAYERS = {"reset", "tokens", "base", "components", "pages", "utilities"}


def _order() -> list[str]:
    return [line for line in (CSS / "order.txt").read_text().split() if not line.startswith("#")]


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def test_every_style_sheet_is_either_shared_or_of_a_page() -> None:
    found = {path.relative_to(CSS).as_posix() for path in CSS.rglob("*.css") if "pages" not in path.relative_to(CSS).parts}
    assert found == set(_order())


@pytest.mark.parametrize("path", sorted(CSS.rglob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_stays_in_its_layers_and_uses_the_tokens(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    outside = re.sub(r"@layer [\w, ]+;", "", text)
    depth = 0
    for number, line in enumerate(outside.splitlines(), 1):
        if depth == 0 and line.strip():
            assert re.match(r"@layer \w+ \{", line), f"line {number} is in no layer: {line}"
        depth += line.count("{") - line.count("}")
    assert depth == 0
    assert set(re.findall(r"@layer (\w+) \{", text)) <= LAYERS
    assert re.findall(r"#[0-9a-f]{6}\b", text, re.IGNORECASE) == [], "colours come from tokens.css"


def test_every_token_that_is_used_is_declared() -> None:
    texts = [path.read_text() for path in CSS.rglob("*.css")]
    declared = {name for text in texts for name in re.findall(r"(--[\w-]+):", text)}
    used = {name for text in texts for name in re.findall(r"var\((--[\w-]+)\)", text)}
    assert used - declared == set()


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    asked = {
        (name, _name(path))
        for path in _templates()
        for name in re.findall(r"""\bicon\(["']([\w-]+)["']""", path.read_text())
        + re.findall(r"""\bicon(?:_name|_after)?=["']([\w-]+)["']""", path.read_text())
        + re.findall(r"""round_button\(["']([\w-]+)["']""", path.read_text())
    }
    assert {(name, place) for name, place in asked if name not in drawn} == set()


def test_the_rails_and_the_header_have_drawn_icons() -> None:
    from entrypoints import navigation

    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    links = [*navigation.PUBLIC, *(link for _, parts, _, _ in navigation.SPACES for part in parts for link in part)]
    assert [link.key for link in links if link.icon not in drawn] == []


@pytest.mark.parametrize("path", _templates(), ids=_name)
def test_a_template_carries_no_script_and_no_style_of_its_own(path: Path) -> None:
    """The content security policy would refuse them in the browser; here they are refused before."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")", text)
    assert not re.search(r"<style\b|\sstyle=|\son(click|change|submit|load|input|key\w+)=", text)


def _linked(template: Path, folder: str) -> set[str]:
    """The files of a folder of ours that a template, the layouts above it and the macros of the player ask for."""
    text = template.read_text()
    names = set(re.findall(rf"""static\(['"]({folder}/[\w./-]+)['"]\)""", text))
    for parent in re.findall(r"""{%-? extends ['"]([\w./-]+)['"]""", text):
        names |= _linked(TEMPLATES / parent, folder)
    return names | ({"js/player.js"} if folder == "js" and "player_scripts(" in text else set())


@pytest.mark.parametrize("template", [path for path in _templates() if "extends" in path.read_text()], ids=_name)
def test_a_page_weighs_at_most_25_kilobytes_of_style_and_15_of_our_own_script(template: Path) -> None:
    styles = "".join((CSS / name).read_text() for name in _order())
    styles += "".join((STATIC / name).read_text() for name in _linked(template, "css") - {"css/main.css"})
    assert len(gzip.compress(styles.encode(), 9)) <= 25 * 1024
    assert sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in _linked(template, "js")) <= 15 * 1024


def test_every_vendored_file_comes_from_a_pinned_package() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    pinned = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in pinned.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    for source in json.loads((STATIC / "vendor.json").read_text()).values():
        parts = Path(source).parts
        name = "/".join(parts[1:3]) if parts[1].startswith("@") else parts[1]
        assert name in pinned, source


def test_the_lock_of_the_packages_names_no_address() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text()
