"""The VAT matrix: every pair of parties has one answer, and a doubtful one blocks the document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.vat_matrix import EU, Party, Treatment, VatStatus, vat_on_service


def party(country: str, status: VatStatus = VatStatus.REGISTERED, *, checked: bool = True) -> Party:
    return Party(country=country, status=status, vat_id_checked=checked)


@pytest.mark.parametrize(
    ("supplier", "customer", "treatment", "rate_bp", "wording"),
    [
        (party("FR"), party("FR"), Treatment.CHARGED, 2000, ""),
        (party("FR", VatStatus.FRANCHISE, checked=False), party("FR"), Treatment.FRANCHISE, 0, "art. 293 B du CGI"),
        (party("DE"), party("FR"), Treatment.REVERSE_CHARGE, 0, "Autoliquidation, art. 44 et 196"),
        (party("FR"), party("DE"), Treatment.REVERSE_CHARGE, 0, "Autoliquidation, art. 44 et 196"),
        (party("US", VatStatus.UNKNOWN, checked=False), party("FR"), Treatment.SELF_ASSESSED, 0, ""),
        (party("FR"), party("US", VatStatus.UNKNOWN, checked=False), Treatment.OUTSIDE_SCOPE, 0, "art. 259-1 du CGI"),
        (party("US", VatStatus.UNKNOWN, checked=False), party("CA"), Treatment.OUTSIDE_SCOPE, 0, ""),
    ],
)
def test_each_line_of_the_matrix(supplier: Party, customer: Party, treatment: Treatment, rate_bp: int, wording: str) -> None:
    found = vat_on_service(supplier=supplier, customer=customer)
    assert (found.treatment, found.rate_bp, found.missing) == (treatment, rate_bp, "")
    assert wording in found.wording
    assert bool(found.wording) == bool(wording)


@pytest.mark.parametrize(
    ("supplier", "customer", "missing"),
    [
        (party("FR", VatStatus.UNKNOWN), party("FR"), "supplier_status"),
        (party("FR", checked=False), party("FR"), "supplier_vat_id"),
        (party("DE", checked=False), party("FR"), "supplier_vat_id"),
        (party("DE"), party("FR", checked=False), "customer_vat_id"),
        (party("DE", VatStatus.FRANCHISE, checked=False), party("FR"), "supplier_vat_id"),
        (party("DE"), party("DE"), "domestic_rules"),
    ],
)
def test_what_is_not_known_blocks_the_document_and_is_named(supplier: Party, customer: Party, missing: str) -> None:
    found = vat_on_service(supplier=supplier, customer=customer)
    assert (found.treatment, found.missing, found.rate_bp) == (Treatment.BLOCKED, missing, 0)


PARTIES = st.builds(
    Party,
    country=st.sampled_from(["FR", "DE", "IT", "US", "GB", "CH"]),
    status=st.sampled_from(VatStatus),
    vat_id_checked=st.booleans(),
)


@given(PARTIES, PARTIES)
def test_vat_is_charged_only_by_a_checked_french_supplier_and_reversed_only_within_the_union(
    supplier: Party, customer: Party
) -> None:
    found = vat_on_service(supplier=supplier, customer=customer)
    if found.rate_bp:
        assert supplier.country == customer.country == "FR"
        assert supplier.vat_id_checked
    if found.sales_list:
        assert {supplier.country, customer.country} <= EU
        assert supplier.country != customer.country
        assert supplier.vat_id_checked
        assert customer.vat_id_checked
    assert bool(found.missing) == (found.treatment == Treatment.BLOCKED) == (not found.category)
