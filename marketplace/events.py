"""What has happened with goods. Only ids travel; who reacts stands in `entrypoints/wiring.py`."""

from uuid import UUID

from msgspec import Struct


class BriefPublished(Struct, frozen=True):
    """Creators can now see the brief and apply."""

    brief_id: UUID


class OrderPlaced(Struct, frozen=True):
    """Stock is reserved; the payment is still to come."""

    order_id: UUID


class OrderPaid(Struct, frozen=True):
    """The money has arrived, once. Comes before any refund of the order."""

    order_id: UUID


class OrderCancelled(Struct, frozen=True):
    """The order ended unpaid and its stock is back on the shelf."""

    order_id: UUID


class ChargeSettled(Struct, frozen=True):
    """Stripe's fee for the order's charge is known."""

    order_id: UUID


class RefundAsked(Struct, frozen=True):
    """Part or all of an order is to go back to the buyer."""

    refund_id: UUID


class RefundSettled(Struct, frozen=True):
    """The refund has succeeded."""

    refund_id: UUID


class RefundFailed(Struct, frozen=True):
    """The refund failed, at once or days after it had succeeded; the money is ours again."""

    refund_id: UUID


class WaitlistOffered(Struct, frozen=True):
    """A unit is kept for somebody who waited in line."""

    entry_id: int


class DisputeMoved(Struct, frozen=True):
    """A buyer's bank has opened a dispute, moved money for it or decided it."""

    dispute_id: UUID


class OrderShipped(Struct, frozen=True):
    """A parcel has left its seller."""

    shipment_id: UUID


class ReturnAsked(Struct, frozen=True):
    """A buyer has withdrawn or wants to return something; or its seller cannot send it."""

    request_id: UUID


class ReturnAnswered(Struct, frozen=True):
    """The seller has accepted or declined a return, or its money goes back."""

    request_id: UUID


class WithdrawalRefused(Struct, frozen=True):
    """Somebody without an account tried to withdraw from an order of which nothing can go back any more."""

    order_id: UUID
