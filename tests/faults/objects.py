"""One object of every kind that addresses name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

from creators import codes, conversion_uploads, conversions, links, shops
from creators.attribution_tables import HostStatus, ShowHost
from creators.conversion_tables import Conversion, ShopKind
from creators.fraud_tables import CaseStatus, FraudCase
from creators.link_tables import TrackingLink
from creators.tables import Application
from foundation import clock
from foundation.money import Money
from marketplace import credit_notes, delivery, disputes, invoices, offers, returns, shipping
from marketplace.delivery import NewWay
from marketplace.dispute_tables import Dispute
from marketplace.refunds import Reason
from marketplace.tables import OrderLine
from payouts import bonuses, brand_payments, earnings, rule_book
from payouts.document_tables import Document, DocumentFile, DocumentKind
from payouts.tables import Journal
from tests import factories
from tests.cast import Cast
from tests.marketplace import stall
from tests.marketplace.test_credit_notes import settled
from tests.payouts.rulebook import draft
from tests.stand_ins import StandIn


class Objects:
    """What belongs to Ada, Nour and Sam, by the names that addresses have for it."""

    def __init__(self, found: dict[str, str]) -> None:
        self.found = found

    def fill(self, path: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            assert name in self.found, f"{path}: say in Objects what {name} is"
            return self.found[name]

        return re.sub(r"\{(\w+):\w+\}", value, path)


async def everybodys(cast: Cast, stripe_sandbox: StandIn) -> Objects:
    """A market with one of everything."""
    await cast.ada(), await cast.nour(), await cast.sam()
    made = await factories.stage(live=True)
    sam = await stall.person("sam")
    order_id = await stall.buy(made.pan, sam)
    line = await OrderLine.select(OrderLine.id).where(OrderLine.order == order_id).first()
    application = await Application.select(Application.id).where(Application.brief == made.brief_id).first()
    assert line is not None
    assert application is not None
    order = await stall.order(order_id)
    code_id = await codes.give_code(collaboration_id=made.collaboration_id, code="Nour10", by=made.ada)
    link_code = await links.make_link(collaboration_id=made.collaboration_id, show_id=made.show_id, by=made.nour)
    link = await TrackingLink.select(TrackingLink.id).where(TrackingLink.code == link_code).first()
    sold = conversions.SoldLine(sku=made.pan.choices[0].sku, quantity=1, net_minor=4917, title="Alma")
    sale = conversions.Sale(order="A1", currency="EUR", happened_at=clock.now(), lines=[sold], code="nour10")
    await conversions.report_sale(brand_id=made.brand_id, sale=sale, source="api")
    conversion = await Conversion.select(Conversion.id).first()
    connection, _ = await shops.connect_shop(
        brand_id=made.brand_id, kind=ShopKind.SHOPIFY, name="Shop", host="shop.cuivre.example", by=made.ada
    )
    assert link is not None
    assert conversion is not None
    parcel = await shipping.ship(number=order.number, carrier="dhl", tracking="", by=made.ada)
    [request] = await returns.ask_return(order_id=order_id, lines={line["id"]: 1}, reason=Reason.DAMAGED, note="", by=sam)
    told = await stripe_sandbox.admin(
        "disputes", {"payment_intent": (await stall.payment_of(order_id)).intent_id, "reason": "inquiry"}
    )
    await disputes.settle_dispute(stripe_dispute_id=told["id"])
    dispute = await Dispute.select(Dispute.id).first()
    assert dispute is not None
    invitation = ShowHost(
        id=uuid4(),
        show=made.show_id,
        creator=made.creator_id,
        share_bp=1000,
        status=HostStatus.INVITED,
        invited_at=clock.now(),
    )
    await invitation.save()
    clip = await factories.clip(made)
    await earnings.credit_sale(order_id=order_id)
    journal = await Journal.select(Journal.id).where(Journal.kind == "T2").first()
    assert journal is not None
    rule = await rule_book.publish(brand_id=made.brand_id, draft=draft(rate_bp=1500), by=made.ada)
    await bonuses.promise(
        brand_id=made.brand_id,
        creator_id=made.creator_id,
        net=Money(500, "EUR"),
        reason="Well done",
        client_key=uuid4(),
        by=made.ada,
    )
    [bonus] = await bonuses.of_brand(made.brand_id)
    upload = await conversion_uploads.receive(brand_id=made.brand_id, name="sales.csv", content=_file(), by=made.ada)
    payment = await brand_payments.pay_in_advance(brand_id=made.brand_id, amount=Money(500, "EUR"), by=made.ada)
    case = FraudCase(
        id=uuid4(),
        creator=made.creator_id,
        conversion=conversion["id"],
        score=50,
        status=CaseStatus.CONFIRMED,
        opened_at=clock.now(),
        decided_at=clock.now(),
    )
    await case.save()
    offer = await offers.prepare(
        show_id=made.show_id, variant_id=made.pan.choices[0].id, price_minor=3900, units=3, minutes=5, by=made.ada
    )
    way = NewWay("Post", ("FR",), Money(490, "EUR"), None, 2, 4)
    option = await delivery.offer_way(brand_id=made.brand_id, way=way, by=made.ada)
    [invoice] = await invoices.issue(order_id=order_id)
    [note] = await credit_notes.issue(refund_id=await settled(order_id, {line["id"]: 1}))
    document = Document(
        id=uuid4(),
        kind=DocumentKind.ON_BEHALF,
        type_code="380",
        number="NOUR-2026-00001",
        supplier=made.creator_id,
        customer=made.brand_id,
        currency="EUR",
        period="2026-10",
        vat_bp=0,
        category="E",
        net_minor=500,
        vat_minor=0,
        content="{}",
        issued_at=clock.now(),
    )
    await document.save()
    await DocumentFile(id=uuid4(), document=document.id, content=b"%PDF-", sha256="0" * 64).save()
    return Objects(
        {
            "option_id": str(option),
            "document_id": str(document.id),
            "invoice_id": str(invoice.id),
            "note_id": str(note.id),
            "rule": str(rule.rule),
            "rate_id": str(uuid4()),
            "bonus_id": str(bonus.id),
            "journal_id": str(journal["id"]),
            "month": f"{clock.now():%Y-%m}",
            "order_id": str(order_id),
            "number": order.number,
            "order_line": str(line["id"]),
            "brief_id": str(made.brief_id),
            "product_id": str(made.pan.id),
            "variant_id": str(made.pan.choices[0].id),
            "application_id": str(application["id"]),
            "show_id": str(made.show_id),
            "act": "pin",
            "code_id": str(code_id),
            "code": link_code,
            "link_id": str(link["id"]),
            "conversion_id": str(conversion["id"]),
            "connection_id": str(connection),
            "parcel": str(parcel),
            "request_id": str(request),
            "dispute_id": str(dispute["id"]),
            "invitation_id": str(invitation.id),
            "upload_id": str(upload),
            "payment_id": str(payment),
            "case_id": str(case.id),
            "recovery_id": str(uuid4()),
            "payee_id": str(uuid4()),
            "proposal_id": str(uuid4()),
            "tax_payment_id": str(uuid4()),
            "step": "agree",
            "offer_id": str(offer),
            "clip": clip.code,
        }
    )


async def _file() -> AsyncIterator[bytes]:
    yield b"order,date,currency,sku,quantity,net\n"
