"""A document as a Factur-X file: a PDF/A-3 for people with the same invoice as XML inside (EN 16931, profile EN16931)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from facturx import generate_from_binary
from facturx.generate_xml import generate_xml
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from foundation import i18n, paper
from foundation.i18n import _, day, money, percent_bp, translate
from foundation.money import Money
from payouts.document_tables import DocumentKind
from payouts.exports import plain

LEVEL = "en16931"
CREDITS = {"381", "261"}
SETTLED_BY_PLATFORM = "97"
"""UNTDID 4461: clearing between partners; what is documented has been set off on the platform already."""
WIDTHS = (24, 94, 28, 28)
HEADINGS = {
    "380": _("Invoice %(number)s"),
    "389": _("Self-billed invoice %(number)s"),
    "381": _("Credit note %(number)s"),
    "261": _("Self-billed credit note %(number)s"),
}


def file(content: dict[str, Any]) -> bytes:
    """The PDF with its XML. The XML is checked against the schema of Factur-X; raises what that finds."""
    token = i18n.locale.set(i18n.negotiate(content["language"]))
    try:
        heading = HEADINGS[content["type_code"]]
        title = translate(heading, number=content["number"])
        seen = _drawn(content, title)
        inside = xml(content)
        about = {"author": content["seller"]["name"], "keywords": "Factur-X", "title": title, "subject": title}
        made: bytes = generate_from_binary(
            seen,
            inside,
            flavor="factur-x",
            level=LEVEL,
            check_xsd=True,
            check_schematron=False,
            lang=content["language"],
            pdf_metadata=about,
        )
    finally:
        i18n.locale.reset(token)
    return made


def xml(content: dict[str, Any]) -> bytes:
    """The invoice as Cross Industry Invoice; keys are the business terms of EN 16931."""
    made: bytes = generate_xml(terms(content), flavor="factur-x", level=LEVEL, check_xsd=True, check_schematron=None)
    return made


def terms(content: dict[str, Any]) -> dict[str, Any]:
    """The business terms of a document."""
    total = _plain(content, content["total"])
    first, last = _span(content)
    found: dict[str, Any] = {
        "BT-1": content["number"],
        "BT-2": date.fromisoformat(content["issued_on"]),
        "BT-3": content["type_code"],
        "BT-5": content["currency"],
        "BT-20": translate(_("Settled on the platform.")),
        "BT-72": last,
        "BT-73": first,
        "BT-74": last,
        "BT-81": SETTLED_BY_PLATFORM,
        "BG-1": [{"BT-22": note} for note in notes(content)],
        "BG-3": [{"BT-25": one["number"], "BT-26": date.fromisoformat(one["day"])} for one in content["references"]],
        "BG-4": _party(content["seller"]),
        "BG-7": _party(content["buyer"]),
        "BG-23": [_breakdown(content)],
        "BG-25": [_line(content, place, line) for place, line in enumerate(content["lines"], 1)],
        "BT-106": _plain(content, content["net"]),
        "BT-109": _plain(content, content["net"]),
        "BT-110": _plain(content, content["vat"]),
        "BT-112": total,
        "BT-113": total,
        "BT-115": _plain(content, 0),
    }
    return found


def notes(content: dict[str, Any]) -> list[str]:
    """What the law asks to be written on it (CGI annex II art. 242 nonies A), in the language of the document."""
    seller, house = content["seller"]["name"], content["house"]
    said = []
    if content["kind"] == DocumentKind.ON_BEHALF:
        said.append(
            translate(_("Invoice issued by %(house)s in the name and on behalf of %(seller)s."), house=house, seller=seller)
        )
    elif content["kind"] == DocumentKind.SELF_BILLED:
        said.append(translate(_("Self-billing by %(house)s for %(seller)s."), house=house, seller=seller))
    if content["wording"]:
        said.append(content["wording"])
    return said


def _party(party: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": party["name"], "country_code": party["country"], "identifiers": {None: party["key"]}}
    named = {
        "addr_l1": "street",
        "postcode": "postcode",
        "city": "town",
        "vat_identifier": "vat_id",
        "legal_identifier": "registration",
    }
    return found | {theirs: party[ours] for theirs, ours in named.items() if party[ours]}


def _breakdown(content: dict[str, Any]) -> dict[str, str]:
    found = {
        "BT-116": _plain(content, content["net"]),
        "BT-117": _plain(content, content["vat"]),
        "BT-118": content["category"],
    }
    if content["category"] != "O":
        found["BT-119"] = _rate(content)
    if content["category"] in {"E", "AE", "O"}:
        found["BT-120"] = content["wording"] or translate(_("Outside the scope of VAT"))
    return found


def _line(content: dict[str, Any], place: int, line: dict[str, Any]) -> dict[str, str]:
    net = _plain(content, line["net"])
    found = {"BT-126": str(place), "BT-129": "1", "BT-130": "C62", "BT-131": net, "BT-146": net}
    found |= {"BT-151": content["category"], "BT-153": line["words"]}
    return found if content["category"] == "O" else found | {"BT-152": _rate(content)}


def _rate(content: dict[str, Any]) -> str:
    return f"{content['vat_bp'] / 100:.2f}"


def _plain(content: dict[str, Any], minor: int) -> str:
    return plain(Money(minor, content["currency"]))


def _span(content: dict[str, Any]) -> tuple[date, date]:
    days = sorted(date.fromisoformat(line["day"]) for line in content["lines"])
    return days[0], days[-1]


def _drawn(content: dict[str, Any], title: str) -> bytes:
    pdf = paper.sheet(title=title, language=content["language"], author=content["seller"]["name"], archival=True)
    issued = date.fromisoformat(content["issued_on"])
    pdf.set_creation_date(datetime(issued.year, issued.month, issued.day, tzinfo=UTC))
    _say(pdf, title, 18, 10)
    _say(pdf, translate(_("Issued on %(day)s for %(period)s"), day=day(issued), period=content["period"]))
    if content["references"]:
        numbers = ", ".join(one["number"] for one in content["references"])
        _say(pdf, translate(_("Credits invoice %(numbers)s"), numbers=numbers))
    pdf.ln(4)
    _parties(pdf, content)
    pdf.ln(4)
    _table(pdf, content)
    pdf.ln(4)
    for note in (*notes(content), translate(_("Settled on the platform."))):
        _say(pdf, note, 8.5, 4.5)
    return bytes(pdf.output())


def _parties(pdf: FPDF, content: dict[str, Any]) -> None:
    for heading, party in ((_("Supplier"), content["seller"]), (_("Customer"), content["buyer"])):
        place = " ".join(part for part in (party["postcode"], party["town"], party["country"]) if part)
        ids = [party["registration"], translate(_("VAT id %(number)s"), number=party["vat_id"]) if party["vat_id"] else ""]
        _say(pdf, translate(heading), 8.5, 5)
        _say(pdf, "\n".join(part for part in (party["name"], party["street"], place, *ids) if part))
        pdf.ln(2)


def _table(pdf: FPDF, content: dict[str, Any]) -> None:
    pdf.set_font(paper.LETTERS, size=9)
    currency = content["currency"]
    aligned = ("LEFT", "LEFT", "RIGHT", "RIGHT")
    with pdf.table(col_widths=WIDTHS, text_align=aligned, borders_layout="HORIZONTAL_LINES", headings_style=FontFace()) as table:
        head = table.row()
        for name in (_("Day"), _("Description"), _("Before VAT"), _("With VAT")):
            head.cell(translate(name))
        for line in content["lines"]:
            row = table.row()
            row.cell(day(date.fromisoformat(line["day"])))
            row.cell(line["words"])
            row.cell(money(Money(line["net"], currency)))
            row.cell(money(Money(line["net"] + line["vat"], currency)))
    pdf.ln(3)
    vat = translate(_("VAT at %(rate)s"), rate=percent_bp(content["vat_bp"]))
    for words, minor in ((translate(_("Before VAT")), "net"), (vat, "vat"), (translate(_("Total")), "total")):
        pdf.set_x(paper.MARGIN + 84)
        pdf.cell(54, 6, words, align="R")
        pdf.cell(36, 6, money(Money(content[minor], currency)), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _say(pdf: FPDF, text: str, size: float = 10, height: float = 5.5) -> None:
    pdf.set_font(paper.LETTERS, size=size)
    pdf.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(paper.LETTERS, size=10)
