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
