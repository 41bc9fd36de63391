"""A market whose money waits at the stand-in of Stripe, ready to be paid out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from foundation import accounts, clock, stripe_gateway
from foundation.accounts import Principal
from foundation.money import Money
from foundation.tables import Role
from marketplace.tables import Payment
from payouts import earnings, funds, invariants, proofs, purses, reconciliation, runs
from payouts.purses import Contents
from payouts.tables import PayeeKind, PayoutItem, PayoutRun
from tests.payouts import facts
from tests.payouts.facts import Market, Sale
from tests.stand_ins import StandIn


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@dataclass
class Ready:
    """The market, its payees' connected accounts, and the two persons of finance."""

    market: Market
    sandbox: StandIn
    nour_account: str
    brand_account: str
    fay: Principal
    finn: Principal

    async def sale(self, *gross: int, released: bool = True) -> Sale:
        """An order that was really charged at the stand-in; its money is available there."""
        sale = await self.market.order(*gross, paid_at=clock.now() - timedelta(days=15 if released else 1))
        paid = await stripe_gateway.open_payment(amount=Money(sum(gross), "EUR"), order_id=str(sale.order_id), key=str(uuid4()))
        done = await stripe_gateway.confirm_payment(payment=paid.id, payment_method="pm_card_bypassPending", key=str(uuid4()))
        sale.charge = done.charge or ""
        await Payment.update({Payment.charge_id: sale.charge, Payment.intent_id: done.id}).where(Payment.order == sale.order_id)
        await self.sandbox.flush()
        await earnings.credit_sale(order_id=sale.order_id)
        return sale

    async def books(self) -> None:
        """What the schedules do: read Stripe's movements, book what follows, release what is due."""
        await self.sandbox.admin("clock", {"advance": 5})
        await self.sandbox.flush()
        with clock.shifted(timedelta(minutes=10)):  # Stripe's clock was moved, so is ours
            await funds.sweep()
        await earnings.release_due()

    async def creator(self) -> Contents:
        return await purses.contents(PayeeKind.CREATOR, self.market.creator.id, "EUR")

    async def brand(self) -> Contents:
        return await purses.contents(PayeeKind.BRAND, self.market.brand.id, "EUR")


async def ready(sandbox: StandIn) -> Ready:
    market = await facts.market(commission_bp=2000)
    fay = await accounts.create(email="fay@fanfare.example", display_name="Fay", roles=(Role.FINANCE_MAKER,))
    finn = await accounts.create(email="finn@fanfare.example", display_name="Finn", roles=(Role.FINANCE_CHECKER,))
    made = []
    for kind in (PayeeKind.CREATOR, PayeeKind.BRAND):
        account = await stripe_gateway.create_recipient(
            email="payee@fanfare.example", display_name=kind.value, country="FR", payee_id=str(uuid4()), key=str(uuid4())
        )
        await sandbox.admin(f"accounts/{account.id}/activate")
        await market.payee(kind, account.id)
        made.append(account.id)
    return Ready(market, sandbox, made[0], made[1], fay, finn)


async def held_by(account: str) -> int:
    """Euro cents in a connected account at the stand-in."""
    held = await stripe_gateway.balance(account=account)
    return sum(part.minor for part in (*held.available, *held.pending) if part.currency == "EUR")


async def approved(house: Ready) -> PayoutRun:
    run = await runs.draft(by=house.fay)
    run = await runs.submit(run_id=run.id, by=house.fay)
    return await runs.approve(run_id=run.id, content_hash=run.content_hash, by=house.finn)


async def items_of(run_id: UUID) -> list[PayoutItem]:
    return await PayoutItem.objects().where(PayoutItem.run == run_id).order_by(PayoutItem.amount_minor)


async def everything_agrees(house: Ready) -> None:
    """Books proved, each item one transfer, and Stripe's movements and balance as the ledger says."""
    await house.books()
    found = await reconciliation.reconcile()
    assert (found.open, await invariants.stripe_agrees()) == (0, proofs.Proof("I3", True))
    assert [proof for proof in [*await proofs.verify(), *await invariants.check()] if not proof.holds] == []
