"""How a sale is shared: among the visits that led to it, and among those who host a show together. Whole basis points, none lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from creators.attribution_facts import WHOLE, HostFact, Model, Reason, Sale, Share, TermsFact, TouchFact

REASONS = {
    Model.LAST_TOUCH: Reason.LAST_TOUCH_IN_WINDOW,
    Model.FIRST_TOUCH: Reason.FIRST_TOUCH_IN_WINDOW,
    Model.LINEAR: Reason.SHARED_EQUALLY,
    Model.POSITION_BASED: Reason.SHARED_BY_POSITION,
}
FIRST_BP, LAST_BP = 4000, 4000
"""What the first and the last visit have in the position-based model; those between share the rest."""


def weights(model: Model, visits: int) -> list[int]:
    """What each of `visits` visits has, in basis points, oldest first; the sum is 10,000."""
    if model is Model.LAST_TOUCH:
        return [0] * (visits - 1) + [WHOLE]
    if model is Model.FIRST_TOUCH:
        return [WHOLE] + [0] * (visits - 1)
    if model is Model.LINEAR or visits <= 2:
        return parted(WHOLE, [1] * visits)
    return [FIRST_BP, *parted(WHOLE - FIRST_BP - LAST_BP, [1] * (visits - 2)), LAST_BP]


def parted(amount: int, ratios: Sequence[int]) -> list[int]:
    """`amount` cut by `ratios` into whole parts: largest remainder, ties to the earlier part."""
    total = sum(ratios)
    parts = [amount * ratio // total for ratio in ratios]
    by_remainder = sorted(range(len(ratios)), key=lambda place: (-(amount * ratios[place] % total), place))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def visits_of(touches: Sequence[TouchFact]) -> list[list[TouchFact]]:
    """Touches in time order as visits: what follows one another in the same show, or in none for the same collaboration, is one."""
    visits: list[list[TouchFact]] = []
    for touch in touches:
        if visits and _place(visits[-1][-1]) == _place(touch):
            visits[-1].append(touch)
        else:
            visits.append([touch])
    return visits


def _place(touch: TouchFact) -> tuple[UUID | None, UUID]:
    return touch.show_id, touch.collaboration_id


def hosts_share(sale: Sale, touch: TouchFact, terms: TermsFact, hosts: Sequence[HostFact], bp: int) -> list[Share]:
    """`bp` of a line for a touch, shared by those who hosted that show by then.

    A co-host who is the buyer or banned has nothing: the share stays with the host.
    """
    together = [
        host
        for host in hosts
        if host.show_id == touch.show_id
        and host.since <= touch.at
        and host.person_id != sale.buyer_id
        and host.creator_id not in sale.banned
    ]
    if not together:
        return [Share(creator_id=terms.creator_id, show_id=touch.show_id, terms_id=terms.id, touch_id=touch.id, bp=bp)]
    ratios = [WHOLE - sum(host.share_bp for host in together), *(host.share_bp for host in together)]
    creators = [terms.creator_id, *(host.creator_id for host in together)]
    return [
        Share(creator_id=creator, show_id=touch.show_id, terms_id=terms.id, touch_id=touch.id, bp=part)
        for creator, part in zip(creators, parted(bp, ratios), strict=True)
    ]


def merged(shares: Iterable[Share]) -> tuple[Share, ...]:
    """One share for each creator, show and terms, the greatest first; its touch is the last that brought some of it."""
    parts = list(shares)
    if len(parts) == 1 and parts[0].bp:
        return (parts[0],)
    sums: dict[tuple[str, str, str], Share] = {}
    for share in parts:
        key = (str(share.creator_id), str(share.show_id), str(share.terms_id))
        before = sums.get(key)
        bp = share.bp + (before.bp if before else 0)
        sums[key] = Share(
            creator_id=share.creator_id, show_id=share.show_id, terms_id=share.terms_id, touch_id=share.touch_id, bp=bp
        )
    return tuple(share for _key, share in sorted(sums.items(), key=lambda item: (-item[1].bp, item[0])) if share.bp)
