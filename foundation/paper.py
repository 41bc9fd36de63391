"""Papers as PDF: A4 sheets in the house's own letters, which know the Latin alphabets of Europe."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from fpdf import FPDF

from foundation.settings import ROOT
from foundation.static_files import SOURCE

MARGIN: Final = 18
LETTERS: Final = "house"
MORE_LETTERS: Final = "house-more"


def sheet(*, title: str, language: str, author: str = "Fanfare", archival: bool = False) -> FPDF:
    """An empty paper with its first page and its letters, 10 points; write with `pdf.set_font(paper.LETTERS, size=…)`.

    `archival` makes it PDF/A-3B (ISO 19005-3), which may carry files and is kept for ten years.
    """
    pdf = FPDF(format="A4", enforce_compliance="PDF/A-3B" if archival else None)
    pdf.set_title(title)
    pdf.set_author(author)
    pdf.set_lang(language)
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.add_font(LETTERS, "", _file("vendor/fonts/instrument-sans-latin.woff2"))
    pdf.add_font(MORE_LETTERS, "", _file("vendor/fonts/instrument-sans-latin-ext.woff2"))
    pdf.set_fallback_fonts([MORE_LETTERS])
    pdf.add_page()
    pdf.set_font(LETTERS, size=10)
    return pdf


@cache
def _file(name: str) -> Path:
    brought: dict[str, str] = json.loads((SOURCE / "vendor.json").read_text())
    return ROOT / brought[name]
