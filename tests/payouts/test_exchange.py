"""A platform that Stripe pays in euros sells in dollars, yen and dinars; payees' money is followed to their banks (docs/money.md)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock, stripe_gateway
from foundation.money import Money
from marketplace import disputes as at_bank
from marketplace.dispute_tables import Dispute
from marketplace.tables import Payment, RefundStatus
from payouts import (
    bank_payouts,
    chart,
    clawbacks,
    disputes,
    earnings,
    exchange,
    invariants,
    ledger,
    looks,
    proofs,
    purses,
    reconciliation,
    runs,
    transfers,
)
from payouts.chart import Account, Code
from payouts.exchange import Rate
from payouts.exchange_tables import Exchange
from payouts.tables import Payee, PayeeKind, PayoutItem
from tests.payouts.facts import Sale
from tests.payouts.ready import Ready, approved, ready
from tests.stand_ins import StandIn

RATES = {"usd": 920_000, "jpy": 610_000, "kwd": 300_000}
CREATOR = PayeeKind.CREATOR


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Ready:
    await stripe_sandbox.admin("exchange", {"into": "eur", "rates": RATES})
    return await ready(stripe_sandbox)


async def sold(house: Ready, minor: int, currency: str) -> Sale:
    """A sale that was really charged at the stand-in, in that currency."""
    sale = await house.market.order(minor, paid_at=clock.now() - timedelta(days=15), currency=currency)
    paid = await stripe_gateway.open_payment(amount=Money(minor, currency), order_id=str(sale.order_id), key=str(uuid4()))
    done = await stripe_gateway.confirm_payment(payment=paid.id, payment_method="pm_card_bypassPending", key=str(uuid4()))
    sale.charge = done.charge or ""
    await Payment.update({Payment.charge_id: sale.charge, Payment.intent_id: done.id}).where(Payment.order == sale.order_id)
    await earnings.credit_sale(order_id=sale.order_id)
    return sale


async def stands(code: Code, currency: str) -> int:
    return (await ledger.balance(Account(code), currency)).minor


async def sound() -> None:
    found = [*await proofs.verify(), *await invariants.check(), await invariants.stripe_agrees()]
    assert [proof for proof in found if not proof.holds] == []


async def test_dollars_yen_and_dinars_are_settled_in_euros_and_agree_to_the_cent(house: Ready) -> None:
    await sold(house, 6000, "USD")
    await sold(house, 9000, "JPY")
    await sold(house, 20_010, "KWD")
    await house.books()
    worth = {"USD": (6000, 5520), "JPY": (9000, 5490), "KWD": (20_010, 6003)}
    for currency, (sale_minor, _got) in worth.items():
        assert (await stands(Code.STRIPE_PENDING, currency), await stands(Code.FX_CLEARING, currency)) == (0, sale_minor)
    assert await stands(Code.FX_CLEARING, "EUR") == -sum(got for _sale, got in worth.values())
    fees = sum((got * 150 + 5000) // 10_000 + 25 for _sale, got in worth.values())
    assert await stands(Code.STRIPE_AVAILABLE, "EUR") == sum(got for _sale, got in worth.values()) - fees
    assert (await reconciliation.reconcile(whole=True)).open == 0
    await sound()
    assert await exchange.settle() == 0
    assert await Exchange.count() == 3


async def test_a_refund_is_exchanged_at_its_own_days_rate(house: Ready) -> None:
    sale = await sold(house, 6000, "USD")
    await sold(house, 6000, "USD")
    await house.books()
    await house.sandbox.admin("exchange", {"into": "eur", "rates": RATES | {"usd": 950_000}})
    row = await Payment.objects().where(Payment.order == sale.order_id).first()
    assert row is not None
    made = await stripe_gateway.refund(payment=str(row.intent_id), amount=Money(6000, "USD"), key=str(uuid4()), metadata={})
    await clawbacks.claw_back(refund_id=await sale.refund({0: 6000}, status=RefundStatus.SUCCEEDED, stripe_id=made.id))
    await house.books()
    assert await stands(Code.FX_CLEARING, "USD") == 6000
    assert await stands(Code.FX_CLEARING, "EUR") == -2 * 5520 + 5700
    assert (await looks.look()).open == 0
    await sound()


async def test_a_creator_who_earned_dollars_is_paid_in_euros(house: Ready) -> None:
    await sold(house, 12_000, "USD")
    await sold(house, 12_000, "EUR")
    await house.books()
    run = await approved(house)
    held = await purses.contents(CREATOR, house.market.creator.id, "USD")
    assert held.available == Money(0, "USD")
    paid = {row.amount_minor for row in await PayoutItem.objects().where(PayoutItem.run == run.id)}
    assert 2000 + 1840 in paid
    await transfers.execute(run_id=run.id)
    await house.books()
    await sound()


async def test_what_nobody_exchanged_before_is_not_exchanged_by_guess(house: Ready) -> None:
    sale = await house.market.order(12_000, paid_at=clock.now() - timedelta(days=15), currency="USD")
    await earnings.credit_sale(order_id=sale.order_id)
    await earnings.release_due()
    assert await exchange.convert_all(into="EUR") == 0
    with pytest.raises(runs.NothingToPay):
        await runs.draft(by=house.fay)
    assert (await purses.contents(CREATOR, house.market.creator.id, "USD")).available == Money(2000, "USD")


async def test_the_rates_of_a_months_end_are_a_gain_or_a_loss_once(house: Ready) -> None:
    await sold(house, 6000, "USD")
    await house.books()
    await house.sandbox.admin("exchange", {"into": "eur", "rates": RATES | {"usd": 930_000}})
    await sold(house, 10_000, "USD")
    await house.books()
    with clock.shifted(timedelta(days=35)):
        assert await exchange.revalue_due() == ["EUR"]
        assert await exchange.revalue_due() == []
    assert await stands(Code.FX_GAIN, "EUR") == 16_000 * 93 // 100 - 5520 - 9300
    await sound()


@given(st.integers(1, 10**12), st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_rate_is_two_whole_numbers_and_gives_back_its_own(amount: int, given_minor: int, got_minor: int) -> None:
    rate = Rate(Money(given_minor, "JPY"), Money(got_minor, "KWD"))
    assert rate.of(rate.given) == rate.got
    assert abs(rate.of(Money(amount, "JPY")).minor * given_minor - amount * got_minor) * 2 <= given_minor


async def test_money_that_left_is_followed_to_the_payees_bank_and_back(house: Ready) -> None:
    await house.sale(12_000)
    await house.books()
    await transfers.execute(run_id=(await approved(house)).id)
    payee = await Payee.objects().where(Payee.stripe_account_id == house.nour_account).first()
    assert payee is not None

    async def at() -> list[int]:
        codes = (Code.MEMO_AT_STRIPE, Code.MEMO_IN_TRANSIT, Code.MEMO_AT_BANK)
        return [(await ledger.balance(Account(code, "payee", str(payee.id)), "EUR")).minor for code in codes]

    assert await at() == [2000, 0, 0]
    payout = await house.sandbox.admin("payouts", {"account": house.nour_account})
    for _time in range(2):
        await bank_payouts.note(payout=payout["id"], account=house.nour_account)
    assert await at() == [0, 2000, 0]
    await house.sandbox.admin("clock", {"advance": 3 * 86_400})
    await house.sandbox.flush()
    await bank_payouts.note(payout=payout["id"], account=house.nour_account)
    assert await at() == [0, 0, 2000]
    await house.sandbox.admin(f"payouts/{payout['id']}/fail", {"account": house.nour_account})
    for _time in range(2):
        await bank_payouts.note(payout=payout["id"], account=house.nour_account)
    assert await at() == [2000, 0, 0]
    item = await PayoutItem.objects().where(PayoutItem.payee == payee.id).first()
    assert item is not None
    await stripe_gateway.reverse_transfer(transfer=str(item.transfer_id), amount=Money(500, "EUR"), key="back", metadata={})
    await transfers.confirm(transfer_id=str(item.transfer_id))
    assert await at() == [1500, 0, 0]
    await sound_of("I12")


async def sound_of(code: str) -> None:
    assert [proof.holds for proof in await invariants.check() if proof.code == code] == [True]


async def disputed(house: Ready, sale: Sale, outcome: str = "") -> None:
    """The buyer's bank takes the money, or decides; the news is folded twice."""
    if outcome:
        row = await Dispute.objects().get(Dispute.order == sale.order_id)
        assert row is not None
        told = row.stripe_dispute_id
        await house.sandbox.admin(f"disputes/{told}/{outcome}")
    else:
        told = (await house.sandbox.admin("disputes", {"charge": sale.charge, "reason": "fraudulent"}))["id"]
    for _time in range(2):
        await at_bank.settle_dispute(stripe_dispute_id=told)
        known = await Dispute.objects().get(Dispute.stripe_dispute_id == told)
        assert known is not None
        await disputes.fold(dispute_id=known.id)
    await house.books()


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_dispute_in_dollars_is_exchanged_at_the_rates_of_its_days(house: Ready, outcome: str) -> None:
    sale = await sold(house, 6000, "USD")
    await sold(house, 90_000, "EUR")
    await house.books()
    await house.sandbox.admin("exchange", {"into": "eur", "rates": RATES | {"usd": 930_000}})
    await disputed(house, sale)
    row = await Dispute.objects().get(Dispute.order == sale.order_id)
    assert row is not None
    assert (row.withdrawn_minor, row.currency, row.fee_minor, row.fee_currency) == (6000, "USD", 2000, "EUR")
    assert (await stands(Code.FX_CLEARING, "USD"), await stands(Code.FX_CLEARING, "EUR")) == (0, 5580 - 5520)
    assert (await stands(Code.STRIPE_AVAILABLE, "USD"), await stands(Code.DISPUTE_FEES, "EUR")) == (0, 2000)
    assert (await looks.look()).open == 0
    await sound()
    await house.sandbox.admin("exchange", {"into": "eur", "rates": RATES | {"usd": 915_000}})
    await disputed(house, sale, outcome)
    disputed_funds = await ledger.balance(chart.of_order(Code.DISPUTED, sale.order_id), "USD")
    assert disputed_funds == Money(0, "USD")
    if outcome == "won":
        assert (await stands(Code.FX_CLEARING, "USD"), await stands(Code.FX_CLEARING, "EUR")) == (6000, 60 - 5490)
        assert await stands(Code.DISPUTE_FEES, "EUR") == 0
    else:
        assert await stands(Code.RECHARGED, "EUR") == 2000, "the seller bears the fee, in the currency of Stripe's balance"
    assert (await looks.look()).open == 0
    await sound()
