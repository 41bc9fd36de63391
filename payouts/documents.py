"""Invoices and credit notes for the services of creators and of the house: one set a month (docs/money.md, chapter 14)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from creators.tables import Creator
from foundation import audit, clock, number_series, settings
from foundation.database import DB
from foundation.each import each
from foundation.money import Money
from marketplace.tables import Brand
from payouts import document_rules, document_sources, identities, vat_parties
from payouts.brand_invoices import month_before
from payouts.document_rules import Draft
from payouts.document_sources import Parties
from payouts.document_tables import Document, DocumentFile, DocumentKind, DocumentLine
from payouts.exports import local_day
from payouts.tables import PayeeKind
from payouts.vat_matrix import FRENCH_RATE_BP, Treatment, Vat, vat_on_service


@dataclass(frozen=True)
class Waiting:
    """What cannot be issued yet: whose, how much, and the name of what is missing."""

    parties: Parties
    supplier: str
    customer: str
    amount: Money
    missing: str


async def issue_due() -> int:
    """Issue what happened before this month and no document says yet; return how many documents. Safe to run twice at once."""
    period, ends = month_before(clock.now())
    done: list[object] = []

    async def issue(parties: Parties) -> None:
        done.extend(await _issue(parties, period, ends))

    await each(sorted(await document_sources.open_before(ends)), issue)
    return len(done)


async def waiting(ends: datetime | None = None) -> list[Waiting]:
    """What stays without a document because something is not known, the largest first."""
    found = []
    for parties, due in (await document_sources.open_before(ends or clock.now())).items():
        missing, vat = await _readiness(parties)
        amount = sum((one.amount for one in due), Money.zero(parties.currency)) if missing else document_rules.waiting(due, vat)
        if amount is not None and amount.minor:
            seller, buyer = await _party_of(parties, supplier=True), await _party_of(parties, supplier=False)
            found.append(Waiting(parties, seller["name"], buyer["name"], amount, missing or vat.missing or "vat_not_booked"))
    return sorted(found, key=lambda one: -abs(one.amount.minor))


async def unissued(ends: datetime) -> int:
    """How many suppliers and customers have documents of the time before `ends` that could be made and are not."""
    found = 0
    for parties, due in (await document_sources.open_before(ends)).items():
        missing, vat = await _readiness(parties)
        found += bool(not missing and document_rules.drafts(DocumentKind(parties.kind), due, vat))
    return found


async def _readiness(parties: Parties) -> tuple[str, Vat]:
    """The name of what is missing before anything may be issued, and the VAT that the matrix gives."""
    vat = await _vat(parties)
    if parties.supplier_id is None:
        return "", vat
    if await identities.identity_of(parties.supplier_id) is None:
        return "identity", vat
    if await identities.mandate_of(parties.supplier_id) is None:
        return "mandate", vat
    return "", vat


async def _vat(parties: Parties) -> Vat:
    supplier = await vat_parties.party(PayeeKind.CREATOR, parties.supplier_id) if parties.supplier_id else vat_parties.house()
    if parties.customer_id is None:
        return vat_on_service(supplier=supplier, customer=vat_parties.house())
    customer = await vat_parties.party(PayeeKind.BRAND, parties.customer_id)
    found = vat_on_service(supplier=supplier, customer=customer)
    if parties.supplier_id is None and found.missing == "customer_vat_id":
        return Vat(Treatment.CHARGED, FRENCH_RATE_BP, category=document_rules.STANDARD)
    return found


async def _issue(parties: Parties, period: str, ends: datetime) -> list[Document]:
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 14))", f"{parties}")
        missing, vat = await _readiness(parties)
        if missing:
            return []
        due = (await document_sources.open_before(ends, parties)).get(parties, [])
        return [await _store(parties, period, draft) for draft in document_rules.drafts(DocumentKind(parties.kind), due, vat)]


async def _store(parties: Parties, period: str, draft: Draft) -> Document:
    now = clock.now()
    content = await _content(parties, await _number(parties, now), now, period, draft)
    document = Document(
        id=uuid4(),
        kind=parties.kind,
        type_code=draft.type_code,
        number=content["number"],
        supplier=parties.supplier_id,
        customer=parties.customer_id,
        currency=parties.currency,
        period=period,
        vat_bp=draft.vat_bp,
        category=draft.category,
        net_minor=draft.net.minor,
        vat_minor=draft.vat.minor,
        content=json.dumps(content),
        issued_at=now,
    )
    await document.save()
    sign = -1 if draft.is_credit else 1
    rows = [
        DocumentLine(
            id=uuid4(),
            document=document.id,
            source=line.due.source,
            source_id=line.due.source_id,
            words=line.due.words,
            day=line.due.day,
            net_minor=sign * line.net.minor,
            vat_minor=sign * line.vat.minor,
        )
        for line in draft.lines
    ]
    await DocumentLine.insert(*rows)
    from payouts import factur_x  # what draws PDF takes as long to load as the rest of the program

    file = factur_x.file(content)
    await DocumentFile(id=uuid4(), document=document.id, content=file, sha256=hashlib.sha256(file).hexdigest()).save()
    await audit.record(by=None, action="document.issued", kind="document", id=document.id, number=document.number)
    return document


async def _number(parties: Parties, now: datetime) -> str:
    """The next number of the supplier's own series of the year; the house has one for its fees."""
    year = local_day(now).year
    if parties.supplier_id is None:
        return f"FF-{year}-{await number_series.next_number(f'fee:{year}'):06}"
    row = await Creator.select(Creator.handle).where(Creator.id == parties.supplier_id).first()
    name = "".join(sign for sign in (row or {"handle": ""})["handle"].upper() if sign.isalnum() and sign.isascii())[:20]
    return f"{name or 'C'}-{year}-{await number_series.next_number(f'creator:{parties.supplier}:{year}'):05}"


