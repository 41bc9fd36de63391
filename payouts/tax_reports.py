"""The yearly report of sellers: looked at, prepared by one person, confirmed by another one for these very bytes (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from foundation import audit, clock, settings
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import NotFound, Refusal, WrongState
from foundation.i18n import _
from payouts import dac7_figures, dac7_sellers, dac7_xml, tax_corrections
from payouts.dac7_sellers import Excluded, Missing, Seller
from payouts.dac7_xml import Message, Operator, Record
from payouts.exports import File, local_day
from payouts.fec import valid_siren
from payouts.runs import SamePerson
from payouts.tables import PayeeKind
from payouts.tax_corrections import Chain
from payouts.tax_tables import DpiVariant, Indicator, TaxReport, TaxReportSeller

WORDS: Final = {DpiVariant.OECD: _("OECD"), DpiVariant.FRENCH: _("France (DGFiP)")}


class YearNotOver(WrongState):
    """A year is reported once it is over; data: `year`."""

    code = "year_not_over"
    message = _("%(year)s is not over. Its report is prepared from the 1st of January on.")


class OperatorIncomplete(WrongState):
    """The house's own name, address or French VAT id is not set."""

    code = "operator_incomplete"
    message = _(
        "The house's name, address and French VAT id have to be set first (FANFARE_LEGAL_NAME, FANFARE_LEGAL_ADDRESS, FANFARE_VAT_ID)."
    )


class SellersIncomplete(Refusal):
    """Somebody has not said all that a report needs; data: `count`."""

    code = "sellers_incomplete"
    status = 422
    message = _("%(count)s sellers are incomplete. Ask them, or say that the report leaves them out.")
    field = "leave_out"


class ReportExists(WrongState):
    """A report of this year and form waits for the second person."""

    code = "report_exists"
    message = _("A report of this year and form waits for the second person. Discard it first.")


class NothingChanged(WrongState):
    """The confirmed reports say all that is to be said."""

    code = "nothing_changed"
    message = _("Nothing has changed since the report that was confirmed.")


class ReportChanged(WrongState):
    """The hash is not that of the file which the checker saw."""

    code = "report_changed"
    message = _("This is not the file that you looked at. Please look again.")


@dataclass(frozen=True)
class Looked:
    """A seller of a year with the reason why they are left out, or what they still have to say."""

    seller: Seller
    excluded: Excluded | None
    missing: tuple[Missing, ...]

    @property
    def ready(self) -> bool:
        return self.excluded is None and not self.missing


@dataclass(frozen=True)
class ReportShown:
    """A report with its names; `follows` another one: it `corrects` what that said, else it only adds sellers."""

    id: UUID
    year: int
    variant: DpiVariant
    reference: str
    sellers: int
    left_out: int
    sha256: str
    maker_id: UUID
    maker: str
    made_at: datetime
    checker: str
    confirmed_at: datetime | None
    discarded_at: datetime | None
    follows: bool
    corrects: bool


async def preview(year: int) -> list[Looked]:
    """Every seller of the year; who is incomplete comes first, who is left out last."""
    looked = [_look(seller) for seller in await dac7_figures.sellers(year)]
    return sorted(looked, key=lambda one: (one.excluded is not None, one.ready))


def operator() -> Operator | None:
    """The house as it reports, None while something of it is not set."""
    now = settings.current()
    siren = now.platform_vat_id[4:] if now.platform_vat_id.startswith("FR") else ""
    if not (valid_siren(siren) and now.platform_legal_name and now.platform_legal_address):
        return None
    return Operator(name=now.platform_legal_name, siren=siren, vat_id=now.platform_vat_id, address=now.platform_legal_address)


async def prepare(*, year: int, variant: DpiVariant, leave_out: bool, by: Principal) -> TaxReport:
    """Write the file of a year and fix it by its hash. `leave_out` agrees that incomplete sellers are not in it.

    After a confirmed report the next one holds what has changed since: corrections and deletions first, then, when those are confirmed,
    sellers who are new. Raises `YearNotOver`, `OperatorIncomplete`, `SellersIncomplete`, `ReportExists`, `NothingChanged`.
    """
    if year >= local_day(clock.now()).year:
        raise YearNotOver(year=year)
    house = operator()
    if house is None:
        raise OperatorIncomplete
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('tax report', $1))", year)
        if await _waiting(year, variant):
            raise ReportExists
        chain = await tax_corrections.chain_of(year, variant)
        looked = await preview(year)
        incomplete = [one for one in looked if one.missing and one.excluded is None]
        if incomplete and not leave_out:
            raise SellersIncomplete(count=len(incomplete))
        records = _records(looked, chain)
        report = _report(year, variant, house, records, chain, len(incomplete), by)
        await report.save()
        if records:
            await TaxReportSeller.insert(*(_row(report.id, record) for record in records))
        await audit.record(
            by=by,
            action="tax_report.prepared",
            kind="tax_report",
            id=report.id,
            year=year,
            sha256=report.sha256,
            sellers=len(records),
            corrects=report.corrects,
        )
    return report


async def confirm(*, report_id: UUID, digest: str, by: Principal) -> None:
    """Say, as the second person, that the file with this hash is what is given to the tax office.

    Raises `NotFound`, `SamePerson`, `ReportChanged`, `WrongState`.
    """
    async with DB.transaction():
        report = await _locked(report_id)
        if report.maker == by.id:
            raise SamePerson
        if report.confirmed_at or report.discarded_at:
            raise WrongState
        if digest != report.sha256 or sha256(report.content).hexdigest() != report.sha256:
            raise ReportChanged
        await TaxReport.update({TaxReport.checker: by.id, TaxReport.confirmed_at: clock.now()}).where(TaxReport.id == report_id)
        await audit.record(by=by, action="tax_report.confirmed", kind="tax_report", id=report_id, sha256=report.sha256)


