"""Which posting would bring the books to what Stripe or the bank says, how urgent a difference is, and what helps: pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from foundation.i18n import _
from foundation.money import Money
from payouts.chart import Account, Code
from payouts.ledger import Line, credit, debit


class Stake(StrEnum):
    """What a difference can cost."""

    LOSS = "loss"
    LATE = "late"
    PAPERS = "papers"


STAKES: Final = {
    **dict.fromkeys(
        ("E01", "E02", "E03", "E04", "E05", "E06", "E07", "E10", "E11", "E12", "E13", "E14", "E15", "E19"), Stake.LOSS
    ),
    **dict.fromkeys(("E08", "E09", "E17"), Stake.LATE),
    **dict.fromkeys(("E16", "E18", "E20"), Stake.PAPERS),
}
STAKE_WORDS: Final = {
    Stake.LOSS: _("money can be lost"),
    Stake.LATE: _("money is late"),
    Stake.PAPERS: _("the papers are wrong"),
}
DAYS: Final = {
    **dict.fromkeys(("E06", "E07", "E08", "E11", "E20"), 1),
    **dict.fromkeys(("E01", "E02", "E03", "E04", "E12", "E15"), 3),
    **dict.fromkeys(("E09", "E10"), 5),
    **dict.fromkeys(("E05", "E13", "E14", "E19"), 7),
    **dict.fromkeys(("E16", "E17", "E18"), 30),
}
"""So many days a difference may stay open."""

ADVICE: Final = {
    "E01": _("Find what moved at Stripe. When its sale is credited late, the difference goes by itself."),
    "E02": _("Ask Stripe what became of it. Nothing is paid out from money that is not there."),
    "E03": _("Compare both sides below and book the rest where it belongs."),
    "E04": _("Stripe settled it in another currency. A sale is exchanged by itself as soon as its order is known."),
    "E05": _("Stripe took another fee than was told. Compare it with the contract."),
    "E06": _("Give the second charge back to the buyer at Stripe; the order is paid once."),
    "E07": _("Nobody approved this transfer. Ask who has keys to Stripe, and reverse it there."),
    "E08": _("Open its run: look it up at Stripe, or decide about a new attempt."),
    "E09": _("Ask the bank with Stripe's reference. Read newer statements first."),
    "E10": _("Match it with payouts, or book it as a receipt until somebody claims it."),
    "E11": _("Mend the bank account at Stripe. Stripe has the money again and books it back by itself."),
    "E12": _(
        "Ask who did it there. A refund of an order is taken over: sellers give back their shares and the buyer has a credit note."
    ),
    "E13": _("Read what Stripe says of this kind of movement before anything is booked."),
    "E14": _("Stripe fills it from the payee's next money; while it stays below zero, Stripe holds us liable."),
    "E15": _("Read Stripe's letter: it says why and for how long."),
    "E16": _("Nothing to book. Tell the accountant how much the closed month would have differed."),
    "E17": _("Too much: give it back or leave it as credit. Not paid: ask the brand."),
    "E18": _("Ask the creator to complete the papers; invoices in their name follow by themselves."),
    "E19": _("Compare Stripe's rate with the day's. What it cost is an exchange loss."),
    "E20": _("Stop payouts, keep the database as it is, and compare with the last export of the chain."),
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rules know of a difference. `amount` as it is kept: what the ledger has more than Stripe, or the amount in question.

    `ours` is what the ledger booked in another currency (E04), `owner` whose account it is (E17), `place` the account of Stripe's on
    which it stands (E02), `against` what a person chose among `choices`.
    """

    code: str
    leg: str
    amount: Money
    ours: Money | None = None
    owner: str = ""
    place: Code = Code.STRIPE_AVAILABLE
    against: Code | None = None


def choices(code: str, leg: str, amount: Money) -> dict[Code, str]:
    """What else the amount may be booked against, with its words, the usual one first; empty where there is no choice."""
    if (code, leg) == ("E10", "bank line") and amount.minor < 0:
        return {Code.STRIPE_FEES: _("Costs of the bank"), Code.UNAPPLIED: _("Not known yet")}
    return {}


def proposal(facts: Facts) -> tuple[Line, ...]:
    """The lines that would be booked; none where there is nothing to book."""
    if facts.code == "E04" and facts.ours is not None:
        return (
            *_moved(Code.STRIPE_AVAILABLE, Code.SUSPENSE, -facts.ours),
            *_moved(Code.STRIPE_AVAILABLE, Code.SUSPENSE, -facts.amount),
        )
    if facts.code == "E10":
        offered = choices(facts.code, facts.leg, facts.amount)
        usual = Code.IN_TRANSIT if facts.leg == "bank return" else next(iter(offered), Code.UNAPPLIED)
        return _moved(Code.BANK, facts.against if facts.against in offered else usual, facts.amount)
    if facts.code == "E17":
        return _given_up(facts) if facts.leg == "paid too much" else ()
    if facts.code == "E19":
        return _moved(Code.FX_CLEARING, Code.FX_GAIN if facts.amount.minor > 0 else Code.FX_LOSS, facts.amount)
    if facts.code in _AGAINST:
        return _moved(facts.place, _AGAINST[facts.code], -facts.amount)
    return ()


def _moved(moved: Code, explained: Code, amount: Money) -> tuple[Line, ...]:
    """`amount` comes onto the one account and is explained by the other; below zero it goes."""
    return debit(Account(moved), amount), credit(Account(explained), amount)


def _given_up(facts: Facts) -> tuple[Line, ...]:
    return debit(Account(Code.BRAND_CREDIT, "brand", facts.owner), facts.amount), credit(Account(Code.UNAPPLIED), facts.amount)


_AGAINST: Final = {
    "E01": Code.SUSPENSE,
    "E02": Code.SUSPENSE,
    "E03": Code.SUSPENSE,
    "E05": Code.STRIPE_FEES,
    "E06": Code.UNAPPLIED,
    "E07": Code.SUSPENSE,
    "E12": Code.SUSPENSE,
    "E13": Code.SUSPENSE,
    "E15": Code.STRIPE_RESERVED,
}
