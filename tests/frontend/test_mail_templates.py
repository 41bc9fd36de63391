"""Every mail, rendered: in both languages, as HTML and as text, for light and for dark readers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from foundation import i18n, mails
from foundation.database import DB
from foundation.money import Money
from foundation.settings import ROOT
from foundation.tables import Mail
from payouts.invariants import WORDS
from payouts.proofs import Proof

EMAILS = ROOT / "frontend_templates" / "emails"
NAMES = sorted(path.name for path in EMAILS.glob("*.html") if path.name not in {"layout.html", "parts.html"})
VALUES: dict[str, Any] = {
    "token": "tok",
    "provider_name": "Tom & Co",
    "title": "Copper night",
    "slug": "copper-night",
    "creator": "Nour",
    "brand": "Cuivre & Sel",
    "brief": "Pans for a month",
    "reason": "We wished for somebody nearer.",
    "number": "F-2026-000123",
    "amount": Money(123456, "EUR"),
    "lines": [("Copper pan <24 cm>", Money(12345, "EUR")), ("Salt", Money(900, "EUR"))],
    "total": Money(13245, "EUR"),
    "vat": Money(2208, "EUR"),
    "sellers": ["Cuivre & Sel", "Velours"],
    "notes": ["A2026-00001", "A2026-00002"],
    "attached": True,
    "way_back": "/orders/link/abc",
    "claim": "/claim/tok",
    "name": "Nour",
    "until": datetime(2026, 11, 15, tzinfo=UTC),
    "page": "/studio/earnings",
    "fee_bp": 600,
    "begins": datetime(2026, 12, 15, tzinfo=UTC),
    "missing": ["Address", "Tax number"],
    "waits_from": datetime(2026, 12, 20, tzinfo=UTC),
    "broken": [Proof("I2", False, ("account 7",))],
    "words": WORDS,
    "offer": SimpleNamespace(
        commission_bp=1350,
        fee_minor=12000,
        currency="EUR",
        window_days=10,
        note="For <two> shows.",
        expires_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    ),
    "due": datetime(2026, 12, 1, 12, tzinfo=UTC),
    "open": Money(10000, "EUR"),
    "path": "/orders/F-2026-000123",
    "step": "opened",
    "things": [("Copper pan <24 cm>", 1), ("Salt", 2)],
    "variant": "24 cm",
    "minutes": 30,
    "parcel": SimpleNamespace(carrier="Colissimo", tracking="6A 123", follow="https://carrier.example/6A123"),
    "request": SimpleNamespace(
        kind="withdrawal",
        status="accepted",
        declared_name="Sam",
        asked_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
        note="It does not fit.",
        answer="Gladly.",
    ),
}

pytestmark = pytest.mark.usefixtures("db")


async def written(name: str, language: str) -> Mail:
    async with DB.transaction():
        mail_id = await mails.write(to="nour@fanfare.example", locale=language, template=name, **VALUES)
    return await mails.kept(mail_id=mail_id)


@pytest.mark.parametrize("language", i18n.LOCALES)
@pytest.mark.parametrize("name", NAMES)
async def test_a_mail_says_the_same_as_html_and_as_text(name: str, language: str) -> None:
    mail = await written(name, language)
    assert mail.subject
    assert f'lang="{language}"' in mail.html
    addresses = {address for address in re.findall(r'href="([^"]+)"', mail.html) if address.startswith("http")}
    assert [address for address in addresses if address not in mail.text] == [], "each link stands in the text too"
    visible = re.sub(r"<style>.*?</style>|<head>.*?</head>", "", mail.html, flags=re.DOTALL)
    words = {word for word in re.findall(r"[\w’-]{5,}", mail.text) if not word.startswith("http")}
    assert [word for word in words if word not in visible] == []
    assert "%(" not in mail.html + mail.text


@pytest.mark.parametrize("name", NAMES)
async def test_a_mail_has_dark_colours_for_every_colour_it_sets(name: str) -> None:
    """A colour without a class would stay as it is on a dark ground, and could not be read."""
    html = (await written(name, "en")).html
    dark = set(re.findall(r"\.(m-\w+)", html.partition("<style>")[2].partition("</style>")[0]))
    tags = [tag for tag in re.findall(r"<[a-z][^>]*style=\"[^>]*>", html) if re.search(r"(?:color|background):", tag)]
    assert tags
    assert [tag for tag in tags if not dark & set(re.findall(r"m-\w+", tag))] == []
    assert "<script" not in html
    assert "src=" not in html, "nothing is fetched when the mail is read"


async def test_a_mail_for_the_same_reason_is_written_once() -> None:
    async def write(to: str) -> UUID:
        async with DB.transaction():
            return await mails.write(to=to, locale="en", template="refunded.html", once="refund 1", **VALUES)

    first, again, other = [await write(f"{name}@fanfare.example") for name in "aab"]
    assert first == again != other
    assert await Mail.count() == 2


async def test_amounts_and_dates_are_written_as_the_reader_writes_them() -> None:
    english, french = await written("payout_sent.html", "en"), await written("payout_sent.html", "fr")
    assert "€1,234.56" in english.text
    assert "1 234,56 €" in french.text.replace("\u202f", " ").replace("\xa0", " ")
