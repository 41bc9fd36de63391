"""Credit notes to buyers: what each refund and each lost dispute takes off each brand's invoice, numbered without gaps, frozen.

Fanfare makes them out as it does the invoices, in the name and on behalf of the brand (CGI art. 289 I-2 and I-5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from marketplace.dispute_tables import Dispute
from marketplace.invoices import InvoiceShown, Line, Paper
from marketplace.refunds import Reason
from marketplace.tables import Brand, LineKind, Order, OrderLine, Refund, RefundLine, RefundStatus
from marketplace.vat_rates import BOOKS_ZONE

DISPUTED: Final = "disputed"
"""The reason of a note for a dispute that was lost."""

WORDS: Final[Mapping[str, str]] = {
    Reason.WITHDRAWAL: _("Withdrawal from the contract"),
    Reason.RETURNED: _("Sent back"),
    Reason.DAMAGED: _("Damaged or wrong"),
    Reason.NOT_DELIVERED: _("Did not arrive"),
    Reason.GOODWILL: _("Goodwill"),
    Reason.REFUSED: _("The seller cannot send it"),
    Reason.SOLD_OUT: _("Sold out"),
    DISPUTED: _("Taken back by the buyer's bank after a dispute"),
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
        return WORDS[self.reason]


@dataclass(frozen=True)
class NoteShown:
    """A credit note that was issued."""

    id: UUID
    brand_id: UUID
    brand_name: str
    locale: str
    content: Content


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why money has gone back: a refund or a lost dispute, with minor units for each order line of it."""

    order_id: UUID
    currency: str
    reason: str
    at: datetime
    amounts: Mapping[UUID, int]
    refund: UUID | None = None
    dispute: UUID | None = None

    @property
    def is_it(self) -> Combinable:
        """Picks its notes."""
        return CreditNote.refund == self.refund if self.refund else CreditNote.dispute == self.dispute


async def issue(*, refund_id: UUID) -> list[NoteShown]:
    """Issue what a refund asks for, once however often this is called; returns all notes of the refund.

    One note for each brand when the money has left; when the bank has returned it later, one more that takes each back. Nothing while a
    refund is on its way, and nothing for an order that was never invoiced. Raises `NotFound`.
    """
    refund = await Refund.objects().get(Refund.id == refund_id)
    if refund is None:
        raise NotFound
    await take_back_returned(refund.order)
    if refund.status == RefundStatus.SUCCEEDED:
        await issue_for(await _refunded(refund))
    return await found(CreditNote.refund == refund_id)


async def issue_for(cause: Cause) -> None:
    """One note for each brand of an invoiced order, once however often this is called."""
    if await invoices.are_due(order_id=cause.order_id):
        for invoice in await invoices.issue(order_id=cause.order_id):
            await _issue(cause, invoice)


async def take_back_returned(order_id: UUID) -> None:
    """Take back each note of an order whose money has come back since, so that what is given anew finds room."""
    mine = (CreditNote.invoice.order == order_id) & CreditNote.cancels.is_null()
    returned = (CreditNote.refund.status == RefundStatus.FAILED) | (CreditNote.dispute.reinstated_minor > 0)
    rows = await CreditNote.select(
        CreditNote.id, CreditNote.refund.settled_at.as_alias("failed_at"), CreditNote.dispute.closed_at.as_alias("won_at")
    ).where(mine & returned)
    for row in rows:
        await _take_back(order_id, row["id"], row["failed_at"] or row["won_at"])


async def of_order(*, order_id: UUID, brand_id: UUID | None = None) -> list[NoteShown]:
    """The credit notes of an order, all or a brand's, in their order. The caller has passed the order's door."""
    return [note for note in await found(CreditNote.invoice.order == order_id) if brand_id in {None, note.brand_id}]


async def of_brand(*, brand_id: UUID, by: Principal, limit: int = 50, before: datetime | None = None) -> list[NoteShown]:
    """A brand's credit notes, newest first. Raises `NotFound`."""
    await brand_of(by=by, brand_id=brand_id)
    where = (CreditNote.brand == brand_id) & (CreditNote.issued_at < (before or clock.now().replace(year=9999)))
    return await found(where, newest_first=True, limit=limit)


