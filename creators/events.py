"""What happened among people and shows, told to whoever is listed in `entrypoints/wiring.py`."""

from __future__ import annotations

from uuid import UUID

import msgspec


class ApplicationSubmitted(msgspec.Struct, frozen=True):
    """A creator asked to host a brief."""

    application_id: UUID


class ApplicationAccepted(msgspec.Struct, frozen=True):
    """A brand accepted; the terms are frozen."""

    application_id: UUID


class ApplicationDeclined(msgspec.Struct, frozen=True):
    """A brand declined, with its reason."""

    application_id: UUID


class CounterOfferMade(msgspec.Struct, frozen=True):
    """One side of an application proposed other terms to the other."""

    application_id: UUID
    version: int


class CounterOfferAccepted(msgspec.Struct, frozen=True):
    """A creator took the brand's terms; they are frozen."""

    application_id: UUID


class CounterOfferDeclined(msgspec.Struct, frozen=True):
    """A creator refused the brand's terms; the application is over."""

    application_id: UUID


class ShowScheduled(msgspec.Struct, frozen=True):
    """A show has a date."""

    show_id: UUID


class ShowWentLive(msgspec.Struct, frozen=True):
    """The first moving picture of a show arrived."""

    show_id: UUID


class ShowEnded(msgspec.Struct, frozen=True):
    """A show is over; its stream is to be closed."""

    show_id: UUID


class ReplayReady(msgspec.Struct, frozen=True):
    """The recording of a show can be watched."""

    show_id: UUID


class ClipMarked(msgspec.Struct, frozen=True):
    """Somebody marked a moment of a show; it is to be cut."""

    clip_id: UUID


class ClipRemoved(msgspec.Struct, frozen=True):
    """A clip was taken away; what Mux keeps of it is to be deleted."""

    clip_id: UUID


class ConversionReported(msgspec.Struct, frozen=True):
    """A brand's own shop reported a sale."""

    conversion_id: UUID


class ConversionAccepted(msgspec.Struct, frozen=True):
    """A reported sale counts: the brand agreed, or said nothing for 30 days."""

    conversion_id: UUID


class ConversionEdited(msgspec.Struct, frozen=True):
    """A reported sale has further lines."""

    conversion_id: UUID


class ConversionReturned(msgspec.Struct, frozen=True):
    """Something of a reported sale went back."""

    conversion_id: UUID
    return_id: UUID


class ConversionsUploaded(msgspec.Struct, frozen=True):
    """A brand sent a file of sales."""

    upload_id: UUID


class AttributionRevised(msgspec.Struct, frozen=True):
    """The decision about an order has a new version: late facts, another policy, or a correction."""

    order_id: UUID
