"""The watch over the invariants: looked at every quarter of an hour, kept, told to finance, and payout runs stop (docs/money.md, chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from foundation import clock, mails
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _
from foundation.tables import Person, Role, RoleGrant
from foundation.vendor import VendorError
from payouts import invariants, proofs
from payouts.proofs import Proof
from payouts.tables import InvariantCheck

SETTLING: Final = frozenset({"I3", "I4", "I7", "I8"})
"""Invariants that wait for another transaction or for Stripe: they stop runs when the same offender stands in two checks in a row."""


class BooksBroken(Refusal):
    """An invariant does not hold, so no payout run moves; data: `codes`."""

    code = "books_broken"
    status = 409
    message = _("Payout runs are stopped: %(codes)s does not hold. See the lights, mend the cause and check again.")


@dataclass(frozen=True)
class Check:
    """One look at the invariants; `stopping` are the codes that stop payout runs."""

    id: int
    checked_at: datetime
    proofs: tuple[Proof, ...]
    stopping: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The codes that did not hold at that moment, stopping or not yet."""
        return tuple(proof.code for proof in self.proofs if not proof.holds)


def stops(found: Sequence[Proof], before: Sequence[Proof]) -> tuple[str, ...]:
    """The codes that stop payout runs: what is broken; of those in `SETTLING`, what was broken by the same before."""
    known = {proof.code: _names(proof) for proof in before if not proof.holds}
    return tuple(
        proof.code
        for proof in found
        if not proof.holds and (proof.code not in SETTLING or not known.get(proof.code, frozenset()).isdisjoint(_names(proof)))
    )


def _names(proof: Proof) -> frozenset[str]:
    """The offenders without what may change from look to look: of I3, the currency and the difference."""
    return frozenset(offender.partition(":")[0] for offender in proof.offenders)


async def check() -> Check:
    """Prove all invariants, keep what was found, and write to finance when another one stops payout runs.

    I3 is left out while Stripe does not answer: nothing is known of it then.
    """
    found = await _all()
    async with DB.transaction():
        async with DB.connection() as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('invariant check', 0))")
        before = await latest()
        stopping = stops(found, before.proofs if before else ())
        row = InvariantCheck(checked_at=clock.now(), proofs=msgspec.json.encode(found).decode(), stopping=",".join(stopping))
        await row.save()
        new = set(stopping) - set(before.stopping if before else ())
        if new:
            await _alert(row.id, [proof for proof in found if proof.code in stopping])
    return _check(row)


async def latest() -> Check | None:
    """The last look, None when there was none yet."""
    rows = await history(limit=1)
    return rows[0] if rows else None


async def history(*, limit: int = 48) -> list[Check]:
    """The last looks, newest first; 48 of them are half a day."""
    rows = await InvariantCheck.objects().order_by(InvariantCheck.id, ascending=False).limit(limit)
    return [_check(row) for row in rows]


async def demand_sound_books() -> None:
    """Raises `BooksBroken` when the last look found something that stops payout runs."""
    last = await latest()
    if last and last.stopping:
        raise BooksBroken(codes=", ".join(last.stopping))


def trail(offender: str) -> str:
    """What the money trace finds an offender by, '' when it has no trace: `journal 12` is `J-12`."""
    kind, _space, name = offender.partition(" ")
    if kind == "journal":
        return f"J-{name.partition(' ')[0]}"
    return name if kind in {"order", "transfer"} else ""


async def _all() -> list[Proof]:
    found = [*await proofs.verify(), *await invariants.check()]
    with suppress(VendorError):
        found.append(await invariants.stripe_agrees())
    return sorted(found, key=lambda proof: int(proof.code[1:]))


async def _alert(check_id: int, broken: list[Proof]) -> None:
    for reader in await _finance():
        await mails.write(
            to=reader["email"],
            locale=reader["locale"],
            template="books_broken.html",
            once=f"invariants {check_id}",
            broken=broken,
            words=invariants.WORDS,
        )


async def _finance() -> list[dict[str, str]]:
    roles = [Role.FINANCE_MAKER, Role.FINANCE_CHECKER]
    ids = {row["person"] for row in await RoleGrant.select(RoleGrant.person).where(RoleGrant.role.is_in(roles))}
    return (
        await Person.select(Person.email, Person.locale).where(Person.id.is_in(list(ids)) & Person.disabled_at.is_null())
        if ids
        else []
    )


def _check(row: InvariantCheck) -> Check:
    return Check(
        id=row.id,
        checked_at=row.checked_at,
        proofs=tuple(msgspec.json.decode(row.proofs, type=list[Proof])),
        stopping=tuple(row.stopping.split(",")) if row.stopping else (),
    )
