"""Sales of brands' own shops in the books: accepted, invoiced, paid, released, returned at any moment."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from foundation import accounts, clock, stripe_gateway
from foundation.errors import NotFound
from foundation.tables import Mail, Role
from moderation import sanctions
from payouts import (
    brand_credit,
    brand_invoices,
    brand_payments,
    chart,
    funds,
    invariants,
    ledger,
    off_platform,
    proofs,
    reconciliation,
)
from payouts.brand_payments import InvoicePaid
from payouts.chart import Code
from payouts.ledger import Source, credit, debit
from payouts.off_platform import owed
from payouts.off_platform_tables import BrandInvoice, BrandPayment, BrandPaymentStatus, InvoiceStatus, ShopCommission
from payouts.tables import CommissionStatus
from tests.marketplace import stall
from tests.payouts.shop_sales import Shop, euros, next_month, shop
from tests.stand_ins import StandIn


@pytest.fixture
async def house(db: None, stripe_sandbox: StandIn) -> Shop:
    return await shop()


async def invoiced(house: Shop) -> BrandInvoice:
    """The brand's invoice of this month, written in the next."""
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
    [invoice] = await BrandInvoice.objects()
    return invoice


async def pay(house: Shop, invoice: BrandInvoice) -> BrandPayment:
    """The brand pays the invoice by card at the stand-in, and the news is folded."""
    brand, ada = house.stage.brand_id, house.stage.ada
    payment = await brand_payments.pay_invoice(number=invoice.number, brand_id=brand, by=ada)
    await brand_payments.payment_form(payment_id=payment, brand_id=brand, by=ada)
    row = await brand_payments.payment_of(payment_id=payment, brand_id=brand, by=ada)
    await stripe_gateway.confirm_payment(payment=row.intent_id, payment_method="pm_card_bypassPending", key=f"k{payment}")
    assert await brand_payments.settle(intent_id=row.intent_id)
    return row


async def sound() -> None:
    """All invariants hold."""
    broken = [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds]
    assert broken == []


async def test_an_accepted_sale_is_owed_by_the_brand_and_waits_for_its_payment(house: Shop) -> None:
    await house.sale(10_000)
    assert await house.all() == {"1205": 1500, "2120": -1000, "2300": -500}
    assert await off_platform.release_paid() == 0, "nothing is paid before the brand has paid"
    await sound()


async def test_a_sale_that_waits_or_was_declined_books_nothing(house: Shop) -> None:
    waiting = await house.sale(accepted=False)
    await off_platform.fold(conversion_id=waiting)
    assert await house.all() == {}
    with pytest.raises(NotFound):
        await off_platform.fold(conversion_id=house.stage.show_id)


async def test_the_same_news_again_changes_nothing(house: Shop) -> None:
    sale = await house.sale(9_999)
    await house.returned(1, "r1", 3_333)
    for _again in range(3):
        await off_platform.fold(conversion_id=sale)
    once = await house.all()
    await off_platform.fold(conversion_id=sale)
    assert await house.all() == once
    await sound()


async def test_a_month_is_invoiced_once_and_paid_by_card_and_then_the_creator_has_it(house: Shop) -> None:
    await house.sale(10_000)
    await house.sale(5_000)
    invoice = await invoiced(house)
    assert (invoice.commission_minor, invoice.fee_minor, invoice.number[:3]) == (1500, 750, "FI-")
    assert await house.stands(Code.BRAND_UNBILLED) == 0
    assert await house.stands(Code.BRAND_INVOICED) == invoice.total_minor
    with clock.shifted(next_month()):
        assert await brand_invoices.issue_due() == 0
    assert await Mail.count().where(Mail.recipient == house.stage.ada.email).where(Mail.subject.like("%FI-%")) == 1
    await pay(house, invoice)
    [paid] = await BrandInvoice.objects()
    assert paid.status == InvoiceStatus.PAID
    assert await off_platform.release_paid() == 2
    assert (await house.nour()).available == euros(1500)
    with pytest.raises(InvoicePaid):
        await brand_payments.pay_invoice(number=invoice.number, brand_id=house.stage.brand_id, by=house.stage.ada)
    await sound()


async def test_a_payment_told_three_times_counts_once_and_reconciles_with_stripe(house: Shop, stripe_sandbox: StandIn) -> None:
    await house.sale(10_000)
    row = await pay(house, await invoiced(house))
    for _again in range(3):
        assert await brand_payments.settle(intent_id=row.intent_id)
    await stripe_sandbox.admin("clock", {"advance": 5})
    with clock.shifted(timedelta(minutes=10)):
        await funds.sweep()
        assert (await reconciliation.reconcile()).open == 0
    assert (await invariants.stripe_agrees()).holds
    assert await house.stands(Code.BRAND_INVOICED) == 0
    await sound()


async def test_somebody_elses_intent_is_none_of_ours(house: Shop) -> None:
    assert not await brand_payments.settle(intent_id="pi_somebody_elses")


async def test_returns_before_after_the_invoice_and_after_the_payment_end_where_one_return_ends(house: Shop) -> None:
    early, late, last = await house.sale(10_000), await house.sale(10_000), await house.sale(10_000)
    await house.returned(1, "early", 2_500)
    await off_platform.fold(conversion_id=early)
    invoice = await invoiced(house)
    assert invoice.commission_minor == 2_750
    await house.returned(2, "late")
    await off_platform.fold(conversion_id=late)
    assert brand_credit.unpaid((await BrandInvoice.objects())[0]).minor == invoice.total_minor - 1500
    await pay(house, invoice)
    assert await off_platform.release_paid() == 2
    assert (await house.nour()).available == euros(1_750)
    await house.returned(3, "last", 5_000)
    await off_platform.fold(conversion_id=last)
    assert (await house.nour()).available == euros(1_250)
    assert await house.stands(Code.BRAND_CREDIT) == 750, "what comes back after the payment is the brand's credit"
    await sound()


