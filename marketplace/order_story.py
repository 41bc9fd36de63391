"""Everything that has happened to an order, in its order: payment, parcels, returns, refunds, the bank."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from piccolo.custom_types import Combinable

from foundation.i18n import _
from foundation.money import Money
from marketplace.dispute_tables import Dispute
from marketplace.orders import Happening, OrderShown
from marketplace.returns_tables import ReturnKind, ReturnRequest, ReturnStatus
from marketplace.shipping import Parcel, parcels_of

ASKED = {
    ReturnKind.WITHDRAWAL: _("The buyer withdrew"),
    ReturnKind.RETURN: _("A return was asked for"),
    ReturnKind.REFUSAL: _("The seller cannot send it"),
}
ANSWERED = {
    ReturnStatus.ACCEPTED: (_("The seller accepted the return"), "done"),
    ReturnStatus.DECLINED: (_("The seller declined the return"), "wrong"),
    ReturnStatus.REFUNDED: (_("The return is complete"), "done"),
}


async def story_of(order: OrderShown, brand_id: UUID | None = None) -> list[Happening]:
    """The time line of an order for its buyer, or for one brand of it."""
    found, sellers = list(order.happened), sellers_of(order)
    for parcel in (await parcels_of([order.id], brand_id))[order.id]:
        found += [replace(one, seller=sellers.get(parcel.brand_id, "")) for one in _parcel(parcel)]
    for request in await requests_of(order.id, brand_id):
        found += [replace(one, seller=sellers.get(request.brand, "")) for one in _request(request, for_buyer=brand_id is None)]
    for dispute in await disputes_of(order.id):
        found += _dispute(dispute)
    return sorted(found, key=lambda happening: happening.at)


def sellers_of(order: OrderShown) -> dict[UUID, str]:
    """The names of those who sell in the order by their ids; empty where there is one, who need not be named."""
    found = {line.brand_id: line.brand_name for line in order.lines}
    return found if len(found) > 1 else {}


async def requests_of(order_id: UUID, brand_id: UUID | None = None) -> list[ReturnRequest]:
    """The returns of an order, newest first; of one brand or of all."""
    where: Combinable = ReturnRequest.order == order_id
    if brand_id is not None:
        where = where & (ReturnRequest.brand == brand_id)
    return await ReturnRequest.objects().where(where).order_by(ReturnRequest.asked_at, ascending=False)


async def disputes_of(order_id: UUID) -> list[Dispute]:
    """The disputes of an order, newest first."""
    return await Dispute.objects().where(Dispute.order == order_id).order_by(Dispute.opened_at, ascending=False)


def _parcel(parcel: Parcel) -> list[Happening]:
    sent = [Happening(parcel.shipped_at, _("A parcel has left"), "done")]
    return [*sent, Happening(parcel.delivered_at, _("A parcel has arrived"), "done")] if parcel.delivered_at else sent


def _request(request: ReturnRequest, *, for_buyer: bool) -> list[Happening]:
    own = for_buyer and request.kind == ReturnKind.WITHDRAWAL
    found = [Happening(request.asked_at, _("You withdrew") if own else ASKED[ReturnKind(request.kind)], "waits")]
    if request.answered_at:
        said = ReturnStatus.DECLINED if request.status == ReturnStatus.DECLINED else ReturnStatus.ACCEPTED
        found.append(Happening(request.answered_at, *ANSWERED[said]))
    if request.closed_at:
        found.append(Happening(request.closed_at, *ANSWERED[ReturnStatus.REFUNDED]))
    return found


def _dispute(dispute: Dispute) -> list[Happening]:
    amount = Money(dispute.amount_minor, dispute.currency)
    found = [Happening(dispute.opened_at, _("The buyer's bank disputes the payment"), "wrong", amount)]
    if dispute.closed_at:
        won = dispute.status in {"won", "warning_closed", "prevented"}
        words = _("The bank decided for the seller") if won else _("The bank decided for the buyer")
        found.append(Happening(dispute.closed_at, words, "done" if won else "wrong", amount))
    return found
