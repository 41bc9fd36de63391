"""The report of sellers as XML: `DPI_OECD`, as the OECD published it and as the French tax office reads it (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as Xml

from payouts.dac7_sellers import CURRENCY, Quarters, Seller
from payouts.tables import PayeeKind
from payouts.tax_tables import DpiVariant, Indicator


@dataclass(frozen=True)
class Names:
    """What differs between the two: the names of the schemas, and of the elements of taxes."""

    dpi: str
    types: str
    tax: str


NAMES: Final = {
    DpiVariant.OECD: Names("urn:oecd:ties:dpi:v1", "urn:oecd:ties:dpistf:v1", "TaxQ"),
    DpiVariant.FRENCH: Names("urn:oecd:ties:dpi", "urn:oecd:ties:dpistf", "TaxesQ"),
}
RESIDENTIAL: Final = "OECD302"
BUSINESS: Final = "OECD303"
REGISTERED: Final = "OECD304"
LEGAL_NAME: Final = "OECD207"
PERSON_NAME: Final = "OECD202"


@dataclass(frozen=True, kw_only=True)
class Operator:
    """The house that reports. `siren` is its French tax number."""

    name: str
    siren: str
    vat_id: str
    address: str
    country: str = "FR"
    business_name: str = "Fanfare"


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a report says of itself; `reference` is unique for ever. `first` is that of the first report when this one corrects or completes it."""

    variant: DpiVariant
    year: int
    reference: str
    made_at: datetime
    first: str = ""


@dataclass(frozen=True)
class Record:
    """A seller in a report: new, or with `corrects`, the reference of the message whose record of them is corrected or deleted."""

    seller: Seller
    indicator: Indicator = Indicator.NEW
    corrects: str = ""


def written(message: Message, operator: Operator, records: Sequence[Record]) -> bytes:
    """The whole report, UTF-8. The same facts give the same bytes. New records and corrections never stand in one message."""
    return _Writer(message, operator).whole(records)


def document(reference: str, what: str) -> str:
    """The reference of one record: of a seller's id, or of the operator."""
    return f"{reference}_{what}"