async def _refunded(refund: Refund) -> Cause:
    rows = await RefundLine.select(RefundLine.order_line, RefundLine.amount_minor).where(RefundLine.refund == refund.id)
    return Cause(
        order_id=refund.order,
        currency=refund.currency,
        reason=refund.reason,
        at=refund.settled_at,
        amounts={row["order_line"]: row["amount_minor"] for row in rows},
        refund=refund.id,
    )


async def _issue(cause: Cause, invoice: InvoiceShown) -> None:
    async with DB.transaction():
        await Order.select(Order.id).where(Order.id == cause.order_id).lock_rows("UPDATE")
        if await _is_over(cause, invoice):
            return
        parts = await _parts(cause, invoice)
        if parts:
            await _keep(cause, invoice, parts)


async def _is_over(cause: Cause, invoice: InvoiceShown) -> bool:
    """Issued already, or the money has come back since the cause was read."""
    if await CreditNote.exists().where(cause.is_it & (CreditNote.invoice == invoice.id)):
        return True
    if cause.refund:
        return not await Refund.exists().where((Refund.id == cause.refund) & (Refund.status == RefundStatus.SUCCEEDED))
    return not await Dispute.exists().where((Dispute.id == cause.dispute) & (Dispute.reinstated_minor == 0))


async def _parts(cause: Cause, invoice: InvoiceShown) -> list[tuple[OrderLine, Credited]]:
    """What has gone back of each of the invoice's lines, goods before delivery."""
    mine = OrderLine.id.is_in(list(cause.amounts)) & (OrderLine.brand == invoice.brand_id)
    lines = await OrderLine.objects().where(mine).order_by(OrderLine.title) if cause.amounts else []
    return [
        (
            line,
            part_of(
                Money(cause.amounts[line.id], cause.currency),
                invoiced=Money(line.gross_minor, cause.currency),
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


async def _keep(cause: Cause, invoice: InvoiceShown, parts: Sequence[tuple[OrderLine, Credited]]) -> None:
    brand = await Brand.objects().get(Brand.id == invoice.brand_id)
    if brand is None:
        raise NotFound
    now = clock.now()
    number = await _number(brand.id, now)
    content = Content(
        number=number,
        order_number=invoice.content.order_number,
        currency=cause.currency,
        placed_at=invoice.content.placed_at,
        issued_at=now,
        seller=invoices.seller_of(brand),
        buyer=invoice.content.buyer,
        lines=tuple(_line(line, part) for line, part in parts),
        invoice_number=invoice.content.number,
        invoiced_at=invoice.content.issued_at,
        refunded_at=cause.at,
        reason=cause.reason,
    )
    about = {"refund": cause.refund, "dispute": cause.dispute, "invoice": invoice.id, "brand": brand.id, "locale": invoice.locale}
    await _save(cause.order_id, content, [(line.id, part) for line, part in parts], **about)


async def _take_back(order_id: UUID, note_id: UUID, at: datetime | None) -> None:
    """One more note with the same amounts the other way, for money that came back from the buyer's bank `at` that time."""
    async with DB.transaction():
        await Order.select(Order.id).where(Order.id == order_id).lock_rows("UPDATE")
        note = await CreditNote.objects().get(CreditNote.id == note_id)
        if note is None or await CreditNote.exists().where(CreditNote.cancels == note_id):
            return
        rows = await CreditNoteLine.objects().where(CreditNoteLine.note == note_id)
        opposite = [(row.order_line, Credited(-row.gross_minor, -row.vat_minor)) for row in rows]
        now = clock.now()
        before = msgspec.json.decode(note.content, type=Content)
        content = msgspec.structs.replace(
            before, number=await _number(note.brand, now), issued_at=now, refunded_at=at, cancels=before.number
        )
        about = {name: getattr(note, name) for name in ("refund", "dispute", "invoice", "brand", "locale")}
        await _save(order_id, content, opposite, cancels=note_id, **about)


async def _save(order_id: UUID, content: Content, parts: Sequence[tuple[UUID, Credited]], **about: Any) -> None:
    note = CreditNote(
        id=uuid4(),
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
    await audit.record(by=None, action=action, kind="order", id=order_id, note=note.id, number=content.number)


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


async def found(where: Combinable, *, newest_first: bool = False, limit: int = 1_000) -> list[NoteShown]:
    """The notes that `where` picks, in their order."""
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