async def discard(*, report_id: UUID, by: Principal) -> None:
    """Give up a report that nobody has confirmed. Raises `NotFound`, `WrongState`."""
    async with DB.transaction():
        report = await _locked(report_id)
        if report.confirmed_at or report.discarded_at:
            raise WrongState
        await TaxReport.update({TaxReport.discarded_at: clock.now()}).where(TaxReport.id == report_id)
        await audit.record(by=by, action="tax_report.discarded", kind="tax_report", id=report_id)


async def reports(year: int) -> list[ReportShown]:
    """The reports of a year, the newest first."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.id, r.year, r.variant, r.reference, r.sellers, r.left_out, r.sha256, r.maker as maker_id, m.display_name as maker,
                   r.made_at, coalesce(c.display_name, '') as checker, r.confirmed_at, r.discarded_at, r.corrects is not null as follows,
                   exists (select 1 from tax_report_seller s where s.report = r.id and s.indicator <> 'OECD1') as corrects
            from tax_report r join person m on m.id = r.maker left join person c on c.id = r.checker
            where r.year = $1 order by r.made_at desc, r.id
            """,
            year,
        )
    return [ReportShown(**{**dict(row), "variant": DpiVariant(row["variant"])}) for row in rows]


async def file_of(*, report_id: UUID, by: Principal) -> File:
    """The file as it was prepared; who took it is kept. Raises `NotFound`."""
    async with DB.transaction():
        report = await _found(report_id)
        await audit.record(by=by, action="tax_report.read", kind="tax_report", id=report_id, sha256=report.sha256)
    return File(f"dac7-{report.year}-{report.variant}.xml", "application/xml", bytes(report.content))


@dataclass(frozen=True)
class Said:
    """What a confirmed report says of one seller, in whole euros by quarters."""

    year: int
    variant: DpiVariant
    confirmed_at: datetime
    indicator: Indicator
    content: dict[str, Any]


async def said_of(*, kind: PayeeKind, owner: UUID) -> list[Said]:
    """What was reported of a seller, the newest first; the caller has checked who asks."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select r.year, r.variant, r.confirmed_at, s.indicator, s.content from tax_report_seller s join tax_report r on r.id = s.report
            where s.kind = $1 and s.owner = $2 and r.confirmed_at is not null order by r.year desc, r.confirmed_at desc
            """,
            kind.value,
            owner,
        )
    return [
        Said(
            row["year"],
            DpiVariant(row["variant"]),
            row["confirmed_at"],
            Indicator(row["indicator"]),
            msgspec.json.decode(row["content"]),
        )
        for row in rows
    ]


def _look(seller: Seller) -> Looked:
    why = dac7_sellers.excluded(seller)
    return Looked(seller, why, () if why else tuple(dac7_sellers.missing(seller)))


def _records(looked: Sequence[Looked], chain: Chain | None) -> list[Record]:
    """All who are ready in the first report; in a later one what has changed. Raises `NothingChanged`."""
    ready = [one.seller for one in looked if one.ready]
    if chain is None:
        return [Record(seller) for seller in ready]
    known = {(one.seller.kind, one.seller.owner) for one in looked}
    excluded = {(one.seller.kind, one.seller.owner) for one in looked if one.excluded} | (set(chain.told) - known)
    records = tax_corrections.changes(chain.told, ready, excluded)
    if not records:
        raise NothingChanged
    return records


def _report(
    year: int,
    variant: DpiVariant,
    house: Operator,
    records: Sequence[Record],
    chain: Chain | None,
    left_out: int,
    by: Principal,
) -> TaxReport:
    report_id, now = uuid4(), clock.now()
    reference = f"OP_{year}_{house.siren}_{report_id.hex}"
    message = Message(variant=variant, year=year, reference=reference, made_at=now, first=chain.first if chain else "")
    content = dac7_xml.written(message, house, records)
    return TaxReport(
        id=report_id,
        year=year,
        variant=variant,
        reference=message.reference,
        sellers=len(records),
        corrects=chain.last if chain else None,
        left_out=left_out,
        content=content,
        sha256=sha256(content).hexdigest(),
        maker=by.id,
        made_at=now,
    )


def _row(report_id: UUID, record: Record) -> TaxReportSeller:
    content = msgspec.json.encode(tax_corrections.content_of(record.seller)).decode()
    seller = record.seller
    return TaxReportSeller(
        id=uuid4(), report=report_id, kind=seller.kind.value, owner=seller.owner, content=content, indicator=record.indicator
    )


async def _waiting(year: int, variant: DpiVariant) -> bool:
    mine = (TaxReport.year == year) & (TaxReport.variant == variant.value)
    return await TaxReport.exists().where(mine & TaxReport.discarded_at.is_null() & TaxReport.confirmed_at.is_null())


async def _locked(report_id: UUID) -> TaxReport:
    report = await TaxReport.objects().where(TaxReport.id == report_id).lock_rows("UPDATE").first()
    if report is None:
        raise NotFound
    return report


async def _found(report_id: UUID) -> TaxReport:
    report = await TaxReport.objects().where(TaxReport.id == report_id).first()
    if report is None:
        raise NotFound
    return report