class _Writer:
    def __init__(self, message: Message, operator: Operator) -> None:
        self.message, self.operator, self.names = message, operator, NAMES[message.variant]

    def whole(self, records: Sequence[Record]) -> bytes:
        root = Xml.Element("dpi:DPI_OECD", {"xmlns:dpi": self.names.dpi, "xmlns:stf": self.names.types, "version": "1.0"})
        self._spec(self._add(root, "MessageSpec"), self._kind(records))
        body = self._add(root, "DPIBody")
        self._operator(self._add(body, "PlatformOperator"))
        for record in records:
            self._seller(self._add(body, "ReportableSeller"), record)
        Xml.indent(root)
        made: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
        return made

    def _kind(self, records: Sequence[Record]) -> str:
        if not records:
            return "DPI403"
        return "DPI401" if all(record.indicator == Indicator.NEW for record in records) else "DPI402"

    def _spec(self, spec: Xml.Element, kind: str) -> None:
        self._add(spec, "TransmittingCountry", self.operator.country)
        self._add(spec, "ReceivingCountry", self.operator.country)
        self._add(spec, "MessageType", "DPI")
        self._add(spec, "MessageRefId", self.message.reference)
        self._add(spec, "MessageTypeIndic", kind)
        self._add(spec, "ReportingPeriod", f"{self.message.year}-12-31")
        self._add(spec, "Timestamp", f"{self.message.made_at:%Y-%m-%dT%H:%M:%S}")

    def _operator(self, at: Xml.Element) -> None:
        house = self.operator
        self._add(at, "ResCountryCode", house.country)
        self._add(at, "TIN", house.siren, issuedBy=house.country)
        self._add(at, "IN", house.siren, issuedBy=house.country, INType="BRN")
        self._add(at, "VAT", house.vat_id)
        self._add(at, "Name", house.name, nameType=LEGAL_NAME)
        self._add(at, "PlatformBusinessName", house.business_name)
        self._free_address(at, house.country, house.address, REGISTERED)
        self._add(at, "Nexus", "RPONEX1")
        self._add(at, "AssumedReporting", "false")
        if self.message.first:  # it has not changed: sent again under the name that it has
            self._doc(at, Indicator.AGAIN, document(self.message.first, "operator"))
        else:
            self._doc(at, Indicator.NEW, document(self.message.reference, "operator"))

    def _seller(self, at: Xml.Element, record: Record) -> None:
        seller, own = record.seller, str(record.seller.owner)
        identity = self._add(at, "Identity")
        (self._entity if seller.is_company else self._person)(identity, seller)
        self._activities(self._add(at, "RelevantActivities"), seller)
        before = document(record.corrects, own) if record.corrects else ""
        self._doc(at, record.indicator, document(self.message.reference, own), before)

    def _person(self, identity: Xml.Element, seller: Seller) -> None:
        standard = self._add(self._add(identity, "IndividualSeller"), "Standard")
        at = self._add(standard, "IndSellerID")
        self._numbers(at, seller)
        name = self._add(at, "Name", nameType=PERSON_NAME)
        self._add(name, "FirstName", seller.first_name)
        self._add(name, "LastName", seller.last_name)
        self._address(at, seller, RESIDENTIAL)
        birth = self._add(at, "BirthInfo")
        if seller.born_on:
            self._add(birth, "BirthDate", seller.born_on.isoformat())
        if (
            seller.born_in and seller.born_country and not seller.tin
        ):  # the schema asks for it only where no number tells them apart
            place = self._add(birth, "BirthPlace")
            self._add(place, "City", seller.born_in)
            self._add(self._add(place, "CountryInfo"), "CountryCode", seller.born_country)
        self._account(standard, seller)

    def _entity(self, identity: Xml.Element, seller: Seller) -> None:
        standard = self._add(self._add(identity, "EntitySeller"), "Standard")
        at = self._add(standard, "EntSellerID")
        self._numbers(at, seller)
        self._add(at, "Name", seller.name, nameType=LEGAL_NAME)
        self._address(at, seller, BUSINESS)
        self._account(standard, seller)

    def _numbers(self, at: Xml.Element, seller: Seller) -> None:
        self._add(at, "ResCountryCode", seller.country)
        if seller.tin:
            self._add(at, "TIN", seller.tin, issuedBy=seller.country)
        else:
            self._add(at, "TIN", "NOTIN", unknown="true")
        if seller.is_company and seller.registration:
            self._add(at, "IN", seller.registration, issuedBy=seller.country, INType="BRN")
        if seller.vat_id:
            self._add(at, "VAT", seller.vat_id)

    def _address(self, at: Xml.Element, seller: Seller, kind: str) -> None:
        if not seller.town:
            self._free_address(at, seller.country, seller.street, kind)
            return
        address = self._add(at, "Address", legalAddressType=kind)
        self._add(address, "CountryCode", seller.country)
        fixed = self._add(address, "AddressFix")
        self._add(fixed, "Street", seller.street)
        if seller.postcode:
            self._add(fixed, "PostCode", seller.postcode)
        self._add(fixed, "City", seller.town)

    def _free_address(self, at: Xml.Element, country: str, text: str, kind: str) -> None:
        address = self._add(at, "Address", legalAddressType=kind)
        self._add(address, "CountryCode", country)
        self._add(address, "AddressFree", text)

    def _account(self, at: Xml.Element, seller: Seller) -> None:
        if seller.account:
            known = self._add(at, "FinancialIdentifier")
            self._add(known, "Identifier", seller.account, AccountNumberType="Stripe")
            self._add(known, "AccountHolderName", seller.name)

    def _activities(self, at: Xml.Element, seller: Seller) -> None:
        each = self._add(at, "PersonalServices" if seller.kind == PayeeKind.CREATOR else "SaleOfGoods")
        self._amounts(each, "Consideration", "ConsQ", seller.consideration)
        counts = self._add(each, "NumberOfActivities")
        for quarter, count in enumerate(seller.activities.values, 1):
            self._add(counts, f"NumbQ{quarter}", str(count))
        self._amounts(each, "Fees", "FeesQ", seller.fees)
        self._amounts(each, "Taxes", self.names.tax, seller.taxes)

    def _amounts(self, at: Xml.Element, name: str, prefix: str, figures: Quarters) -> None:
        group = self._add(at, name)
        for quarter, euros in enumerate(figures.whole(), 1):
            self._add(group, f"{prefix}{quarter}", str(euros), currCode=CURRENCY)

    def _doc(self, at: Xml.Element, indicator: Indicator, own: str, corrects: str = "") -> None:
        spec = self._add(at, "DocSpec")
        for name, text in (("DocTypeIndic", indicator.value), ("DocRefId", own), ("CorrDocRefId", corrects)):
            if text:
                Xml.SubElement(spec, f"stf:{name}").text = text

    def _add(self, at: Xml.Element, name: str, text: str | None = None, **attributes: str) -> Xml.Element:
        made = Xml.SubElement(at, f"dpi:{name}", attributes)
        if text is not None:
            made.text = _clean(text)[:200]
        return made


def _clean(text: str) -> str:
    """The text without signs that XML cannot carry."""
    return "".join(sign for sign in text if sign >= " " and sign not in "\ufffe\uffff").strip()
