"""Facts of the storeys below, written as rows: the books start where a payment has succeeded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from creators.tables import (
    Application,
    ApplicationStatus,
    Collaboration,
    CollaborationStatus,
    Creator,
    Show,
    ShowStatus,
    Terms,
    Touch,
    TouchKind,
)
from foundation import accounts, clock
from foundation.accounts import Principal
from foundation.money import Money, included_tax
from foundation.tables import Role
from marketplace.tables import (
    Brand,
    BrandMember,
    Brief,
    BriefProduct,
    BriefStatus,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
    Product,
    ProductStatus,
    Refund,
    RefundLine,
    RefundStatus,
    Variant,
)
from payouts.tables import Payee, PayeeKind

PAID_AT = datetime(2026, 10, 1, 18, 30, tzinfo=UTC)


@dataclass
class Market:
    """A brand, a creator with accepted terms, a show that ran, a product and people who buy it."""

    ada: Principal
    nour: Principal
    sam: Principal
    brand: Brand
    creator: Creator
    show: Show
    terms: Terms
    variant: Variant
    orders: list[UUID] = field(default_factory=list)

    async def order(
        self,
        *gross: int,
        in_show: bool = True,
        vat_bp: int = 2000,
        paid_at: datetime = PAID_AT,
        fee: int | None = None,
        currency: str = "EUR",
    ) -> Sale:
        """A paid order with one line of each gross amount; `fee` is Stripe's, None while it is not known."""
        number = f"FF-{10_000 + len(self.orders)}"
        touch = await self._touch(paid_at) if in_show else None
        order_id, charge = uuid4(), f"ch_{uuid4().hex[:16]}"
        total = sum(gross)
        await Order(
            id=order_id,
            number=number,
            buyer=self.sam.id,
            email=self.sam.email,
            status=OrderStatus.PAID,
            currency=currency,
            total_minor=total,
            vat_minor=sum(included_tax(Money(part, currency), vat_bp).minor for part in gross),
            show_id=self.show.id if in_show else None,
            touch_id=touch,
            cart_key=str(order_id),
            ship_to="{}",
            placed_at=paid_at,
            paid_at=paid_at,
        ).save()
        lines = [
            OrderLine(
                id=uuid4(),
                order=order_id,
                variant=self.variant.id,
                brand=self.brand.id,
                title="Sauteuse",
                quantity=1,
                unit_minor=part,
                gross_minor=part,
                vat_bp=vat_bp,
                vat_minor=included_tax(Money(part, currency), vat_bp).minor,
            )
            for part in gross
        ]
        await OrderLine.insert(*lines)
        await Payment(
            id=uuid4(),
            order=order_id,
            status=PaymentStatus.SUCCEEDED,
            amount_minor=total,
            currency=currency,
            idempotency_key=f"payment:{order_id}",
            intent_id=f"pi_{uuid4().hex[:16]}",
            charge_id=charge,
            fee_minor=fee,
            created_at=paid_at,
            settled_at=paid_at,
        ).save()
        self.orders.append(order_id)
        return Sale(order_id, number, charge, [line.id for line in lines], currency)

    async def _touch(self, paid_at: datetime) -> UUID:
        touch = Touch(
            id=uuid4(),
            show=self.show.id,
            creator=self.creator.id,
            person=self.sam.id,
            visitor="v",
            kind=TouchKind.BUY_TAP,
            product=self.variant.product,
            at=paid_at - timedelta(minutes=2),
            source="room",
        )
        await touch.save()
        return touch.id

    async def payee(self, kind: PayeeKind, account: str, *, payable: bool = True) -> Payee:
        """A connected account of the creator or the brand, as Stripe said once."""
        payee = Payee(
            id=uuid4(),
            kind=kind,
            creator=self.creator.id if kind == PayeeKind.CREATOR else None,
            brand=self.brand.id if kind == PayeeKind.BRAND else None,
            name=self.creator.display_name if kind == PayeeKind.CREATOR else self.brand.name,
            country="FR",
            stripe_account_id=account,
            payable=payable,
            transfers="active",
            payouts="active",
            requirements="{}",
            created_at=clock.now(),
        )
        await payee.save()
        return payee


