"""Credit notes: one for each refund and brand, without gaps, cumulative to the last cent, taken back when the bank returns the money."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock, mails, settings
from foundation.attachment_tables import MailAttachment
from foundation.database import DB
from foundation.money import included_tax
from foundation.tables import Mail
from marketplace import credit_note_pdf, credit_notes, invoices, notices, receipts, refunds
from marketplace.credit_note_rules import Credited, MoreThanInvoiced, part_of
from marketplace.credit_note_tables import CreditNote, CreditNoteLine
from marketplace.credit_notes import NoteShown
from marketplace.invoice_tables import Invoice
from marketplace.refunds import Reason
from marketplace.tables import LineKind, Order, OrderLine, Refund, RefundStatus
from tests.cast import Browser, Cast
from tests.marketplace.stall import buy, euros, person, place, stall
from tests.marketplace.test_receipts import two_brands

needs_database = pytest.mark.usefixtures("db", "stripe_sandbox")


async def settled(order_id: UUID, lines: dict[UUID, int] | None, reason: Reason = Reason.RETURNED) -> UUID:
    """A refund whose money has left; what Stripe says of it is another test's."""
    refund_id = await refunds.ask_refund(order_id=order_id, lines=lines, reason=reason, by=None)
    await Refund.update({Refund.status: RefundStatus.SUCCEEDED, Refund.settled_at: clock.now()}).where(Refund.id == refund_id)
    return refund_id


async def returned_by_the_bank(refund_id: UUID) -> None:
    """What `refund.failed` does days later."""
    async with DB.transaction():
        await refunds._fail(await refunds._locked(refund_id), "lost_or_stolen_card")


async def lines_of(order_id: UUID) -> list[OrderLine]:
    return await OrderLine.objects().where(OrderLine.order == order_id).order_by(OrderLine.title)


@given(gross=st.integers(1, 5_000), vat_bp=st.sampled_from([0, 210, 550, 2000, 2550]), data=st.data())
def test_the_notes_of_a_line_add_up_to_its_invoice_however_it_was_cut_and_taken_back(
    gross: int, vat_bp: int, data: st.DataObject
) -> None:
    invoiced, vat = euros(gross), included_tax(euros(gross), vat_bp).minor
    notes: list[Credited] = []
    cancelled = False
    for _time in range(data.draw(st.integers(0, 6))):
        before = Credited(sum(one.gross for one in notes), sum(one.vat for one in notes))
        take_back = data.draw(st.booleans())
        if notes and take_back:
            notes.pop(data.draw(st.integers(0, len(notes) - 1)))  # cancelled by its opposite: the sum is that without both
            cancelled = True
        elif before.gross < gross:
            amount = data.draw(st.integers(1, gross - before.gross))
            made = part_of(euros(amount), invoiced=invoiced, vat_bp=vat_bp, before=before)
            assert cancelled or 0 <= made.vat <= amount
            notes.append(made)
    before = Credited(sum(one.gross for one in notes), sum(one.vat for one in notes))
    if before.gross < gross:
        notes.append(part_of(euros(gross - before.gross), invoiced=invoiced, vat_bp=vat_bp, before=before))
        assert sum(one.vat for one in notes) == vat
    assert sum(one.gross for one in notes) == gross
    with pytest.raises(MoreThanInvoiced):
        part_of(euros(1), invoiced=invoiced, vat_bp=vat_bp, before=Credited(gross, vat))


@needs_database
async def test_each_brand_credits_its_part_of_a_whole_refund_once_however_often_the_job_runs() -> None:
    paid = await two_brands()
    refund_id = await settled(paid.id, None, Reason.WITHDRAWAL)
    await asyncio.gather(*(credit_notes.issue(refund_id=refund_id) for _time in range(4)))
    notes = await credit_notes.issue(refund_id=refund_id)
    issued = {one.brand_id: one for one in await invoices.of_order(order_id=paid.id)}
    assert [one.content.number for one in notes] == [f"A{clock.now():%Y}-00001"] * 2
    for note in notes:
        invoice = issued[note.brand_id].content
        assert (note.content.invoice_number, note.content.invoiced_at) == (invoice.number, invoice.issued_at)
        assert (note.content.total, note.content.vat) == (invoice.total, invoice.vat)
        assert note.content.by_rate() == invoice.by_rate()
        assert {line.kind for line in note.content.lines} == {line.kind for line in invoice.lines}
        drawn = credit_note_pdf.drawn(note)
        assert drawn.startswith(b"%PDF-")
        assert drawn == credit_note_pdf.drawn(note), "the same file whenever it is drawn"
    assert any(line.kind == LineKind.DELIVERY for note in notes for line in note.content.lines)
    assert sum(note.content.total.minor for note in notes) == paid.total_minor


