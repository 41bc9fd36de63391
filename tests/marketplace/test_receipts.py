"""The papers of a purchase: invoices without gaps that never change, one mail for the buyer, an account for a guest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from foundation import guests, mails, settings
from foundation.attachment_tables import MailAttachment
from foundation.database import DB
from foundation.errors import NotFound
from foundation.one_time_links import LinkSpent
from foundation.tables import Mail
from marketplace import checkout, invoice_pdf, invoices, receipts, refunds
from marketplace.invoice_tables import Invoice
from marketplace.postal import ShipTo
from marketplace.tables import Brand, Order
from tests.cast import Browser, Cast
from tests.marketplace.stall import HOME, buy, open_payment, order, pay_at_stripe, payment_of, person, place, stall
from tests.marketplace.test_bag import market, nour10

pytestmark = pytest.mark.usefixtures("db", "stripe_sandbox")


async def two_brands(*, ship_to: ShipTo = HOME, guest: str = "", locale: str = "fr") -> Order:
    """A paid order of a saucepan (10 % off) and two cushions with their postage."""
    pan, cushion = await market()
    await nour10(pan)
    by = await guests.person_for(email=guest, display_name="Gisèle", locale="fr") if guest else await person("sam")
    order_id = await checkout.place_order(
        lines=[(pan.choices[0].id, 1), (cushion.choices[0].id, 2)],
        show_id=None, touch_id=None, cart_key=str(uuid4()), ship_to=ship_to, by=by, codes=["nour10"], guest=bool(guest), locale=locale,
    )  # fmt: skip
    intent = await open_payment(order_id, by)
    await pay_at_stripe(intent)
    await checkout.settle_payment(intent_id=intent)
    return await order(order_id)


async def test_each_brand_invoices_its_part_and_all_parts_are_what_was_paid() -> None:
    paid = await two_brands()
    issued = await invoices.issue(order_id=paid.id)
    assert sorted(one.content.number[4:] for one in issued) == ["-00001", "-00001"]
    assert sum(one.content.total.minor for one in issued) == paid.total_minor
    assert sum(one.content.vat.minor for one in issued) == paid.vat_minor
    for one in issued:
        assert sum(net.minor + vat.minor for _rate, net, vat in one.content.by_rate()) == one.content.total.minor
        drawn = invoice_pdf.drawn(one)
        assert drawn.startswith(b"%PDF-")
        assert drawn == invoice_pdf.drawn(one), "the same file whenever it is drawn"


async def test_numbers_have_no_gap_however_many_are_issued_at_once_and_again() -> None:
    sam, alma = await person("sam"), await stall(stock=9)
    paid = [await buy(alma, sam) for _time in range(4)]
    await asyncio.gather(*(invoices.issue(order_id=order_id) for order_id in paid * 3))
    rows = await Invoice.select(Invoice.number).order_by(Invoice.number)
    assert [row["number"][4:] for row in rows] == ["-00001", "-00002", "-00003", "-00004"]


async def test_an_invoice_is_never_changed_and_keeps_what_the_brand_was_called() -> None:
    sam, alma = await person("sam"), await stall()
    [one] = await invoices.issue(order_id=await buy(alma, sam))
    await Brand.update({Brand.legal_name: "Another SA"}).where(Brand.id == alma.brand.id)
    assert (await invoices.of_order(order_id=(await Order.objects().first()).id))[0].content.seller.name == "Cuivre & Sel SARL"  # type: ignore[union-attr]
    for statement in ("update buyer_invoice set number = 'x'", "delete from buyer_invoice"):
        with pytest.raises(Exception, match="never changed"):
            async with DB.connection() as connection:
                await connection.execute(statement)
    assert one.content.seller.name == "Cuivre & Sel SARL"


async def test_what_is_not_paid_has_no_invoice() -> None:
    order_id = await place(await stall(), await person("sam"))
    with pytest.raises(NotFound):
        await invoices.issue(order_id=order_id)
    await receipts.send(order_id=order_id)
    assert await Mail.count() == 0


async def test_names_of_all_europe_are_printed() -> None:
    sam, alma = await person("sam"), await stall()
    goes_to = ShipTo(name="Žofie Łukaszewska-Ștefănescu", line1="Żółta 4", postcode="00-950", city="Łódź", country="PL")
    order_id = await checkout.place_order(
        lines=[(alma.choices[0].id, 1)], show_id=None, touch_id=None, cart_key="pl", ship_to=goes_to, by=sam, locale="fr"
    )
    await pay_at_stripe(await open_payment(order_id, sam))
    await checkout.settle_payment(intent_id=(await payment_of(order_id)).intent_id)
    [one] = await invoices.issue(order_id=order_id)
    assert one.content.lines[0].vat_bp == 2300
    assert invoice_pdf.drawn(one).startswith(b"%PDF-")


async def test_the_receipt_is_written_once_with_each_invoice_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = await two_brands()
    monkeypatch.setenv("FANFARE_MAIL_URL", "smtp://127.0.0.1:1")
    settings.current.cache_clear()
    try:
        for _time in range(3):
            await receipts.send(order_id=paid.id)
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    [mail] = await mails.newest(to="sam@fanfare.example")
    assert paid.number in mail.subject
    assert "Merci pour votre commande" in mail.html
    assert "/claim/" not in mail.html
    names = sorted(row["name"] for row in await MailAttachment.select(MailAttachment.name))
    assert len(names) == 2
    assert all(re.fullmatch(r"invoice-(cuivresel|velours)-\d{4}-00001\.pdf", name) for name in names)
    message = mails._message(mail, await MailAttachment.objects())
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/pdf"] * 2


async def test_what_was_sold_out_while_it_was_paid_has_no_receipt() -> None:
    paid = await two_brands()
    await refunds.ask_refund(order_id=paid.id, lines=None, reason=refunds.Reason.SOLD_OUT, by=None)
    await receipts.send(order_id=paid.id)
    assert await Mail.count() == 0
    assert await Invoice.count() == 0


async def test_a_guest_makes_an_account_by_the_receipt_and_finds_the_order(client: Browser) -> None:
    paid = await two_brands(guest="gisele@example.com")
    await receipts.send(order_id=paid.id)
    [mail] = await mails.newest(to="gisele@example.com")
    [way_back] = set(re.findall(r"/orders/link/[0-9a-f]+", mail.text))
    [token] = set(re.findall(r"/claim/([\w-]+)", mail.text))
    assert (await client.get(way_back)).headers["location"] == f"/orders/{paid.number}"
    papers = (await client.get(f"/orders/{paid.number}/invoices")).text
    files = re.findall(rf"/orders/{paid.number}/invoices/[0-9a-f-]+", papers)
    assert len(set(files)) == 2
    file = await client.get(files[0])
    assert (file.headers["content-type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    assert (await client.post(f"/claim/{token}", data={"password": "short"})).status_code == 422
    assert (await client.post(f"/claim/{token}", data={"password": "a long and quiet password"})).status_code == 303
    assert paid.number in (await client.get("/orders")).text
    assert (await client.post(f"/claim/{token}", data={"password": "a long and quiet password"})).status_code == 410
    with pytest.raises(LinkSpent):
        await guests.claim(token=token, password="a long and quiet password")
    assert await guests.claim_link(person_id=paid.buyer) is None


async def test_papers_of_others_are_not_found(cast: Cast) -> None:
    paid = await two_brands()
    issued = await invoices.issue(order_id=paid.id)
    nour, ada = await cast.client(await person("nour")), await cast.client(await person("ada"))
    for one in issued:
        assert (await nour.get(f"/orders/{paid.number}/invoices/{one.id}")).status_code == 404
    assert (await nour.get(f"/brand/orders/{paid.number}/invoice")).status_code in {403, 404}
    own = await ada.get(f"/brand/orders/{paid.number}/invoice")
    assert own.status_code == 200
    assert "cuivresel" in own.headers["content-disposition"]
    listed = (await ada.get("/brand/buyer-invoices")).text
    assert paid.number in listed
    assert "€53.10" in listed


async def test_the_papers_follow_a_payment_by_themselves(client: Browser, settle: Callable[[], Awaitable[None]]) -> None:
    paid = await two_brands(guest="lea@example.com", locale="en")
    await settle()
    [mail] = await mails.newest(to="lea@example.com")
    assert "Thank you for your order" in mail.html
    assert paid.number in mail.subject
