"""Credit notes to buyers: what each refund takes off each brand's invoice, numbered without gaps, frozen as they were issued.

Fanfare makes them out as it does the invoices, in the name and on behalf of the brand (CGI art. 289 I-2 and I-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from piccolo.custom_types import Combinable
from piccolo.query.functions import Sum

from foundation import audit, clock, number_series
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound
from foundation.i18n import _
from foundation.money import Money
from marketplace import invoices
from marketplace.brands import brand_of
from marketplace.credit_note_rules import Credited, part_of
from marketplace.credit_note_tables import CreditNote, CreditNoteLine
from marketplace.invoices import InvoiceShown, Line, Paper
from marketplace.refunds import Reason
from marketplace.tables import Brand, LineKind, Order, OrderLine, Refund, RefundLine, RefundStatus
from marketplace.vat_rates import BOOKS_ZONE

WORDS: Final = {
    Reason.WITHDRAWAL: _("Withdrawal from the contract"),
    Reason.RETURNED: _("Sent back"),
    Reason.DAMAGED: _("Damaged or wrong"),
    Reason.NOT_DELIVERED: _("Did not arrive"),
    Reason.GOODWILL: _("Goodwill"),
    Reason.REFUSED: _("The seller cannot send it"),
    Reason.SOLD_OUT: _("Sold out"),
}


class Content(Paper, frozen=True, kw_only=True):
    """Everything on a credit note; `cancels` is the number of the note that it takes back, else nothing."""

    invoice_number: str
    invoiced_at: datetime
    refunded_at: datetime
    reason: str
    cancels: str = ""

    @property
    def because(self) -> str:
        """The reason as a msgid."""
        return WORDS[Reason(self.reason)]


@dataclass(frozen=True)
class NoteShown:
    """A credit note that was issued."""

    id: UUID
    brand_id: UUID
    brand_name: str
    locale: str
    content: Content


async def issue(*, refund_id: UUID) -> list[NoteShown]:
    """Issue what a refund asks for, once however often this is called; returns all notes of the refund.

    One note for each brand when the money has left; when the bank has returned it later, one more that takes each back: for all refunds
    of the order, so that what is given anew finds room. Nothing while a refund is on its way, and nothing for an order that was never
    invoiced. Raises `NotFound`.
    """
    refund = await Refund.objects().get(Refund.id == refund_id)
    if refund is None:
        raise NotFound
    for note in await CreditNote.objects(CreditNote.refund).where(_returned(refund.order)):
        await _take_back(note.refund, note)
    if refund.status == RefundStatus.SUCCEEDED and await invoices.are_due(order_id=refund.order):
        for invoice in await invoices.issue(order_id=refund.order):
            await _issue(refund, invoice)
    return await _found(CreditNote.refund == refund_id)


async def of_order(*, order_id: UUID, brand_id: UUID | None = None) -> list[NoteShown]:
    """The credit notes of an order, all or a brand's, in their order. The caller has passed the order's door."""
    found = await _found(CreditNote.invoice.order == order_id)
    return [note for note in found if brand_id in {None, note.brand_id}]


async def of_brand(*, brand_id: UUID, by: Principal, limit: int = 50, before: datetime | None = None) -> list[NoteShown]:
    """A brand's credit notes, newest first. Raises `NotFound`."""
    await brand_of(by=by, brand_id=brand_id)
    where = (CreditNote.brand == brand_id) & (CreditNote.issued_at < (before or clock.now().replace(year=9999)))
    return await _found(where, newest_first=True, limit=limit)


def _returned(order_id: UUID) -> Combinable:
    """Notes whose money has come back, those that are taken back already among them."""
    failed = (CreditNote.invoice.order == order_id) & (CreditNote.refund.status == RefundStatus.FAILED)
    return failed & CreditNote.cancels.is_null()


async def _issue(refund: Refund, invoice: InvoiceShown) -> None:
    async with DB.transaction():
        await Order.select(Order.id).where(Order.id == refund.order).lock_rows("UPDATE")
        if await _is_issued(refund, invoice):
            return
        parts = await _parts(refund, invoice)
        if parts:
            await _keep(refund, invoice, parts)


async def _is_issued(refund: Refund, invoice: InvoiceShown) -> bool:
    """Also when the refund has failed since it was read."""
    if await CreditNote.exists().where((CreditNote.refund == refund.id) & (CreditNote.invoice == invoice.id)):
        return True
    return not await Refund.exists().where((Refund.id == refund.id) & (Refund.status == RefundStatus.SUCCEEDED))