@needs_database
async def test_partial_refunds_have_a_note_each_and_no_cent_of_vat_is_lost() -> None:
    order_id = await buy(await stall(price=5905), await person("sam"))
    [line] = await lines_of(order_id)
    refund_ids = [await settled(order_id, {line.id: minor}) for minor in (1, 2002, 1)]
    refund_ids.append(await settled(order_id, None))
    await asyncio.gather(*(credit_notes.issue(refund_id=one) for one in refund_ids * 2))
    notes = await credit_notes.of_order(order_id=order_id)
    assert sorted(note.content.number[5:] for note in notes) == ["-00001", "-00002", "-00003", "-00004"]
    [invoice] = await invoices.of_order(order_id=order_id)
    assert sum(note.content.total.minor for note in notes) == invoice.content.total.minor == 5905
    assert sum(note.content.vat.minor for note in notes) == invoice.content.vat.minor


@needs_database
async def test_money_that_the_bank_returns_takes_its_note_back_and_may_be_given_anew() -> None:
    order_id = await buy(await stall(), await person("sam"))
    [line] = await lines_of(order_id)
    await settled(order_id, {line.id: 1900})
    first = await settled(order_id, {line.id: 4000})
    [note] = await credit_notes.issue(refund_id=first)
    await returned_by_the_bank(first)
    await asyncio.gather(*(credit_notes.issue(refund_id=first) for _time in range(3)))
    note, cancel = await credit_notes.issue(refund_id=first)
    assert (cancel.content.cancels, cancel.content.total) == (note.content.number, note.content.total)
    assert credit_note_pdf.drawn(cancel).startswith(b"%PDF-")
    again = await settled(order_id, None)
    for refund in await Refund.select(Refund.id):
        await credit_notes.issue(refund_id=refund["id"])
    rows = await CreditNoteLine.select(CreditNoteLine.gross_minor, CreditNoteLine.vat_minor)
    assert sum(row["gross_minor"] for row in rows) == 5900
    assert sum(row["vat_minor"] for row in rows) == included_tax(euros(5900), 2000).minor
    assert len(await credit_notes.issue(refund_id=again)) == 1


@needs_database
async def test_what_is_given_anew_finds_room_when_its_news_overtakes_that_of_the_failure() -> None:
    order_id = await buy(await stall(), await person("sam"))
    first = await settled(order_id, None)
    await credit_notes.issue(refund_id=first)
    await returned_by_the_bank(first)
    [anew] = await credit_notes.issue(refund_id=await settled(order_id, None))
    assert anew.content.total == euros(5900)
    assert len(await credit_notes.issue(refund_id=first)) == 2, "the note and what took it back"
    assert len(await credit_notes.of_order(order_id=order_id)) == 3


@needs_database
async def test_nothing_is_made_while_money_is_on_its_way_nor_for_what_was_never_invoiced() -> None:
    alma, sam = await stall(), await person("sam")
    order_id = await buy(alma, sam)
    failed = await refunds.ask_refund(order_id=order_id, lines=None, reason=Reason.GOODWILL, by=None)
    assert await credit_notes.issue(refund_id=failed) == []
    await returned_by_the_bank(failed)
    assert await credit_notes.issue(refund_id=failed) == []
    sold_out = await settled(order_id, None, Reason.SOLD_OUT)
    assert await credit_notes.issue(refund_id=sold_out) == []
    unpaid = await place(alma, sam)
    assert await credit_notes.of_order(order_id=unpaid) == []
    assert (await Invoice.count(), await CreditNote.count()) == (0, 0)


@needs_database
async def test_a_note_is_never_changed_and_the_database_refuses_more_than_the_line() -> None:
    order_id = await buy(await stall(), await person("sam"))
    [note] = await credit_notes.issue(refund_id=await settled(order_id, None))
    [line] = await lines_of(order_id)
    async with DB.connection() as connection:
        for table in ("buyer_credit_note", "buyer_credit_note_line"):
            with pytest.raises(Exception, match="never changed"):
                await connection.execute(f"delete from {table}")  # noqa: S608  # two names of ours
    with pytest.raises(Exception, match="credit notes of 6000 on a line of 5900"):
        await CreditNoteLine.insert(
            CreditNoteLine(id=uuid4(), note=await other_note(note), order_line=line.id, gross_minor=100, vat_minor=0)
        )


