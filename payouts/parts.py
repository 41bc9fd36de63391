"""What each commission of a line gives back when part of the line's gross goes back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.money import Money
from payouts import commission, earnings
from payouts.tables import Commission


def given_back(rows: Sequence[Commission], amount: Money) -> list[commission.Shares]:
    """What each commission of a line gives back when `amount` of the line is refunded now; below zero: what it has again.

    What remains of the line is cut by the same shares as the line was, so any sequence of refunds ends where one refund of their sum does.
    """
    remaining = [earnings.gross_of(row) - earnings.refunded_of(row) for row in rows]
    after = (sum(remaining[1:], remaining[0]) - amount).split([row.share_bp for row in rows])
    return [
        commission.shares(before, earnings.rule_of(row)) - commission.shares(part, earnings.rule_of(row))
        for row, before, part in zip(rows, remaining, after, strict=True)
    ]


def spread(amount: Money, rows: Sequence[Commission]) -> dict[UUID, Money]:
    """An amount of the whole order over its lines by what remains of each, at most all of it: order line -> part."""
    left: dict[UUID, int] = {}
    for row in rows:
        minor = (earnings.gross_of(row) - earnings.refunded_of(row)).minor
        left[row.order_line] = left.get(row.order_line, 0) + minor
    lines = sorted(line for line, minor in left.items() if minor)
    within = min(amount, Money(sum(left.values()), amount.currency))
    if not lines or not within.minor:
        return {}
    return dict(zip(lines, within.split([left[line] for line in lines]), strict=True))
