"""Which VAT a document between a supplier of services and its customer carries (docs/money.md, chapter 10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
FRENCH_RATE_BP = 2000


class VatStatus(StrEnum):
    """How a party stands towards VAT; unknown until it has said so and it was checked."""

    REGISTERED = "registered"
    FRANCHISE = "franchise"
    UNKNOWN = "unknown"


class Treatment(StrEnum):
    """What the document says of VAT."""

    CHARGED = "charged"
    FRANCHISE = "franchise"
    REVERSE_CHARGE = "reverse_charge"
    SELF_ASSESSED = "self_assessed"
    OUTSIDE_SCOPE = "outside_scope"
    BLOCKED = "blocked"


@dataclass(frozen=True, kw_only=True)
class Party:
    """One side of the document: country (ISO 3166-1 alpha-2), status, and whether its VAT id is valid by VIES."""

    country: str
    status: VatStatus
    vat_id_checked: bool = False


@dataclass(frozen=True)
class Vat:
    """The treatment, the rate in basis points, the wording that the law asks for (French, on the document as it is) and what blocks it.

    `category` is the code of EN 16931 (UNTDID 5305), empty when blocked. `sales_list`: the document belongs in the EC sales list.
    """

    treatment: Treatment
    rate_bp: int = 0
    wording: str = ""
    category: str = ""
    sales_list: bool = False
    missing: str = ""


def vat_on_service(*, supplier: Party, customer: Party) -> Vat:
    """The VAT of a service between businesses (directive 2006/112/EC, art. 44 and 196; CGI art. 259, 283-2 and 293 B).

    Blocked, with the name of what is missing, while the answer would rest on something not known or not checked.
    """
    if supplier.country not in EU:
        return (
            Vat(Treatment.SELF_ASSESSED, category="O") if customer.country in EU else Vat(Treatment.OUTSIDE_SCOPE, category="O")
        )
    if supplier.status == VatStatus.UNKNOWN:
        return Vat(Treatment.BLOCKED, missing="supplier_status")
    if supplier.country == customer.country:
        return _domestic(supplier)
    if customer.country not in EU:
        return Vat(
            Treatment.OUTSIDE_SCOPE, wording="TVA non applicable, art. 259-1 du CGI" * (supplier.country == "FR"), category="O"
        )
    for party, name in ((supplier, "supplier_vat_id"), (customer, "customer_vat_id")):
        if not party.vat_id_checked:
            return Vat(Treatment.BLOCKED, missing=name)
    wording = "Autoliquidation, art. 44 et 196 de la directive 2006/112/CE"
    return Vat(Treatment.REVERSE_CHARGE, wording=wording, category="AE", sales_list=True)


def _domestic(supplier: Party) -> Vat:
    if supplier.country != "FR":
        return Vat(Treatment.BLOCKED, missing="domestic_rules")
    if supplier.status == VatStatus.FRANCHISE:
        return Vat(Treatment.FRANCHISE, wording="TVA non applicable, art. 293 B du CGI", category="E")
    if not supplier.vat_id_checked:
        return Vat(Treatment.BLOCKED, missing="supplier_vat_id")
    return Vat(Treatment.CHARGED, FRENCH_RATE_BP, category="S")
