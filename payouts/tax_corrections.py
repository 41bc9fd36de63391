"""What has changed since a year's report of sellers was given away: records are corrected, deleted or new (docs/money.md, chapter 17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from foundation.database import DB
from payouts.dac7_sellers import Quarters, Seller
from payouts.dac7_xml import Record
from payouts.tables import PayeeKind
from payouts.tax_tables import DpiVariant, Indicator

FIGURES = ("consideration", "activities", "fees", "taxes")
Place = tuple[PayeeKind, UUID]
Content = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """The last record of a seller: what it said, and the reference of its message."""

    reference: str
    content: Content


@dataclass(frozen=True)
class Chain:
    """The confirmed reports of a year and form: the first one's reference, the last one, and what they say of each seller together."""

    first: str
    last: UUID
    told: Mapping[Place, Told]


def content_of(seller: Seller) -> Content:
    """What a report says of a seller, as it is kept: identity, and whole euros (or counts) by quarters."""
    figures = {
        "consideration": seller.consideration.whole(),
        "activities": seller.activities.values,
        "fees": seller.fees.whole(),
        "taxes": seller.taxes.whole(),
    }
    left_out = {*figures, "kind", "owner", "others", "identified"}
    told = {name: value for name, value in asdict(seller).items() if name not in left_out}
    if seller.tin:
        told.update(born_in="", born_country="")  # a report says it only of those who have no number
    kept: Content = msgspec.json.decode(msgspec.json.encode({**told, **figures}, enc_hook=str))
    return kept


def changes(told: Mapping[Place, Told], ready: Sequence[Seller], excluded: Iterable[Place]) -> list[Record]:
    """The records of the next message: corrections and deletions when there are any, else who is new; both never stand in one.

    Who is reported no more by the rules (`excluded`, or nobody's seller now) is deleted; who has become incomplete stays as they were said.
    """
    place_of = {(seller.kind, seller.owner): seller for seller in ready}
    corrected = [
        Record(seller, Indicator.CORRECTED, told[place].reference)
        for place, seller in place_of.items()
        if place in told and content_of(_seller(place, told[place].content)) != content_of(seller)
    ]
    gone = [
        Record(_seller(place, told[place].content), Indicator.DELETED, told[place].reference)
        for place in sorted(set(excluded) & set(told))
    ]
    return corrected + gone or [Record(seller) for place, seller in place_of.items() if place not in told]


async def chain_of(year: int, variant: DpiVariant) -> Chain | None:
    """The confirmed reports, None before the first one."""
    async with DB.connection() as connection:
        reports = await connection.fetch(
            "select id, reference, corrects from tax_report where (year, variant) = ($1, $2) and confirmed_at is not null order by confirmed_at, made_at",
            year,
            variant.value,
        )
        rows = await connection.fetch(
            """
            select distinct on (s.kind, s.owner) s.kind, s.owner, s.content, s.indicator, r.reference
            from tax_report_seller s join tax_report r on r.id = s.report
            where (r.year, r.variant) = ($1, $2) and r.confirmed_at is not null order by s.kind, s.owner, r.confirmed_at desc, r.made_at desc
            """,
            year,
            variant.value,
        )
    if not reports:
        return None
    told = {
        (PayeeKind(row["kind"]), row["owner"]): Told(row["reference"], msgspec.json.decode(row["content"]))
        for row in rows
        if row["indicator"] != Indicator.DELETED
    }
    return Chain(reports[0]["reference"], reports[-1]["id"], told)


def _seller(place: Place, content: Content) -> Seller:
    """A seller as a report said them."""
    told = {**content, "born_on": date.fromisoformat(content["born_on"]) if content["born_on"] else None}
    for name in FIGURES:
        one, two, three, four = (value if name == "activities" else value * 100 for value in content[name])
        told[name] = Quarters((one, two, three, four))
    return Seller(kind=place[0], owner=place[1], **told)