@dataclass
class Sale:
    """A paid order."""

    order_id: UUID
    number: str
    charge: str
    lines: list[UUID]
    currency: str

    async def refund(
        self, amounts: dict[int, int], *, status: RefundStatus = RefundStatus.INTENDED, stripe_id: str | None = None
    ) -> UUID:
        """A refund of `amounts` (line's place -> minor units) that stands at `status`."""
        refund = Refund(
            id=uuid4(),
            order=self.order_id,
            status=status,
            amount_minor=sum(amounts.values()),
            currency=self.currency,
            reason="returned",
            idempotency_key=f"refund:{uuid4()}",
            stripe_refund_id=stripe_id or f"re_{uuid4().hex[:16]}",
            created_at=clock.now(),
        )
        await refund.save()
        for place, amount in amounts.items():
            await RefundLine(id=uuid4(), refund=refund.id, order_line=self.lines[place], amount_minor=amount).save()
        return refund.id


async def stands(refund_id: UUID, status: RefundStatus) -> None:
    """The refund now stands at `status`."""
    await Refund.update({Refund.status: status}).where(Refund.id == refund_id)


async def person(name: str, *roles: Role) -> Principal:
    return await accounts.create(email=f"{name}@fanfare.example", display_name=name.title(), roles=roles)


async def market(*, commission_bp: int = 1000, fee_bp: int = 500, hold_days: int = 14, fixed_fee: int = 0) -> Market:
    """Cuivre & Sel by Ada, hosted by Nour, bought by Sam."""
    ada, nour, sam = await person("ada", Role.BRAND_MEMBER), await person("nour", Role.CREATOR), await person("sam")
    began = PAID_AT - timedelta(days=20)
    brand = Brand(
        id=uuid4(),
        slug="cuivre-sel",
        name="Cuivre & Sel",
        trade="kitchen",
        legal_name="Cuivre & Sel SAS",
        country="FR",
        email=ada.email,
        created_at=began,
    )
    await brand.save()
    await BrandMember(brand=brand.id, person=ada.id, owner=True, since=began).save()
    product = Product(
        id=uuid4(),
        brand=brand.id,
        slug="sauteuse",
        title="Sauteuse",
        currency="EUR",
        status=ProductStatus.ACTIVE,
        created_at=began,
    )
    await product.save()
    variant = Variant(id=uuid4(), product=product.id, sku="S-1", price_minor=6000, stock=1000)
    await variant.save()
    brief = Brief(
        id=uuid4(),
        brand=brand.id,
        title="Cook with copper",
        summary="An hour in copper",
        status=BriefStatus.PUBLISHED,
        currency="EUR",
        commission_bp=commission_bp,
        window_days=7,
        hold_days=hold_days,
        places=3,
        language="fr",
        starts_on=date(2026, 9, 1),
        ends_on=date(2026, 12, 31),
        created_at=began,
    )
    await brief.save()
    await BriefProduct(brief=brief.id, product=product.id).save()
    creator = Creator(
        id=uuid4(),
        person=nour.id,
        handle="nour.en.cuisine",
        display_name="Nour Benali",
        country="FR",
        language="fr",
        created_at=began,
    )
    await creator.save()
    application = Application(
        id=uuid4(), brief=brief.id, creator=creator.id, message="Hello", status=ApplicationStatus.ACCEPTED, created_at=began
    )
    await application.save()
    collaboration = Collaboration(
        id=uuid4(),
        application=application.id,
        brief=brief.id,
        brand=brand.id,
        creator=creator.id,
        status=CollaborationStatus.ACTIVE,
        created_at=began,
    )
    await collaboration.save()
    terms = Terms(
        id=uuid4(),
        collaboration=collaboration.id,
        version=1,
        commission_bp=commission_bp,
        platform_fee_bp=fee_bp,
        window_days=7,
        hold_days=hold_days,
        fee_minor=fixed_fee,
        currency="EUR",
        products=json.dumps([str(product.id)]),
        content_hash="0" * 64,
        frozen_at=began,
        accepted_by=ada.id,
    )
    await terms.save()
    show = Show(
        id=uuid4(),
        slug="bouillon",
        collaboration=collaboration.id,
        creator=creator.id,
        brand=brand.id,
        title="Le bouillon du dimanche",
        language="fr",
        starts_at=PAID_AT - timedelta(minutes=30),
        minutes=60,
        status=ShowStatus.LIVE,
        went_live_at=PAID_AT - timedelta(minutes=30),
        created_at=began,
    )
    await show.save()
    return Market(ada, nour, sam, brand, creator, show, terms, variant)
