"""The money trace: every kind of id leads to its sale, from the tap to the line of the bank and back, each within an index."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.database import DB
from marketplace.tables import Payment
from payouts import (
    bank,
    bank_payouts,
    brand_invoices,
    connected,
    documents,
    off_platform,
    trace,
    trace_bank,
    trace_ids,
    trace_shop,
    transfers,
)
from payouts.bank_tables import BankMatch, PayoutPart, StripePayout
from payouts.document_tables import Document
from payouts.off_platform_tables import BrandInvoice, ShopCommission
from payouts.tables import Commission, Payee, PayoutItem
from tests.cast import Cast
from tests.marketplace.stall import person
from tests.payouts import test_documents
from tests.payouts.facts import Sale
from tests.payouts.ready import Ready, approved, ready
from tests.payouts.shop_sales import next_month, shop
from tests.payouts.statements import camt
from tests.stand_ins import StandIn

LATER = timedelta(days=10)


async def paid_to_the_last_bank(made: Ready) -> tuple[Sale, str]:
    """A sale whose shares are at the payees' banks, and whose charge went with a payout that is on our bank's statement."""
    await made.sale(90_000)
    sale = await made.sale(6000)
    await made.books()
    run = await approved(made)
    await transfers.execute(run_id=run.id)
    await made.sandbox.admin("payouts", {"amount": 1000})
    await made.sandbox.admin("clock", {"advance": LATER.total_seconds()})
    with clock.shifted(LATER):
        await bank_payouts.pull()
        assert await connected.look_around() == 2
        await made.books()
    ours = await StripePayout.objects().get(StripePayout.account == "")
    assert ours is not None
    statement = await bank.receive(name="a.xml", content=camt(day=ours.arrives_on.isoformat()), by=made.fay)
    await bank.take(statement_id=statement, by=made.fay)
    return sale, run.number


async def test_every_id_from_the_tap_to_the_bank_leads_to_the_sale_and_the_whole_way_is_shown(
    db: None, stripe_sandbox: StandIn, cast: Cast
) -> None:
    made = await ready(stripe_sandbox)
    sale, run = await paid_to_the_last_bank(made)
    await test_documents.told(made.market)
    with clock.shifted(timedelta(days=32)):
        await documents.issue_due()
    payment = await Payment.objects().get(Payment.order == sale.order_id)
    commission = await Commission.objects().get(Commission.order == sale.order_id)
    item = await PayoutItem.objects().get(PayoutItem.id == commission.creator_item) if commission else None
    part = await PayoutPart.objects().get(PayoutPart.source_id == item.payment_id) if item else None
    ours = await StripePayout.objects().get(StripePayout.account == "")
    theirs = await StripePayout.objects().get(StripePayout.id == part.payout) if part else None
    match = await BankMatch.objects().first()
    document = await Document.objects().where(Document.kind == "on_behalf").first()
    assert commission and payment and item and ours and theirs and match and document  # noqa: PT018  # all are there
    kinds = {
        "order": sale.number, "charge": sale.charge, "intent": payment.intent_id, "commission": str(commission.id),
        "transfer": item.transfer_id, "payment at the payee": item.payment_id, "item": str(item.id), "run": run,
        "payout to our bank": ours.id, "payout to the payee's bank": theirs.id, "trace id": theirs.trace_id,
        "end-to-end id": "STRIPE-1", "bank's own reference": "A1", "line of the bank": str(match.line), "match": str(match.id),
        "document": document.number, "movement of the payout": ours.transaction, "part": part.transaction if part else "",
    }  # fmt: skip
    kinds.pop("part")  # a movement of the payee's own account is not ours to mirror
    for kind, id_ in kinds.items():
        known = await trace_ids.find(str(id_))
        assert sale.order_id in {one.order_id for one in known.found}, kind
    for kind, id_, named in (
        ("payout to our bank", ours.id, {"payout", "bank_line"}),
        ("bank's own reference", "A1", {"payout", "bank_line"}),
        ("trace id", theirs.trace_id, {"payee_payout"}),
        ("transfer", item.transfer_id, {"transfer"}),
        ("run", run, {"run"}),
        ("document", document.number, {"document"}),
    ):
        assert {one.kind for one in (await trace_ids.find(str(id_))).places} == named, kind
    traced = await trace.trace(sale.order_id)
    assert traced is not None
    [house] = traced.banked_as(sale.charge)
    assert (house.payout_id, house.line, house.part) == (ours.id, "STRIPE PAYOUT", house.part)
    assert {one.side for one in traced.paid} == {"creator", "brand"}
    for paid in traced.paid:
        [bank_of_payee] = traced.banked_as(paid.payment_id)
        assert (bank_of_payee.part, bank_of_payee.status) == (paid.amount, "paid")
        assert bank_of_payee.reference.startswith("FANFARE")
    fay = await cast.client(made.fay)
    page = (await fay.get(f"/finance/trace?q={sale.number}")).text
    for words in (theirs.id, theirs.trace_id, ours.id, "STRIPE PAYOUT", "In the payee&#39;s bank", item.transfer_id):
        assert str(words) in page or str(words).replace("&#39;", "'") in page, words
    assert "Line of the bank" in (await fay.get("/finance/trace?q=A1")).text


async def test_a_sale_in_a_brands_own_shop_is_traced_by_its_invoice_its_documents_and_its_payment(db: None, cast: Cast) -> None:
    made = await shop()
    conversion = await made.sale(10_000)
    with clock.shifted(next_month()):
        await brand_invoices.issue_due()
    invoice, line = await BrandInvoice.objects().first(), await ShopCommission.objects().first()
    assert invoice
    assert line
    for id_ in ("S-1", str(conversion), str(line.id), invoice.number, str(invoice.id), invoice.number.lower()):
        known = await trace_ids.find(id_)
        assert [one.sale_id for one in known.found] == [line.id], id_
    assert [one.kind for one in (await trace_ids.find(invoice.number)).places] == ["brand_invoice"]
    traced = await trace_shop.shop_trace(line.id)
    assert traced is not None
    assert (traced.number, traced.commission.minor, traced.invoice.number if traced.invoice else "") == (
        "S-1",
        1000,
        invoice.number,
    )
    assert [journal.kind for journal in traced.journals] == ["S1", "S2"]
    fay = await cast.client(await person("fay"))
    for language in ("en", "fr"):
        page = await fay.get("/finance/trace?q=S-1", headers={"Accept-Language": language})
        assert (page.status_code, invoice.number in page.text) == (200, True)
    await off_platform.release_paid()


@pytest.mark.parametrize(
    "text", ["", " ", "J-", "J-999999999999999999", "%", "po_nothing", "NOTPROVIDED", "'; select 1", "x" * 500, "\\"]
)
async def test_what_names_nothing_leads_nowhere(db: None, text: str) -> None:
    assert await trace_ids.find(text) == trace_ids.Known([], [])


async def test_every_id_is_looked_up_in_an_index(db: None) -> None:
    texts, ids = "'{a,b}'::text[]", "'{00000000-0000-0000-0000-000000000001}'::uuid[]"
    async with DB.transaction(), DB.connection() as connection:
        await connection.execute("set local enable_seqscan = off")  # what is read in order now has no index at all
        for query in (trace_ids.PAYOUTS, trace_ids.PARTS, trace_ids.ORDERS, trace_ids.SALES, trace_ids.PLACES, trace_bank.BANKED):
            filled = query.replace("$3", texts).replace("$2", ids).replace("$1", texts)
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {filled}"))
            assert "Seq Scan" not in plan, plan
    assert await Payee.count() == 0
