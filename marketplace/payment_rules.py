"""What one look at a payment intent does to our payment: a pure rule that any order of arrival leads to the same end."""

from __future__ import annotations

from enum import StrEnum

from marketplace.tables import PaymentStatus


class Step(StrEnum):
    """What is to be done now."""

    NOTHING = "nothing"
    OPEN = "open"
    FAIL = "fail"
    PAY = "pay"
    CANCEL = "cancel"


def next_step(*, now: PaymentStatus, told: str, failed: bool) -> Step:
    """The step from the payment's status `now` when Stripe told `told`; `failed` = the last attempt was refused.

    Money that arrived is final. What ended without money reopens only for money (Stripe never un-cancels an intent, but a
    look from before the cancellation may be folded after it). A status that is not known yet changes nothing.
    """
    if now == PaymentStatus.SUCCEEDED:
        return Step.NOTHING
    if told == "succeeded":
        return Step.PAY
    if now == PaymentStatus.CANCELLED:
        return Step.NOTHING
    if told == "canceled":
        return Step.CANCEL
    if told == "requires_payment_method":
        return Step.FAIL if failed and now != PaymentStatus.FAILED else Step.NOTHING
    if told in {"requires_confirmation", "requires_action", "processing"} and now != PaymentStatus.OPEN:
        return Step.OPEN
    return Step.NOTHING
