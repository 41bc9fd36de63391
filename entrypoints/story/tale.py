"""The story itself: the steps in order, what each must have changed, and the report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from creators.tables import AttributionDecision, Creator
from entrypoints.story import acts
from entrypoints.story.acts import PRICE_MINOR, StoryBroken, Told
from entrypoints.story.walker import Walker
from foundation import accounts, i18n, settings, stripe_gateway, valkey
from foundation.database import DB
from foundation.money import Money
from foundation.tables import Role
from marketplace.tables import Order, Variant
from payouts import ledger, proofs, reconciliation
from payouts.chart import Account, Code, of_order
from payouts.tables import Commission, ItemStatus, Payee, PayoutItem

COMMISSION_MINOR = 1_500
"""10 % of 180.00 without its 20 % VAT."""

FEE_MINOR = 750
"""5 % of the same base, Fanfare's."""

BRAND_MINOR = PRICE_MINOR - COMMISSION_MINOR - FEE_MINOR


@dataclass(frozen=True)
class Step:
    """One step that came true: what happened in plain words, with its ids and amounts."""

    name: str
    words: str
    seconds: float


@dataclass
class Report:
    """What the story ends with; amounts in cents."""

    steps: list[Step] = field(default_factory=list)
    orders: int = 0
    gross_minor: int = 0
    commission_minor: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0
    ledger_balanced: bool = False
    reconciliation_differences: int = -1
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Teller:
    """Tells each step when it has come true."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.report = Report()
        self.tell = tell
        self.began = self.last = time.monotonic()

    def step(self, name: str, words: str) -> None:
        now = time.monotonic()
        self.report.steps.append(Step(name, words, round(now - self.last, 2)))
        self.last = now
        self.tell(f"{len(self.report.steps):>2}. {words} ({self.report.steps[-1].seconds:.1f} s)")

    def same(self, what: str, found: object, expected: object) -> None:
        """A total that must be exact. Raises `StoryBroken`."""
        if found != expected:
            raise StoryBroken(f"{what} is {found}, expected {expected}")


async def tell(say: Callable[[str], None]) -> Report:
    """Live through the whole story against the running Fanfare of this process's settings. Raises when anything is off."""
    teller = Teller(say)
    told = Told()
    try:
        async with people() as cast:
            await _recruit(teller, told, cast)
            await _show(teller, told, cast)
            await _money(teller, told, cast)
        await _books(teller, told)
    finally:
        await stripe_gateway.close()
        await valkey.close()
        await DB.close()
    teller.report.seconds = round(time.monotonic() - teller.began, 1)
    return teller.report


@asynccontextmanager
async def people() -> AsyncIterator[dict[str, Walker]]:
    """Everybody in the story, each with a browser of their own."""
    base = settings.current().base_url
    async with AsyncExitStack() as stack:
        names = ("root", "ada", "nour", "sam", "lea", "tom", "fay", "finn")
        yield {name: await stack.enter_async_context(Walker(base, name)) for name in names}


def _eur(minor: int) -> str:
    return i18n.money(Money(minor, "EUR"))


async def _recruit(teller: Teller, told: Told, cast: dict[str, Walker]) -> None:
    names = {
        "root": "Rose",
        "ada": "Ada Cuivre",
        "nour": "Nour Benali",
        "sam": "Sam Petit",
        "lea": "Léa Morin",
        "tom": "Tom Girard",
    }
    await asyncio.gather(
        *(acts.sign_up(walker, f"{name}@fanfare.example", names.get(name, name.title())) for name, walker in cast.items())
    )
    teller.step("people", f"{len(cast)} people signed up and confirmed their addresses by mail.")
    root = await accounts.by_email("root@fanfare.example")
    if root is None:
        raise StoryBroken("the administrator has no account")
    await accounts.grant(person_id=root.id, role=Role.ADMINISTRATOR)
    roles = {"fay@fanfare.example": Role.FINANCE_MAKER, "finn@fanfare.example": Role.FINANCE_CHECKER}
    await acts.give_roles(cast["root"], roles)
    teller.step("roles", "The administrator made Fay finance maker and Finn finance checker.")
    await acts.found_brand(cast["ada"], told)
    teller.step("brief", f"Cuivre & Sel has a set at {_eur(PRICE_MINOR)} and published brief {told.brief}: 10 % commission.")
    await acts.get_paid_here(cast["ada"], "/brand/payouts", "Ada", "Cuivre")
    await acts.become_creator_and_apply(cast["nour"], told)
    await acts.get_paid_here(cast["nour"], "/studio/payouts", "Nour", "Benali")
    payable = await Payee.count().where(Payee.payable.eq(True))
    teller.same("payees who can be paid", payable, 2)
    teller.step("application", "Nour applied; she and the brand have payout accounts that Stripe has checked.")
    await acts.accept(cast["ada"])
    await acts.plan_show(cast["nour"], told)
    teller.step("show planned", f"Ada accepted, the terms are frozen; the show {told.slug} is on the schedule.")


