"""The fields of terms in a form: commission, fee and window."""

from __future__ import annotations

from typing import Any

from creators.counter_offers import HIGHEST_FEE, Proposed
from foundation.money import Money
from foundation.web import Form
from marketplace.briefs import MAX_COMMISSION_BP, MAX_WINDOW_DAYS, MIN_COMMISSION_BP, MIN_WINDOW_DAYS


def read_terms(form: Form, currency: str) -> Proposed:
    """The terms of the form; an empty fee is none. Raises `InvalidForm`."""
    fee = form.money("fee", currency, high=HIGHEST_FEE) if str(form.values.get("fee") or "").strip() else Money.zero(currency)
    wanted = Proposed(
        commission_bp=form.percent_bp("commission", low=MIN_COMMISSION_BP, high=MAX_COMMISSION_BP),
        fee_minor=fee.minor,
        currency=currency,
        window_days=form.integer("window_days", low=MIN_WINDOW_DAYS, high=MAX_WINDOW_DAYS),
    )
    form.check()
    return wanted


def terms_values(terms: Proposed) -> dict[str, Any]:
    """The terms as they are typed."""
    whole, part = divmod(terms.commission_bp, 100)
    return {
        "commission": f"{whole}.{part:02}" if part else str(whole),
        "fee": str(Money(terms.fee_minor, terms.currency).decimal()),
        "window_days": terms.window_days,
    }
