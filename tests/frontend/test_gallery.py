"""The gallery shows every component that pages may use."""

from __future__ import annotations

import re

from foundation.settings import ROOT

TEMPLATES = ROOT / "frontend_templates"
NOT_SHOWN = {"csrf": "is not seen", "toasts": "stands in every layout"}


def test_every_component_stands_in_the_gallery() -> None:
    offered = re.findall(r"set (\w+) = _\w+\.\w+", (TEMPLATES / "components" / "ui.html").read_text())
    shown = "".join(path.read_text() for path in [TEMPLATES / "patterns.html", *sorted((TEMPLATES / "patterns").glob("*.html"))])
    assert [name for name in offered if name not in NOT_SHOWN and not re.search(rf"\bui\.{name}\b", shown)] == []