async def _content(parties: Parties, number: str, now: datetime, period: str, draft: Draft) -> dict[str, Any]:
    """Everything that is printed, in plain values."""
    seller = await _party_of(parties, supplier=True)
    return {
        "number": number,
        "type_code": draft.type_code,
        "kind": parties.kind,
        "issued_on": local_day(now).isoformat(),
        "period": period,
        "currency": parties.currency,
        "language": "fr" if seller["country"] == "FR" else "en",
        "house": settings.current().platform_legal_name,
        "seller": seller,
        "buyer": await _party_of(parties, supplier=False),
        "vat_bp": draft.vat_bp,
        "category": draft.category,
        "wording": draft.wording,
        "references": await _references(draft) if draft.is_credit else [],
        "lines": [
            {"words": line.due.words, "day": line.due.day.isoformat(), "net": line.net.minor, "vat": line.vat.minor}
            for line in draft.lines
        ],
        "net": draft.net.minor,
        "vat": draft.vat.minor,
        "total": draft.total.minor,
    }


async def _references(draft: Draft) -> list[dict[str, str]]:
    """The invoices that first said what is credited now."""
    async with DB.connection() as connection:
        rows = await connection.fetch(
            """
            select distinct d.number, d.issued_at from document d join document_line l on l.document = d.id
            where l.source_id = any($1) and l.source = any($2) and l.net_minor + l.vat_minor > 0 order by d.issued_at, d.number
            """,
            [line.due.source_id for line in draft.lines],
            list({line.due.source for line in draft.lines}),
        )
    return [{"number": row["number"], "day": local_day(row["issued_at"]).isoformat()} for row in rows]


async def _party_of(parties: Parties, *, supplier: bool) -> dict[str, str]:
    """Name, address and ids of one side, as they are now."""
    owner = parties.supplier_id if supplier else parties.customer_id
    if owner is None:
        return _house()
    if supplier:
        return await _creator(owner)
    brand = await Brand.objects().where(Brand.id == owner).first()
    profile = await vat_parties.profile_of(PayeeKind.BRAND, owner)
    if brand is None:
        return _house()
    return {
        "key": brand.slug,
        "name": brand.legal_name,
        "street": " ".join(brand.legal_address.split()),
        "postcode": "",
        "town": "",
        "country": profile.country if profile else brand.country,
        "registration": brand.registration,
        "vat_id": profile.vat_id if profile and profile.vat_id else brand.vat_id,
    }


async def _creator(owner: UUID) -> dict[str, str]:
    identity, profile = await identities.identity_of(owner), await vat_parties.profile_of(PayeeKind.CREATOR, owner)
    row = await Creator.select(Creator.handle, Creator.display_name, Creator.country).where(Creator.id == owner).first() or {}
    return {
        "key": str(row.get("handle", "")),
        "name": identity.legal_name if identity else str(row.get("display_name", "")),
        "street": identity.street if identity else "",
        "postcode": identity.postcode if identity else "",
        "town": identity.town if identity else "",
        "country": profile.country if profile else str(row.get("country", "FR")),
        "registration": identity.registration if identity else "",
        "vat_id": profile.vat_id if profile else "",
    }


def _house() -> dict[str, str]:
    now = settings.current()
    return {
        "key": "fanfare",
        "name": now.platform_legal_name,
        "street": now.platform_legal_address,
        "postcode": "",
        "town": "",
        "country": vat_parties.house().country,
        "registration": "",
        "vat_id": now.platform_vat_id,
    }
