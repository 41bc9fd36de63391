"""What the rules of attribution are told about orders, read from the tables. One order or thousands: the same queries."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from creators.attribution_facts import CodeGiven, HostFact, Model, Sale, SaleLine, TermsFact, TouchFact
from foundation.database import DB

LONGEST_WINDOW = timedelta(days=30)
"""No terms look back further (the brief's own limit); older touches are not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that decides one order; `terms` and `hosts` may hold more than it needs."""

    sale: Sale
    touches: Sequence[TouchFact]
    terms: Sequence[TermsFact]
    hosts: Sequence[HostFact]


async def facts_of(order_ids: Collection[UUID]) -> list[Facts]:
    """The facts of these orders, in the order of their ids; an id without an order has none."""
    orders = await _rows(_ORDERS, list(order_ids))
    touches = await _touches([row["id"] for row in orders])
    codes = await _codes([row["id"] for row in orders])
    works = {touch.collaboration_id for each in touches.values() for touch in each}
    terms = await terms_of(works | {code.collaboration_id for each in codes.values() for code in each if code})
    hosts = await _hosts({touch.show_id for each in touches.values() for touch in each if touch.show_id})
    bans = await bans_of({version.creator_id for version in terms} | {host.creator_id for host in hosts})
    terms_by_work, hosts_by_show = _grouped(terms), _by_show(hosts)
    return [
        _facts(row, touches.get(row["id"], []), codes.get(row["id"], []), terms_by_work, hosts_by_show, bans) for row in orders
    ]


async def terms_of(collaboration_ids: Collection[UUID]) -> list[TermsFact]:
    """All versions of the terms of these collaborations, as the rules read them."""
    if not collaboration_ids:
        return []
    rows = await _rows(
        """
        select t.id, t.collaboration as collaboration_id, t.version, t.frozen_at, c.ended_at, c.creator as creator_id,
               p.person as creator_person_id, c.brand as brand_id, c.brief as brief_id, t.products, t.window_days, t.model
        from terms t join collaboration c on c.id = t.collaboration join creator p on p.id = c.creator
        where c.id = any($1::uuid[])
        """,
        list(collaboration_ids),
    )
    return [_terms_fact(dict(row)) for row in rows]


def _terms_fact(row: dict[str, Any]) -> TermsFact:
    products = frozenset(UUID(text) for text in json.loads(row.pop("products")))
    return TermsFact(products=products, window=timedelta(days=row.pop("window_days")), model=Model(row.pop("model")), **row)


_ORDERS = """
    select o.id, o.buyer, o.placed_at, o.show_id, o.touch_id,
           array(select m.brand from brand_member m where m.person = o.buyer and m.since <= o.placed_at) as member_of,
           l.lines, l.products, l.brands
    from shop_order o join lateral (
        select array_agg(l.id order by l.id) as lines, array_agg(v.product order by l.id) as products,
               array_agg(l.brand order by l.id) as brands
        from order_line l left join variant v on v.id = l.variant where l."order" = o.id
    ) l on true
    where o.id = any($1::uuid[]) order by o.id
"""
_TOUCHES = """
    select o.id as order_id, t.id, t.person as person_id, t.show as show_id,
           coalesce(s.collaboration, l.collaboration) as collaboration_id, t.kind, t.product as product_id, t.at
    from shop_order o join touch t on t.person = o.buyer and t.at > o.placed_at - $2::interval and t.at <= o.placed_at
    left join show s on s.id = t.show
    left join click k on t.show is null and k.id = t.id left join tracking_link l on l.id = k.link
    where coalesce(s.collaboration, l.collaboration) is not null and o.id = any($1::uuid[])
"""


async def _touches(order_ids: list[UUID]) -> dict[UUID, list[TouchFact]]:
    found: dict[UUID, list[TouchFact]] = {}
    for row in await _rows(_TOUCHES, order_ids, LONGEST_WINDOW):
        found.setdefault(row["order_id"], []).append(
            TouchFact(
                id=row["id"],
                person_id=row["person_id"],
                show_id=row["show_id"],
                collaboration_id=row["collaboration_id"],
                kind=row["kind"],
                product_id=row["product_id"],
                at=row["at"],
            )
        )
    return found


_CODES = """
    select o."order", k.id, k.brand as brand_id, k.collaboration as collaboration_id, k.created_at as given_at, k.ended_at
    from order_code o left join promo_code k on k.id = o.code where o."order" = any($1::uuid[])
"""


async def _codes(order_ids: list[UUID]) -> dict[UUID, list[CodeGiven | None]]:
    """The codes that counted for an order's brands; None for one that names nobody."""
    found: dict[UUID, list[CodeGiven | None]] = {}
    for row in await _rows(_CODES, order_ids):
        code = CodeGiven(**{key: row[key] for key in _OF_CODE}) if row["id"] else None
        found.setdefault(row["order"], []).append(code)
    return found


_OF_CODE = ("id", "brand_id", "collaboration_id", "given_at", "ended_at")


async def _hosts(show_ids: Collection[UUID]) -> list[HostFact]:
    if not show_ids:
        return []
    rows = await _rows(
        """
        select h.show as show_id, h.creator as creator_id, c.person as person_id, h.share_bp, h.answered_at as since
        from show_host h join creator c on c.id = h.creator where h.show = any($1::uuid[]) and h.status = 'accepted'
        """,
        list(show_ids),
    )
    return [HostFact(**dict(row)) for row in rows]


async def bans_of(creator_ids: Collection[UUID]) -> list[tuple[UUID, datetime, datetime | None]]:
    """From when until when these creators were banned everywhere."""
    if not creator_ids:
        return []
    rows = await _rows(
        """
        select c.id, s.decided_at, least(s.until, s.lifted_at) as ended_at from sanction s join creator c on c.person = s.person
        where c.id = any($1::uuid[]) and s.kind = 'ban' and s.place = ''
        """,
        list(creator_ids),
    )
    return [(row["id"], row["decided_at"], row["ended_at"]) for row in rows]


def _facts(
    row: Any,
    touches: list[TouchFact],
    typed: Sequence[CodeGiven | None],
    terms: dict[UUID, list[TermsFact]],
    hosts: dict[UUID, list[HostFact]],
    bans: Sequence[tuple[UUID, datetime, datetime | None]],
) -> Facts:
    codes = tuple(code for code in typed if code is not None)
    works = {touch.collaboration_id for touch in touches} | {code.collaboration_id for code in codes}
    placed_at = row["placed_at"]
    lines = zip(row["lines"] or (), row["products"] or (), row["brands"] or (), strict=True)
    sale = Sale(
        order_id=row["id"],
        buyer_id=row["buyer"],
        placed_at=placed_at,
        show_id=row["show_id"],
        touch_id=row["touch_id"],
        member_of=frozenset(row["member_of"]),
        lines=tuple(SaleLine(id=line, product_id=product, brand_id=brand) for line, product, brand in lines),
        code_given=bool(typed),
        codes=codes,
        banned=frozenset(
            creator for creator, begun, ended in bans if begun <= placed_at and (ended is None or ended > placed_at)
        ),
    )
    return Facts(
        sale=sale,
        touches=touches,
        terms=[version for work in works for version in terms.get(work, ())],
        hosts=[host for show in {touch.show_id for touch in touches if touch.show_id} for host in hosts.get(show, ())],
    )


def _grouped(terms: Sequence[TermsFact]) -> dict[UUID, list[TermsFact]]:
    grouped: dict[UUID, list[TermsFact]] = {}
    for version in terms:
        grouped.setdefault(version.collaboration_id, []).append(version)
    return grouped


def _by_show(hosts: Sequence[HostFact]) -> dict[UUID, list[HostFact]]:
    grouped: dict[UUID, list[HostFact]] = {}
    for host in hosts:
        grouped.setdefault(host.show_id, []).append(host)
    return grouped


async def _rows(query: str, *values: object) -> list[Any]:
    async with DB.connection() as connection:
        return list(await connection.fetch(query, *values))
