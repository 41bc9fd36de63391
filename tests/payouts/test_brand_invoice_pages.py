"""Brands see and pay their invoices, finance sees how old everything is, creators see where their sales stand, and nobody another's."""

from __future__ import annotations

import io
from datetime import timedelta

from pypdf import PdfReader

from foundation import clock, stripe_gateway
from foundation.tables import Role
from payouts import brand_invoice_lists, brand_invoices, brand_payments, off_platform
from payouts.off_platform_tables import BrandInvoice, BrandPayment
from tests.cast import Cast
from tests.marketplace import stall
from tests.payouts.facts import person
from tests.payouts.shop_sales import next_month, shop


async def test_from_the_sale_to_the_payment_everybody_reads_the_same(server: str, cast: Cast) -> None:
    house = await shop()
    ada, nour = await cast.client(house.stage.ada), await cast.client(house.stage.nour)
    assert "No invoice yet" in (await ada.get("/brand/invoices")).text
    assert "Nothing sold yet" in (await nour.get("/studio/shop-sales")).text
    await house.sale(10_000, accepted=False)
    assert "The brand checks it" in (await nour.get("/studio/shop-sales")).text
    await house.sale(20_000)
    assert "invoiced on the first of next month" in (await nour.get("/studio/shop-sales")).text
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
    [invoice] = await BrandInvoice.objects()
    here = f"/brand/invoices/{invoice.number}"
    page = (await ada.get(here)).text
    assert "€30.00" in page
    assert "S-2" in page
    assert "Nour" in page
    assert "S-2" in (await ada.get(f"{here}/lines.csv")).text
    printed = await ada.get(f"{here}/invoice.pdf")
    text = " ".join(part.extract_text() for part in PdfReader(io.BytesIO(printed.content)).pages)
    assert all(word in text for word in (invoice.number, "30.00", "S-2", "Nour"))
    assert (await nour.get(f"{here}/invoice.pdf")).status_code in {403, 404}
    assert "the brand pays by" in (await nour.get("/studio/shop-sales")).text
    answer = await ada.post(f"{here}/pay")
    assert answer.status_code == 303
    form = (await ada.get(answer.headers["location"])).text
    assert "data-secret" in form
    [payment] = await BrandPayment.objects()
    await stripe_gateway.confirm_payment(payment=payment.intent_id, payment_method="pm_card_bypassPending", key="k")
    paid = (await ada.post(f"/brand/payments/{payment.id}/confirmed")).text
    assert "Paid. Thank you!" in paid
    assert (await ada.post(f"{here}/pay")).status_code == 409
    await off_platform.release_paid()
    assert "Available" in (await nour.get("/studio/shop-sales")).text


async def test_finance_sees_what_is_open_and_how_old_it_is(server: str, cast: Cast) -> None:
    house = await shop()
    await house.sale(10_000)
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
    [invoice] = await BrandInvoice.objects()
    fay = await cast.client(await person("fay", Role.FINANCE_MAKER))
    page = (await fay.get("/finance/invoices")).text
    assert invoice.number in page
    assert (await fay.get(f"/finance/invoices/{invoice.number}")).status_code == 200
    for days, age in ((0, 0), (31, 1), (61, 2), (91, 3), (121, 4)):
        with clock.shifted(next_month() + timedelta(days=days)):
            [standing] = await brand_invoice_lists.standing("EUR")
        assert [bool(part.minor) for part in standing.ages] == [place == age for place in range(5)], days
        assert standing.open.minor == invoice.total_minor
    with clock.shifted(next_month() + timedelta(days=34)):
        assert await brand_invoices.remind_due() == 1


async def test_another_brand_and_people_without_a_role_find_nothing(server: str, cast: Cast) -> None:
    house = await shop()
    await house.sale(10_000)
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
    [invoice] = await BrandInvoice.objects()
    payment = await brand_payments.pay_invoice(number=invoice.number, brand_id=house.stage.brand_id, by=house.stage.ada)
    bruno = await stall.person("bruno")
    await stall.brand(bruno, name="Velours")
    other = await cast.client(bruno)
    for path in (
        f"/brand/invoices/{invoice.number}",
        f"/brand/invoices/{invoice.number}/lines.csv",
        f"/brand/payments/{payment}",
    ):
        assert (await other.get(path)).status_code == 404, path
    for path in (f"/brand/invoices/{invoice.number}/pay", f"/brand/payments/{payment}/confirmed"):
        assert (await other.post(path)).status_code == 404, path
    for path in ("/finance/invoices", f"/finance/invoices/{invoice.number}"):
        assert (await other.get(path)).status_code == 403, path


async def test_a_payment_in_advance_needs_an_amount(server: str, cast: Cast) -> None:
    house = await shop()
    ada = await cast.client(house.stage.ada)
    for amount in ("", "much", "-5", "0.50"):
        assert (await ada.post("/brand/invoices/credit?currency=EUR", data={"amount": amount})).status_code == 422, amount
    answer = await ada.post("/brand/invoices/credit?currency=EUR", data={"amount": "50"})
    assert answer.status_code == 303
    assert "€50.00" in (await ada.get(answer.headers["location"])).text
