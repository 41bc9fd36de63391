"""What has happened with money. Only ids travel; who reacts stands in `entrypoints/wiring.py`."""

from uuid import UUID

from msgspec import Struct


class CommissionReleased(Struct, frozen=True):
    """The hold has passed: the creator has it available."""

    commission_id: UUID


class PlatformRuleConfirmed(Struct, frozen=True):
    """The platform's fee or one of its rules will change; brands have to be told."""

    proposal_id: UUID


class RunApproved(Struct, frozen=True):
    """A second person approved; the transfers may leave."""

    run_id: UUID


class PayoutItemSettled(Struct, frozen=True):
    """Stripe has made the transfer to the payee."""

    item_id: UUID
