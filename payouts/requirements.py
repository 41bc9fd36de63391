"""What Stripe asks a payee for, in words; what has no words here is shown as Stripe calls it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from foundation.i18n import _, translate

WORDS: Final = {
    "identity.individual.given_name": _("the first name"),
    "identity.individual.surname": _("the last name"),
    "identity.individual.date_of_birth": _("the date of birth"),
    "identity.individual.address": _("the address"),
    "identity.individual.id_numbers": _("an identity number"),
    "identity.individual.documents.primary_verification": _("a proof of identity"),
    "identity.individual.documents.secondary_verification": _("a proof of address"),
    "identity.business_details.registered_name": _("the company's registered name"),
    "identity.business_details.id_numbers": _("the company's registration number"),
    "identity.attestations.terms_of_service": _("the terms of the payment service"),
    "configuration.recipient.default_outbound_destination": _("a bank account"),
}


def in_words(codes: Iterable[str]) -> list[str]:
    """Stripe's names of what is missing, for the reader."""
    return [translate(WORDS[code]) if code in WORDS else code.replace("_", " ").replace(".", ", ") for code in codes]
