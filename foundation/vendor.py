"""What the gateways to outside companies have in common: their events, their failures, their exchanges.

The gateways translate every exception of a vendor's library into one of the errors below, so that a
verb decides by what happened (refused, busy, unknown) and never by which library said it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class VendorEvent:
    """A webhook whose signature was verified: what it is about, and nothing to be trusted further.

    `id` is unique per vendor and is what makes a second delivery a duplicate. `account` is the connected
    account it concerns, or None. `object_id` and `object_kind` name the object to fetch again.
    """

    id: str
    type: str
    account: str | None
    object_id: str
    object_kind: str
    created: datetime
    livemode: bool


class ForgedWebhook(Exception):
    """A webhook that the vendor cannot have sent now: bad signature, too old, in the future, not readable."""


class VendorError(Exception):
    """A call to a vendor that did not end well. Never carries a secret."""


class OutcomeUnknown(VendorError):
    """No usable answer came (connection, time-out, 5xx): the call may or may not have had its effect.

    Look the object up before anything is sent again.
    """


class VendorRefused(VendorError):
    """A definite no: the call had no effect and the same call will be refused again."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the vendor's own code (`not_found`, `card_declined`) and its sentence (English, for logs)."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class VendorBusy(VendorError):
    """The vendor asks for patience (429): the call had no effect and may be sent again later."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One call of a gateway as it went over the wire, for those who compare it with the vendor's contract."""

    vendor: str
    method: str
    url: str
    request_type: str
    request_body: bytes = field(repr=False)
    status: int
    response_type: str
    response_body: bytes = field(repr=False)


observers: list[Callable[[Exchange], None]] = []
"""Called with each exchange of a gateway, in the thread that made the call. Empty outside tests."""