async def _parts(refund: Refund, invoice: InvoiceShown) -> list[tuple[OrderLine, Credited]]:
    """What the refund gives back of each of the invoice's lines, goods before delivery."""
    rows = await RefundLine.select(RefundLine.order_line, RefundLine.amount_minor).where(
        (RefundLine.refund == refund.id) & (RefundLine.order_line.brand == invoice.brand_id)
    )
    amounts = {row["order_line"]: Money(row["amount_minor"], refund.currency) for row in rows}
    lines = await OrderLine.objects().where(OrderLine.id.is_in(list(amounts))).order_by(OrderLine.title) if amounts else []
    return [
        (
            line,
            part_of(
                amounts[line.id],
                invoiced=Money(line.gross_minor, refund.currency),
                vat_bp=line.vat_bp,
                before=await _before(line.id),
            ),
        )
        for line in sorted(lines, key=lambda line: line.kind != LineKind.GOODS)
    ]


async def _before(order_line: UUID) -> Credited:
    found = (
        await CreditNoteLine.select(Sum(CreditNoteLine.gross_minor, alias="gross"), Sum(CreditNoteLine.vat_minor, alias="vat"))
        .where(CreditNoteLine.order_line == order_line)
        .first()
    )
    return Credited(int(found["gross"] or 0), int(found["vat"] or 0)) if found else Credited()


async def _keep(refund: Refund, invoice: InvoiceShown, parts: Sequence[tuple[OrderLine, Credited]]) -> None:
    brand = await Brand.objects().get(Brand.id == invoice.brand_id)
    if brand is None:
        raise NotFound
    now = clock.now()
    number = await _number(brand.id, now)
    content = Content(
        number=number,
        order_number=invoice.content.order_number,
        currency=refund.currency,
        placed_at=invoice.content.placed_at,
        issued_at=now,
        seller=invoices.seller_of(brand),
        buyer=invoice.content.buyer,
        lines=tuple(_line(line, part) for line, part in parts),
        invoice_number=invoice.content.number,
        invoiced_at=invoice.content.issued_at,
        refunded_at=refund.settled_at,
        reason=refund.reason,
    )
    about = {"invoice": invoice.id, "brand": brand.id, "locale": invoice.locale}
    await _save(refund, content, [(line.id, part) for line, part in parts], **about)


async def _take_back(refund: Refund, note: CreditNote) -> None:
    """One more note with the same amounts the other way, for money that came back from the buyer's bank."""
    async with DB.transaction():
        await Order.select(Order.id).where(Order.id == refund.order).lock_rows("UPDATE")
        if await CreditNote.exists().where(CreditNote.cancels == note.id):
            return
        rows = await CreditNoteLine.objects().where(CreditNoteLine.note == note.id)
        opposite = [(row.order_line, Credited(-row.gross_minor, -row.vat_minor)) for row in rows]
        now = clock.now()
        before = msgspec.json.decode(note.content, type=Content)
        content = msgspec.structs.replace(
            before, number=await _number(note.brand, now), issued_at=now, refunded_at=refund.settled_at, cancels=before.number
        )
        about = {"invoice": note.invoice, "brand": note.brand, "locale": note.locale, "cancels": note.id}
        await _save(refund, content, opposite, **about)


async def _save(refund: Refund, content: Content, parts: Sequence[tuple[UUID, Credited]], **about: Any) -> None:
    note = CreditNote(
        id=uuid4(),
        refund=refund.id,
        number=content.number,
        content=msgspec.json.encode(content).decode(),
        issued_at=content.issued_at,
        **about,
    )
    await note.save()
    await CreditNoteLine.insert(
        *(
            CreditNoteLine(id=uuid4(), note=note.id, order_line=line, gross_minor=part.gross, vat_minor=part.vat)
            for line, part in parts
        )
    )
    action = "credit_note.cancelled" if content.cancels else "credit_note.issued"
    await audit.record(by=None, action=action, kind="order", id=refund.order, note=note.id, number=content.number)


async def _number(brand_id: UUID, now: datetime) -> str:
    year = now.astimezone(BOOKS_ZONE).year
    return f"A{year}-{await number_series.next_number(f'buyer-credit-note:{brand_id}:{year}'):05d}"


def _line(line: OrderLine, part: Credited) -> Line:
    return Line(
        title=line.title,
        variant=line.variant_name,
        kind=line.kind,
        gross=part.gross,
        net=part.gross - part.vat,
        vat_bp=line.vat_bp,
        vat=part.vat,
    )


async def _found(where: Combinable, *, newest_first: bool = False, limit: int = 1_000) -> list[NoteShown]:
    rows = (
        await CreditNote.objects(CreditNote.brand)
        .where(where)
        .order_by(CreditNote.issued_at, ascending=not newest_first)
        .limit(limit)
    )
    return [
        NoteShown(row.id, row.brand.id, row.brand.name, row.locale, msgspec.json.decode(row.content, type=Content))
        for row in rows
    ]
