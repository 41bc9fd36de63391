"""Invoices and credit notes: they say what the books say, in a series without gaps, in a form that machines and the law accept."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import facturx
import pytest
from pypdf import PdfReader
from saxonche import PySaxonProcessor

from foundation import clock
from foundation.database import DB
from foundation.money import Money
from marketplace.tables import RefundStatus
from payouts import clawbacks, document_rules, documents, earnings, factur_x, identities, vat_parties
from payouts.document_rules import Due
from payouts.document_tables import Document, DocumentFile, DocumentKind, DocumentLine, InvoicingMandate
from payouts.identities import BirthMissing, Declared
from payouts.tables import PayeeKind
from payouts.vat_matrix import Treatment, Vat, VatStatus
from tests.cast import Cast
from tests.payouts import facts
from tests.payouts.facts import Market, Sale

NOUR = Declared(
    legal_name="Nour Benali",
    is_company=False,
    street="3 place Sébastopol",
    postcode="59000",
    town="Lille",
    country="FR",
    tin="0123456789012",
)
CHARGED = Vat(Treatment.CHARGED, 2000, category="S")
BLOCKED = Vat(Treatment.BLOCKED, missing="supplier_status")


@contextmanager
def next_month() -> Iterator[None]:
    with clock.shifted(timedelta(days=32)):
        yield


async def told(market: Market, status: VatStatus = VatStatus.FRANCHISE, vat_id: str = "") -> None:
    """The creator has said everything that documents need."""
    await identities.declare(told=NOUR, by=market.nour)
    await identities.give_mandate(by=market.nour)
    await vat_parties.declare(kind=PayeeKind.CREATOR, owner=market.creator.id, status=status, vat_id=vat_id, by=market.nour)
    if vat_id:
        await vat_parties.confirm(kind=PayeeKind.CREATOR, owner=market.creator.id, vat_id=vat_id, by=market.ada)


async def sold(market: Market, *gross: int) -> Sale:
    """A sale whose hold has passed."""
    sale = await market.order(*gross)
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.release_due()
    return sale


async def issued() -> list[dict[str, Any]]:
    with next_month():
        await documents.issue_due()
    rows = await Document.select().where(Document.kind == DocumentKind.ON_BEHALF).order_by(Document.issued_at, Document.number)
    return [dict(row) for row in rows]


async def test_a_creator_invoices_a_brand_for_the_released_commissions_of_the_month(db: None) -> None:
    market = await facts.market()
    await told(market)
    await sold(market, 6000, 12000)
    await market.order(6000)  # not credited yet
    (one,) = await issued()
    assert (one["number"], one["type_code"], one["net_minor"], one["vat_minor"], one["category"]) == (
        f"NOURENCUISINE-{one['issued_at'].year}-00001",
        "380",
        1500,
        0,
        "E",
    )
    assert (one["supplier"], one["customer"]) == (market.creator.id, market.brand.id)
    assert "art. 293 B" in one["content"]
    assert await issued() == [one], "the same month is invoiced once"


async def test_a_creator_with_vat_writes_it_on_the_invoice_and_the_total_is_what_was_booked(db: None) -> None:
    market = await facts.market()
    await told(market, VatStatus.REGISTERED, "FR40303265045")
    await sold(market, 6000)
    (one,) = await issued()
    assert (one["net_minor"], one["vat_minor"], one["vat_bp"], one["category"]) == (500, 100, 2000, "S")


async def test_a_refund_after_the_invoice_is_a_credit_note_that_names_it(db: None) -> None:
    market = await facts.market()
    await told(market)
    sale = await sold(market, 6000)
    (invoice,) = await issued()
    await clawbacks.claw_back(refund_id=await sale.refund({0: 3000}, status=RefundStatus.SENDING))
    with clock.shifted(timedelta(days=64)):
        await documents.issue_due()
    note = await Document.objects().where(Document.type_code == "381").first()
    assert note is not None
    place = 2 if note.issued_at.year == invoice["issued_at"].year else 1
    assert (note.net_minor, note.number) == (250, f"NOURENCUISINE-{note.issued_at.year}-{place:05}")
    assert invoice["number"] in str(note.content)
    lines = await DocumentLine.select(DocumentLine.net_minor).order_by(DocumentLine.net_minor)
    assert [line["net_minor"] for line in lines if line["net_minor"] in (500, -250)] == [-250, 500]


async def test_without_identity_or_mandate_nothing_is_issued_and_finance_sees_why(db: None) -> None:
    market = await facts.market()
    await sold(market, 6000)
    assert await issued() == []
    with next_month():
        assert "identity" in {one.missing for one in await documents.waiting()}
    await identities.declare(told=NOUR, by=market.nour)
    with next_month():
        assert "mandate" in {one.missing for one in await documents.waiting()}
    await identities.give_mandate(by=market.nour)
    with next_month():
        found = {(one.parties.kind, one.missing): one.amount for one in await documents.waiting()}
    assert found[DocumentKind.ON_BEHALF, "supplier_status"] == Money(500, "EUR")
    assert await issued() == []


async def test_a_withdrawn_mandate_ends_invoicing_and_its_proof_stays(db: None) -> None:
    market = await facts.market()
    await told(market)
    await identities.give_mandate(by=market.nour)
    await identities.withdraw_mandate(by=market.nour)
    await sold(market, 6000)
    assert await issued() == []
    (proof,) = await InvoicingMandate.objects()
    assert (proof.version, proof.withdrawn_at is not None, proof.text[:5]) == (identities.MANDATE_VERSION, True, "I ask")


async def test_two_at_once_issue_one_document(db: None) -> None:
    market = await facts.market()
    await told(market)
    await sold(market, 6000)
    with next_month():
        await asyncio.gather(*(documents.issue_due() for _ in range(4)))
    assert await Document.count().where(Document.kind == DocumentKind.ON_BEHALF) == 1


async def test_what_was_issued_can_be_neither_changed_nor_deleted(db: None) -> None:
    market = await facts.market()
    await told(market)
    await sold(market, 6000)
    await issued()
    for sql in ("update document set net_minor = 1", "delete from document_line", "update document_file set sha256 = ''"):
        with pytest.raises(asyncpg.PostgresError, match="never changed"):
            async with DB.connection() as connection:
                await connection.execute(sql)


async def test_the_file_is_a_pdf_for_archives_with_the_invoice_as_xml_that_keeps_every_rule(db: None) -> None:
    market = await facts.market()
    await told(market, VatStatus.REGISTERED, "FR40303265045")
    await sold(market, 6000, 1999, 333)
    await issued()
    kept = await DocumentFile.objects().first()
    assert kept is not None
    inside = facturx.get_xml_from_pdf(kept.content, check_xsd=True, check_schematron=False)[1]
    assert broken_rules(inside) == []
    seen = PdfReader(io.BytesIO(kept.content))
    assert "Nour Benali" in seen.pages[0].extract_text()
    assert seen.xmp_metadata is not None
    assert b"pdfaid" in seen.xmp_metadata.stream.get_data()


@pytest.mark.parametrize(("kind", "category", "rate"), [("self_billed", "S", 2000), ("on_behalf", "AE", 0), ("fee", "O", 0)])
def test_every_kind_of_document_keeps_the_rules_of_en_16931(kind: str, category: str, rate: int) -> None:
    party = {
        "key": "studio.a",
        "name": "Studio Å",
        "street": "1 rue du Port",
        "postcode": "1000",
        "town": "Bruxelles",
        "country": "BE",
        "registration": "",
    }
    content = {
        "number": "X-2026-00001",
        "type_code": {"self_billed": "389", "on_behalf": "381", "fee": "380"}[kind],
        "kind": kind,
        "issued_on": "2026-11-01",
        "period": "2026-10",
        "currency": "EUR",
        "language": "fr",
        "house": "Fanfare",
        "seller": party | {"vat_id": "" if category == "O" else "BE0403019261"},
        "buyer": party | {"vat_id": "" if category == "O" else "FR40303265045", "country": "FR"},
        "vat_bp": rate,
        "category": category,
        "wording": "Autoliquidation, art. 44 et 196 de la directive 2006/112/CE" if category == "AE" else "",
        "references": [{"number": "X-2026-00000", "day": "2026-10-01"}] if kind == "on_behalf" else [],
        "lines": [{"words": "F-1 · Sauteuse", "day": "2026-10-03", "net": 500, "vat": 100 if rate else 0}],
        "net": 500,
        "vat": 100 if rate else 0,
        "total": 600 if rate else 500,
    }
    assert broken_rules(factur_x.xml(content)) == []
    assert factur_x.file(content)[:5] == b"%PDF-"


def test_a_document_of_many_small_lines_loses_no_cent() -> None:
    due = [due_of(3, place) for place in range(7)]
    (draft,) = document_rules.drafts(DocumentKind.ON_BEHALF, due, CHARGED)
    assert (draft.total, draft.vat) == (Money(21, "EUR"), Money(4, "EUR"))
    assert [line.net + line.vat for line in draft.lines] == [Money(3, "EUR")] * 7


def test_what_knew_its_rate_is_issued_while_the_rest_waits() -> None:
    due = [due_of(600, 1, vat_bp=2000), due_of(500, 2), due_of(-120, 3, vat_bp=2000)]
    assert [(one.type_code, one.total.minor) for one in document_rules.drafts(DocumentKind.ON_BEHALF, due, BLOCKED)] == [
        ("380", 600),
        ("381", 120),
    ]
    assert document_rules.waiting(due, BLOCKED) == Money(500, "EUR")


def test_a_tax_that_was_never_booked_is_not_invoiced() -> None:
    due = [due_of(500, 1, vat=Money(0, "EUR"))]
    assert document_rules.drafts(DocumentKind.FEE, due, CHARGED) == []
    assert document_rules.waiting(due, CHARGED) == Money(500, "EUR")


async def test_who_has_no_tax_number_gives_day_town_and_country_of_birth(db: None) -> None:
    market = await facts.market()
    born: dict[str, Any] = {"born_on": date(1994, 5, 3), "born_in": "Roubaix", "born_country": "FR"}
    for missing in ({}, *({**born, name: None if name == "born_on" else ""} for name in born)):
        with pytest.raises(BirthMissing):
            await identities.declare(told=Declared(**{**vars(NOUR), "tin": "", **missing}), by=market.nour)
    made = await identities.declare(told=Declared(**{**vars(NOUR), "tin": "", **born}), by=market.nour)
    assert (made.born_in, made.born_country) == ("Roubaix", "FR")


def due_of(minor: int, place: int, *, vat_bp: int = 0, vat: Money | None = None) -> Due:
    from uuid import UUID

    return Due(
        source="commission",
        source_id=UUID(int=place),
        words="F-1",
        day=date(2026, 10, 3),
        amount=Money(minor, "EUR"),
        vat_bp=vat_bp,
        vat=vat,
    )


def broken_rules(xml: bytes) -> list[str]:
    """What the schematron of EN 16931 says against the XML."""
    sheet = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
    with PySaxonProcessor(license=False) as processor:
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))
        said = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    return [part.split("</svrl:text>")[0][-300:] for part in said.split("<svrl:failed-assert")[1:]]


async def test_a_creator_writes_who_they_are_gives_the_mandate_and_takes_the_invoice(cast: Cast) -> None:
    market = await facts.market()
    await sold(market, 6000)
    async with await cast.client(market.nour) as nour:
        page = await nour.get("/studio/documents")
        assert "Write who you are" in page.text
        refused = await nour.post(
            "/studio/documents/identity",
            data={"legal_name": "Nour Benali", "street": "3 place", "postcode": "59000", "town": "Lille"},
        )
        assert refused.status_code == 422
        assert "tax number" in refused.text
        await nour.post("/studio/documents/identity", data={**{k: str(v) for k, v in vars(NOUR).items() if v}, "is_company": ""})
        await nour.post("/studio/documents/mandate")
        await vat_parties.declare(
            kind=PayeeKind.CREATOR, owner=market.creator.id, status=VatStatus.FRANCHISE, vat_id="", by=market.nour
        )
        (one,) = await issued()
        page = await nour.get("/studio/documents")
        assert one["number"] in page.text
        assert "Write who you are" not in page.text
        file = await nour.get(f"/studio/documents/{one['id']}")
        assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
    async with await cast.client(market.ada) as ada:
        assert one["number"] in (await ada.get("/brand/documents")).text
        assert (await ada.get(f"/brand/documents/{one['id']}")).status_code == 200
    async with await cast.client(await cast.fay()) as fay:
        page = await fay.get("/finance/documents")
        assert one["number"] in page.text
        assert "Cuivre" in page.text
        assert (await fay.get("/finance/documents?q=nothing")).status_code == 200
        assert (await fay.get(f"/finance/documents/{one['id']}")).status_code == 200


async def test_nobody_else_gets_a_document(cast: Cast) -> None:
    market = await facts.market()
    await told(market)
    await sold(market, 6000)
    (one,) = await issued()
    for person, path in ((market.sam, "/studio"), (market.sam, "/brand"), (market.sam, "/finance"), (market.ada, "/studio")):
        async with await cast.client(person) as somebody:
            assert (await somebody.get(f"{path}/documents/{one['id']}")).status_code in (403, 404)
