"""The house's own bank in the demo: what it earned leaves Stripe after each payout run, and a statement of the bank arrives."""

from __future__ import annotations

from datetime import date, timedelta

from entrypoints.demo import travel
from foundation import clock, stripe_gateway
from foundation.accounts import Principal
from foundation.money import Money
from payouts import bank, bank_payouts, connected, ledger, simulation
from payouts.bank_tables import StripePayout
from payouts.chart import Account, Code
from payouts.exports import local_day, plain

COSTS = Money(-990, "EUR")
"""What the bank takes for the account: a line that nothing explains, left on the board for a person."""


async def send_earnings() -> None:
    """Half of what the house has earned less Stripe's fees goes to its bank, once a day; nothing while that is below ten euros."""
    if await stripe_gateway.payouts(since=clock.now() - timedelta(hours=12)):
        return
    fees = await ledger.balance(Account(Code.PLATFORM_FEE), "EUR")
    costs = await ledger.balance(Account(Code.STRIPE_FEES), "EUR")
    earned = Money((fees - costs).minor // 2, "EUR")
    there = min(earned, await simulation.stripe_available("EUR"))
    if there.minor >= 1000:
        await travel.pay_out(there.minor)


async def bring_statement(by: Principal) -> None:
    """The statement of the month until yesterday, as the bank's pages give it away: every payout that has arrived, and the bank's costs.

    What went to payees' banks is looked up as well.
    """
    await bank_payouts.pull()
    await connected.look_around()
    today = local_day(clock.now())
    arrived = [
        row
        for row in await StripePayout.objects().order_by(StripePayout.arrives_on)
        if row.arrives_on < today and not row.account
    ]
    lines = [
        _line(row.arrives_on, f"VIR STRIPE {row.trace_id or row.id}", Money(row.amount_minor, row.currency)) for row in arrived
    ]
    if not lines:
        return
    lines.append(_line(arrived[-1].arrives_on, "FRAIS DE TENUE DE COMPTE", COSTS))
    text = "\n".join(["Date,Description,Amount,Currency", *lines, ""])
    statement = await bank.receive(name=f"releve-{today:%Y-%m}.csv", content=text.encode(), by=by)
    await bank.take(statement_id=statement, by=by)


def _line(day: date, text: str, amount: Money) -> str:
    return f"{day.isoformat()},{text},{plain(amount)},{amount.currency}"
