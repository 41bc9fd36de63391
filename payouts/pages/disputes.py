"""`/finance/disputes` and `/brand/disputes`: refunds and disputes, and the evidence for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By, Principal
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.money import Money
from foundation.web import Form, Web
from marketplace import disputes
from marketplace.dispute_rules import CLOSED
from marketplace.dispute_tables import Dispute
from marketplace.pages.here import current_brand
from marketplace.tables import Order
from payouts import dispute_evidence, dispute_lists, dispute_losses
from payouts.pages.finance import FINANCE

LABELS = {
    "product_description": _("What was sold"),
    "customer_name": _("Buyer's name"),
    "customer_email_address": _("Buyer's e-mail address"),
    "shipping_address": _("Delivery address"),
    "shipping_carrier": _("Carrier"),
    "shipping_tracking_number": _("Tracking number"),
    "shipping_date": _("Sent on"),
    "service_date": _("Ordered on"),
    "refund_policy_disclosure": _("How the right to withdraw was shown"),
    "uncategorized_text": _("What happened"),
}
REASONS = {
    "fraudulent": _("The cardholder did not make this payment"),
    "product_not_received": _("It did not arrive"),
    "product_unacceptable": _("It is not as described"),
    "duplicate": _("Charged twice"),
    "credit_not_processed": _("A refund is missing"),
    "subscription_canceled": _("A subscription was cancelled"),
    "unrecognized": _("The cardholder does not recognise it"),
    "general": _("Another reason"),
}


@get("/finance/disputes", guards=[FINANCE], include_in_schema=False)
async def of_all(request: Web) -> Response[Any]:
    """Every dispute and refund."""
    return await _list(request, None, "/finance")


@get("/brand/disputes", include_in_schema=False)
async def of_brand(request: Web, by: By) -> Response[Any]:
    """Disputes and refunds of orders with the brand's lines."""
    return await _list(request, (await current_brand(request, by)).id, "/brand")


@get("/finance/disputes/{dispute_id:uuid}", guards=[FINANCE], include_in_schema=False)
async def show_to_finance(request: Web, by: By, dispute_id: FromPath[UUID]) -> Response[Any]:
    """One dispute, for finance."""
    return await _one(request, by, dispute_id, "/finance")


@get("/brand/disputes/{dispute_id:uuid}", include_in_schema=False)
async def show_to_brand(request: Web, by: By, dispute_id: FromPath[UUID]) -> Response[Any]:
    """One dispute, for the brand that sold."""
    return await _one(request, by, dispute_id, "/brand")


@post("/finance/disputes/{dispute_id:uuid}/evidence", guards=[FINANCE], include_in_schema=False)
async def answer_by_finance(request: Web, by: By, dispute_id: FromPath[UUID]) -> Response[Any]:
    """Hand in the evidence, for finance."""
    return await _answer(request, by, dispute_id, "/finance")


@post("/brand/disputes/{dispute_id:uuid}/evidence", include_in_schema=False)
async def answer_by_brand(request: Web, by: By, dispute_id: FromPath[UUID]) -> Response[Any]:
    """Hand in the evidence, for the brand."""
    return await _answer(request, by, dispute_id, "/brand")


async def _list(request: Web, brand_id: UUID | None, home: str) -> Response[Any]:
    page = _number(request.query_params.get("page", "1"))
    tab = "refunds" if request.query_params.get("tab") == "refunds" else "disputes"
    found, total = await dispute_lists.disputes(brand_id=brand_id, page=page if tab == "disputes" else 1)
    given, count = await dispute_lists.refunds(brand_id=brand_id, page=page if tab == "refunds" else 1)
    shown = total if tab == "disputes" else count
    return web.page(
        request,
        "payouts/disputes.html",
        home=home,
        tab=tab,
        disputes=found,
        dispute_count=total,
        refunds=given,
        refund_count=count,
        page=page,
        pages=max(1, -(-shown // dispute_lists.PAGE)),
        reasons=REASONS,
        closed=CLOSED,
    )


async def _answer(request: Web, by: Principal, dispute_id: UUID, home: str) -> Response[Any]:
    form = await web.read_form(request)
    evidence = {name: form.text(name, max=disputes.MOST, required=False) for name in disputes.FIELDS}
    try:
        form.check()
        await disputes.answer(dispute_id=dispute_id, evidence=evidence, by=by, finance=home == "/finance")
    except Refusal as refusal:
        return await _one(request, by, dispute_id, home, form=form.refused(refusal), status=refusal.status)
    said = translate(_("The evidence is with the bank. Its decision takes up to three months."))
    return web.redirect(request, f"{home}/disputes/{dispute_id}", said)


async def _one(
    request: Web, by: Principal, dispute_id: UUID, home: str, *, form: Form | None = None, status: int = 200
) -> Response[Any]:
    dispute = await disputes.dispute_for(dispute_id=dispute_id, by=by, finance=home == "/finance")
    known = await dispute_evidence.known_of(dispute.order)
    written = await disputes.answer_of(dispute_id=dispute_id)
    suggested = dispute_evidence.suggested(known)
    form = form or Form()
    form.values = {**suggested, **form.values}
    sent = msgspec.json.decode(written.evidence, type=dict[str, str]) if written else None
    return web.page(
        request,
        "payouts/dispute.html",
        status=status,
        home=home,
        dispute=dispute,
        amount=Money(dispute.amount_minor, dispute.currency),
        fee=Money(dispute.fee_minor - dispute.fee_back_minor, dispute.fee_currency or dispute.currency),
        order=await Order.objects().get(Order.id == dispute.order),
        known=known,
        sent=sent,
        sent_at=written.sent_at if written else None,
        form=form,
        labels=LABELS,
        reasons=REASONS,
        closed=_is_closed(dispute),
        loss=await dispute_losses.of_dispute(dispute_id) if home == "/finance" else None,
    )


async def page_for_finance(request: Web, by: Principal, dispute_id: UUID, *, form: Form, status: int) -> Response[Any]:
    """The page of a dispute with what a verb said of it."""
    return await _one(request, by, dispute_id, "/finance", form=form, status=status)


def _is_closed(dispute: Dispute) -> bool:
    return dispute.status in CLOSED


def _number(text: str) -> int:
    return min(max(1, int(text)), 100_000) if text.isascii() and text.isdigit() and len(text) < 7 else 1


ROUTES = [of_all, of_brand, show_to_finance, show_to_brand, answer_by_finance, answer_by_brand]