async def _show(teller: Teller, told: Told, cast: dict[str, Walker]) -> None:
    async with acts.on_air(cast["nour"], told):
        size = await acts.picture_arrives(told)
        teller.step("on air", f"Live over RTMP; a viewer's player got {size:,} bytes of moving picture.")
        async with acts.listening(cast["lea"], told) as news:
            await acts.say(cast["sam"], told, "Does it work on induction?")
            await acts.say(cast["nour"], told, "Yes, with its disc.")
            await acts.pin(cast["nour"], told)

            async def heard() -> bool:
                joined = "\n".join(news)
                return "induction" in joined and "event: pin" in joined

            await acts.until("the chat and the pin arrive by server-sent events", heard)
            teller.step("room", "Sam asked, Nour answered and pinned the set; Léa heard it live.")
            first = await acts.buy(cast["sam"], told, "Sam Petit")
            teller.step("purchase", f"Sam bought without leaving the stream: {first.number}, {_eur(first.gross_minor)}.")
            again = await acts.buy(cast["sam"], told, "Sam Petit", kept_card=True)
            teller.step("kept card", f"Sam bought again with the kept card: {again.number}.")
            lea = await acts.buy(cast["lea"], told, "Léa Morin")
            tom = await acts.buy(cast["tom"], told, "Tom Girard")
            teller.step("more sales", f"Léa and Tom bought too: {lea.number}, {tom.number}.")
        await _check_credit(teller, told)
        await acts.end_show(cast["nour"], told)
    teller.step("replay", "The show is over and its replay can be watched and bought from.")


async def _check_credit(teller: Teller, told: Told) -> None:
    ids = [UUID(sale.order_id) for sale in told.sales]

    async def credited() -> bool:
        found: int = await Commission.count().where(Commission.order.is_in(ids))
        return found == len(ids)

    await acts.until("every sale is credited", credited)
    nour = await Creator.select(Creator.id).where(Creator.handle == "nour").first()
    decisions = await AttributionDecision.select().where(AttributionDecision.order.is_in(ids))
    teller.same("creators credited", {row["creator"] for row in decisions}, {nour["id"]} if nour else set())
    rows = await Commission.select(Commission.amount_minor).where(Commission.order.is_in(ids))
    teller.same("commissions", [row["amount_minor"] for row in rows], [COMMISSION_MINOR] * len(ids))
    rules = ", ".join(sorted({f"{row['rule']} ({row['reason']})" for row in decisions}))
    teller.step("credit", f"Each sale is credited to @nour: {rules}; {_eur(COMMISSION_MINOR)} commission each.")