async def other_note(note: NoteShown) -> UUID:
    """A second note on the same line, as only a broken verb would write it."""
    row = await CreditNote.objects().get(CreditNote.id == note.id)
    assert row is not None
    other = CreditNote(
        id=uuid4(), invoice=row.invoice, refund=row.refund, brand=row.brand, cancels=row.id, number="A2026-99999",
        locale="fr", content="{}", issued_at=clock.now(),
    )  # fmt: skip
    await other.save()
    return other.id


@needs_database
async def test_a_guests_refund_mail_carries_the_notes_and_leads_to_the_order(
    monkeypatch: pytest.MonkeyPatch, client: Browser
) -> None:
    paid = await two_brands(guest="gisele@example.com")
    await receipts.send(order_id=paid.id)
    refund_id = await settled(paid.id, None)
    monkeypatch.setenv("FANFARE_MAIL_URL", "smtp://127.0.0.1:1")
    settings.current.cache_clear()
    try:
        for _time in range(2):
            await notices.refunded(refund_id=refund_id)
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    mail = await Mail.objects().where(Mail.subject.like("%revien%")).first() or (await mails.newest(to=paid.email))[0]
    names = sorted(row["name"] for row in await MailAttachment.select(MailAttachment.name))
    assert len(names) == 2
    assert all(re.fullmatch(r"credit-note-(cuivresel|velours)-A\d{4}-00001\.pdf", name) for name in names)
    assert "avoir" in mail.html
    [way_back] = set(re.findall(r"/orders/link/[0-9a-f]+", mail.text))
    assert (await client.get(way_back)).headers["location"] == f"/orders/{paid.number}"
    papers = (await client.get(f"/orders/{paid.number}/invoices")).text
    files = set(re.findall(rf"/orders/{paid.number}/credit-notes/[0-9a-f-]+", papers))
    assert len(files) == 2
    file = await client.get(files.pop())
    assert (file.headers["content-type"], file.content[:5]) == ("application/pdf", b"%PDF-")


@needs_database
async def test_notes_stand_beside_the_invoice_for_buyer_and_brand_and_for_nobody_else(cast: Cast) -> None:
    paid = await two_brands()
    ada = await cast.client(await person("ada"))
    assert "No credit note yet" in (await ada.get("/brand/buyer-invoices?kind=credit-notes")).text
    notes = {one.brand_name: one for one in await credit_notes.issue(refund_id=await settled(paid.id, None))}
    own, other = notes["Cuivre & Sel"], next(one for name, one in notes.items() if name != "Cuivre & Sel")
    nour = await cast.client(await person("nour"))
    assert (await nour.get(f"/orders/{paid.number}/credit-notes/{own.id}")).status_code == 404
    assert (await nour.get(f"/brand/orders/{paid.number}/credit-notes/{own.id}")).status_code in {403, 404}
    assert (await ada.get(f"/brand/orders/{paid.number}/credit-notes/{other.id}")).status_code == 404
    page = (await ada.get(f"/brand/orders/{paid.number}")).text
    assert f"/brand/orders/{paid.number}/credit-notes/{own.id}" in page
    assert f"/brand/orders/{paid.number}/invoice" in page
    assert str(other.id) not in page
    file = await ada.get(f"/brand/orders/{paid.number}/credit-notes/{own.id}")
    assert (file.status_code, file.content[:5]) == (200, b"%PDF-")
    listed = (await ada.get("/brand/buyer-invoices?kind=credit-notes")).text
    assert own.content.number in listed
    assert "€53.10" in listed


@needs_database
async def test_notes_follow_a_refund_by_themselves(settle: Callable[[], Awaitable[None]]) -> None:
    paid = await two_brands(locale="en")
    await settle()
    [brand] = {line.brand for line in await lines_of(paid.id) if line.title == "Saucepan Alma"}
    own = {line.id: line.gross_minor for line in await lines_of(paid.id) if line.brand == brand}
    await refunds.ask_refund(order_id=paid.id, lines=own, reason=Reason.REFUSED, by=None)
    await settle()
    [note] = await credit_notes.of_order(order_id=paid.id)
    assert (note.brand_id, note.content.total.minor) == (brand, sum(own.values()))
    assert (await Order.objects().get(Order.id == paid.id)).refunded_minor == sum(own.values())  # type: ignore[union-attr]
