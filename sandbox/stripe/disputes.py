"""Disputes: the bank takes the money of a charge back, with a fee, until it has decided."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.balances import post
from sandbox.stripe.customers import merged
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, public
from sandbox.stripe.lists import page
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action

_EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]
_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


@route("GET", "/v1/disputes", "DisputeListParams")
def list_disputes(call: Call) -> Thing:
    """Disputes, newest first; by charge or payment."""
    names = ("charge", "payment_intent")
    return page(call, "dispute", lambda dispute: all(n not in call.params or dispute[n] == call.params[n] for n in names))


@route("GET", "/v1/disputes/{}", "DisputeRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One dispute."""
    return public(call.get("dispute"))


@route("POST", "/v1/disputes/{}", "DisputeUpdateParams")
def update(call: Call) -> Thing:
    """Hand in evidence. `winning_evidence` or `losing_evidence` in `uncategorized_text` decides at once, as in test mode."""
    dispute, sent = call.get("dispute"), call.params
    if dispute["status"] not in _OPEN:
        raise StripeError("This dispute is already closed", code="dispute_closed")
    evidence: dict[str, Any] = sent.get("evidence") or {}
    dispute["evidence"].update(evidence)
    dispute["metadata"] = merged(dispute["metadata"], sent.get("metadata"))
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"][name] for name in _EVIDENCE)
    if sent.get("submit", True) and evidence:
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
    call.world.store.touch(dispute)
    emit(call.world, "charge.dispute.updated", dispute, account=call.account)
    for word, outcome in (("winning_evidence", "won"), ("losing_evidence", "lost")):
        if word in str(dispute["evidence"]["uncategorized_text"] or ""):
            close(call.world, call.account, dispute, outcome)
    return public(dispute)


@route("POST", "/v1/disputes/{}/close", "DisputeCloseParams")
def give_up(call: Call) -> Thing:
    """Accept that the money is lost."""
    dispute = call.get("dispute")
    close(call.world, call.account, dispute, "lost")
    return public(dispute)


def open_dispute(world: World, account: str, charge: Thing, reason: str, amount: int | None = None) -> Thing:
    """A shopper's bank disputes a charge; an inquiry takes no money yet."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise StripeError("This charge cannot be disputed.")
    inquiry = reason == "inquiry"
    dispute = world.store.add(
        "dispute", account, _new(world, charge, "fraudulent" if inquiry else reason, amount or charge["amount"])
    )
    charge["disputed"] = True
    world.store.touch(charge)
    if inquiry:
        dispute.update(status="warning_needs_response", is_charge_refundable=True)
    else:
        _withdraw(world, account, dispute)
    emit(world, "charge.dispute.created", dispute, account=account)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute, account=account)
    return dispute


def close(world: World, account: str, dispute: Thing, outcome: str) -> None:
    """The bank has decided: `won` brings money and fee back, `lost` does not."""
    if dispute["status"] not in _OPEN:
        raise StripeError("This dispute is already closed", code="dispute_closed")
    warning = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if warning else outcome
    charge = world.store.find("charge", account, dispute["charge"])
    if outcome == "won" and not warning:
        entry = post(
            world,
            account,
            "adjustment",
            dispute["amount"],
            dispute["currency"],
            dispute["id"],
            category="dispute_reversal",
            fee=-rules.DISPUTE_FEE,
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(public(entry))
        emit(world, "charge.dispute.funds_reinstated", dispute, account=account)
    if charge is not None and (warning or outcome == "won"):
        charge["disputed"] = not warning
        world.store.touch(charge)
    world.store.touch(dispute)
    emit(world, "charge.dispute.closed", dispute, account=account)


@action("dispute_opens")
def _opens(world: World, timer: Thing) -> None:
    charge = world.store.find("charge", timer["account"], timer["object"])
    if charge is not None and not charge["disputed"]:
        open_dispute(world, timer["account"], charge, timer["reason"])


def _withdraw(world: World, account: str, dispute: Thing) -> None:
    entry = post(
        world,
        account,
        "adjustment",
        -dispute["amount"],
        dispute["currency"],
        dispute["id"],
        category="dispute",
        fee=rules.DISPUTE_FEE,
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(public(entry))


def _new(world: World, charge: Thing, reason: str, amount: int) -> Thing:
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.now() + rules.DISPUTE_ANSWER_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