async def _money(teller: Teller, told: Told, cast: dict[str, Walker]) -> None:
    nour = await Creator.select(Creator.id).where(Creator.handle == "nour").first()
    if nour is None:
        raise StoryBroken("the creator is gone")

    def wallet(code: Code) -> Account:
        return Account(code, "creator", str(nour["id"]))

    async def has(code: Code, minor: int) -> None:
        async def so() -> bool:
            return (await ledger.balance(wallet(code), "EUR")).minor == minor

        await acts.until(f"Nour has {_eur(minor)} in {code.value}", so)

    await has(Code.CREATOR_AVAILABLE, 4 * COMMISSION_MINOR)
    teller.step("release", f"The hold of this brief is 0 days: {_eur(4 * COMMISSION_MINOR)} are available to Nour.")
    await acts.refund(cast["ada"], told.sales[2])
    await has(Code.CREATOR_AVAILABLE, 3 * COMMISSION_MINOR)
    teller.step("refund before payout", f"Léa got {_eur(PRICE_MINOR)} back; Nour's commission of it is gone.")
    await acts.reconcile(cast["fay"])
    number = await acts.pay_out(cast["fay"], cast["finn"])
    await has(Code.CREATOR_AVAILABLE, 0)
    paid = (
        await PayoutItem.select(PayoutItem.amount_minor)
        .where(PayoutItem.status == ItemStatus.SENT)
        .order_by(PayoutItem.amount_minor)
    )
    teller.same("paid items", [row["amount_minor"] for row in paid], [3 * COMMISSION_MINOR, 3 * BRAND_MINOR])
    await _check_at_stripe(teller)
    teller.step(
        "payout",
        f"Run {number}: Fay submitted, Finn approved; Stripe transferred {_eur(3 * COMMISSION_MINOR)} and {_eur(3 * BRAND_MINOR)}.",
    )
    await acts.refund(cast["ada"], told.sales[3])
    await has(Code.CREATOR_DEBT, COMMISSION_MINOR)
    teller.step("refund after payout", f"Tom got his money back after the payout: Nour owes {_eur(COMMISSION_MINOR)}.")
    sale = await acts.buy(cast["sam"], told, "Sam Petit", kept_card=True)
    await has(Code.CREATOR_DEBT, 0)
    await has(Code.CREATOR_AVAILABLE, 0)
    teller.step("netting", f"A sale from the replay ({sale.number}) paid the debt: neither side owes anything.")
    await acts.reconcile(cast["fay"])


async def _check_at_stripe(teller: Teller) -> None:
    """Ask Stripe itself what the connected accounts hold."""
    for row in await Payee.select(Payee.kind, Payee.stripe_account_id):
        held = await stripe_gateway.balance(account=row["stripe_account_id"])
        total = sum(part.minor for part in (*held.available, *held.pending))
        teller.same(
            f"the {row['kind']}'s balance at Stripe", total, 3 * (COMMISSION_MINOR if row["kind"] == "creator" else BRAND_MINOR)
        )


async def _books(teller: Teller, told: Told) -> None:
    report = teller.report

    async def matched() -> bool:
        await reconciliation.reconcile()
        return await reconciliation.open_count() == 0

    await acts.until("no difference is left", matched)
    report.reconciliation_differences = await reconciliation.open_count()
    found = await proofs.verify()
    report.ledger_balanced = all(proof.holds for proof in found)
    teller.same("proofs of the ledger that fail", [proof.code for proof in found if not proof.holds], [])
    orders = await Order.select(Order.id, Order.total_minor, Order.refunded_minor)
    report.orders = len(orders)
    report.gross_minor = sum(row["total_minor"] for row in orders)
    report.refunded_minor = sum(row["refunded_minor"] for row in orders)
    commissions = await Commission.select(Commission.amount_minor, Commission.reversed_minor)
    report.commission_minor = sum(row["amount_minor"] - row["reversed_minor"] for row in commissions)
    report.paid_minor = sum(
        row["amount_minor"]
        for row in await PayoutItem.select(PayoutItem.amount_minor).where(PayoutItem.status == ItemStatus.SENT)
    )
    teller.same("orders", report.orders, len(told.sales))
    teller.same("gross", report.gross_minor, len(told.sales) * PRICE_MINOR)
    teller.same("refunded", report.refunded_minor, 2 * PRICE_MINOR)
    teller.same("commission kept", report.commission_minor, 3 * COMMISSION_MINOR)
    teller.same("paid", report.paid_minor, 3 * (COMMISSION_MINOR + BRAND_MINOR))
    stock = await Variant.select(Variant.stock).first()
    teller.same("stock", stock["stock"] if stock else None, acts.STOCK - len(told.sales))
    for row in orders:
        teller.same("clearing of an order", (await ledger.balance(of_order(Code.CLEARING, row["id"]), "EUR")).minor, 0)
    teller.step(
        "books",
        f"Every total agrees: {report.orders} orders, {_eur(report.gross_minor)} gross, {_eur(report.refunded_minor)} refunded, no difference with Stripe.",
    )