async def test_a_return_after_the_payout_leaves_a_debt_that_the_next_release_pays(house: Shop) -> None:
    sale = await house.sale(10_000)
    await pay(house, await invoiced(house))
    await off_platform.release_paid()
    await house.returned(1, "late")
    purse = chart.purse("creator", house.stage.creator_id)
    await ledger.post(
        key="gone",
        kind="P1",
        event_at=clock.now(),
        source=Source(kind="test", id="1"),
        lines=(debit(purse.available, euros(1000)), credit(purse.in_payout, euros(1000))),
    )
    await off_platform.fold(conversion_id=sale)
    assert (await house.nour()).debt == euros(1000)


async def test_credit_in_advance_pays_the_next_invoice_by_itself(house: Shop) -> None:
    brand, ada = house.stage.brand_id, house.stage.ada
    payment = await brand_payments.pay_in_advance(brand_id=brand, amount=euros(5_000), by=ada)
    await brand_payments.payment_form(payment_id=payment, brand_id=brand, by=ada)
    row = await brand_payments.payment_of(payment_id=payment, brand_id=brand, by=ada)
    await stripe_gateway.confirm_payment(payment=row.intent_id, payment_method="pm_card_bypassPending", key="k")
    await brand_payments.settle(intent_id=row.intent_id)
    assert await house.stands(Code.BRAND_CREDIT) == 5_000
    await house.sale(10_000)
    invoice = await invoiced(house)
    assert invoice.status == InvoiceStatus.PAID
    assert await house.stands(Code.BRAND_CREDIT) == 5_000 - invoice.total_minor
    assert await off_platform.release_paid() == 1
    await sound()


async def test_little_is_carried_to_the_next_month(house: Shop) -> None:
    await house.sale(300)
    with clock.shifted(next_month()):
        assert await brand_invoices.issue_due() == 0
    assert await BrandInvoice.count() == 0
    assert await house.stands(Code.BRAND_UNBILLED) == 45


async def test_what_a_return_after_the_form_leaves_is_what_is_paid(house: Shop) -> None:
    sale = await house.sale(10_000)
    invoice = await invoiced(house)
    brand, ada = house.stage.brand_id, house.stage.ada
    first = await brand_payments.pay_invoice(number=invoice.number, brand_id=brand, by=ada)
    assert await brand_payments.pay_invoice(number=invoice.number, brand_id=brand, by=ada) == first, "asked twice, one payment"
    await brand_payments.payment_form(payment_id=first, brand_id=brand, by=ada)
    await house.returned(1, "some", 5_000)
    await off_platform.fold(conversion_id=sale)
    second = await brand_payments.pay_invoice(number=invoice.number, brand_id=brand, by=ada)
    assert second != first
    await brand_payments.look_again()
    rows = {row.id: row for row in await BrandPayment.objects()}
    assert rows[first].status == BrandPaymentStatus.CANCELLED
    assert rows[second].amount_minor == invoice.total_minor - 750


async def test_a_banned_creators_part_is_held_until_the_ban_is_lifted(house: Shop) -> None:
    max_ = await accounts.create(email="max@fanfare.example", display_name="Max", roles=(Role.MODERATOR,))
    await house.sale(10_000)
    await pay(house, await invoiced(house))
    ban = await sanctions.ban(person_id=house.stage.nour.id, place="", reason="Sells what is not hers.", by=max_)
    await off_platform.release_paid()
    [row] = await ShopCommission.objects()
    assert (row.status, (await house.nour()).held) == (CommissionStatus.HELD, euros(1000))
    await sanctions.lift(sanction_id=ban, by=max_)
    await off_platform.release_paid()
    assert (await house.nour()).available == euros(1000)
    await sound()


async def test_another_brand_sees_and_pays_no_invoice_of_ours(house: Shop) -> None:
    await house.sale(10_000)
    invoice = await invoiced(house)
    bruno = await stall.person("bruno")
    other = await stall.brand(bruno, name="Velours")
    for brand in (other.id, house.stage.brand_id):
        with pytest.raises(NotFound):
            await brand_payments.pay_invoice(number=invoice.number, brand_id=brand, by=bruno)


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_returns_and_invoice_gives_the_same_total(house: Shop, seed: int) -> None:
    """Whatever comes when: what brand and creator are left with is what remains of the sales."""
    chance = random.Random(seed)
    sales = [await house.sale(chance.randrange(1_000, 20_000), accepted=False) for _ in range(3)]
    steps = [("accept", place) for place in range(3)] + [("return", place) for place in range(3)]
    chance.shuffle(steps)
    for place, (what, number) in enumerate(steps):
        if what == "accept":
            await house.accept(sales[number])
        else:
            await house.returned(number + 1, f"r{place}", chance.randrange(0, 900))
            await off_platform.fold(conversion_id=sales[number])
        if place == 3:
            with clock.shifted(next_month()):
                await brand_invoices.issue_due()
    rows = await ShopCommission.objects()
    left = [owed(euros(row.net_minor - row.returned_minor), commission_bp=1000, fee_bp=row.fee_bp) for row in rows]
    assert [row.amount_minor - row.reversed_minor for row in rows] == [part.commission.minor for part in left]
    assert (await house.nour()).pending.minor == sum(part.commission.minor for part in left)
    await sound()
