"""Sales of a brand's own shop for tests: reported through the verb, with a code that names the creator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from creators import codes, conversion_desk, conversion_returns, conversions
from creators.conversion_returns import Returned
from creators.conversions import Sale, SoldLine
from foundation import clock
from foundation.money import Money
from payouts import ledger, off_platform, purses
from payouts.chart import Account, Code
from payouts.purses import Contents
from payouts.tables import PayeeKind
from tests import factories
from tests.factories import Stage


@dataclass
class Shop:
    """A stage whose creator has the code NOUR10."""

    stage: Stage
    sold: int = 0

    async def sale(
        self, net_minor: int = 10_000, *, accepted: bool = True, at: datetime | None = None, currency: str = "EUR"
    ) -> UUID:
        """A reported order of one line, accepted by the brand and booked."""
        self.sold += 1
        line = SoldLine(sku=self.stage.pan.choices[0].sku, quantity=2, net_minor=net_minor, title="Saucepan Alma")
        told = Sale(order=f"S-{self.sold}", currency=currency, happened_at=at or clock.now(), lines=[line], code="NOUR10")
        made = await conversions.report_sale(brand_id=self.stage.brand_id, sale=told, source="api")
        if accepted:
            await self.accept(made.id)
        return made.id

    async def accept(self, conversion_id: UUID) -> None:
        await conversion_desk.accept(conversion_id=conversion_id, brand_id=self.stage.brand_id, by=self.stage.ada)
        await off_platform.fold(conversion_id=conversion_id)

    async def returned(self, number: int, name: str, net_minor: int | None = None) -> None:
        """So much of order `number` came back, by default all."""
        line = Returned(sku=self.stage.pan.choices[0].sku, net_minor=net_minor)
        order = f"S-{number}"
        await conversion_returns.report_return(
            brand_id=self.stage.brand_id, order=order, return_id=name, lines=[line], happened_at=clock.now(), source="api"
        )

    async def stands(self, code: Code, currency: str = "EUR") -> int:
        """What an account of the brand stands at."""
        return (await ledger.balance(Account(code, "brand", str(self.stage.brand_id)), currency)).minor

    async def nour(self) -> Contents:
        return await purses.contents(PayeeKind.CREATOR, self.stage.creator_id, "EUR")

    async def all(self) -> dict[str, int]:
        """The trial balance, code by code, debits above zero."""
        lines = await ledger.trial_balance("EUR")
        return {line.code.value: line.debit.minor - line.credit.minor for line in lines if line.debit != line.credit}


async def shop(*, commission_bp: int = 1000) -> Shop:
    """Everything is forty days old but the sales."""
    with clock.shifted(-timedelta(days=40)):
        stage = await factories.stage(commission_bp=commission_bp)
        await codes.give_code(collaboration_id=stage.collaboration_id, code="NOUR10", by=stage.ada)
    return Shop(stage)


def next_month() -> timedelta:
    """From now to the second day of the coming month."""
    now = clock.now()
    return (now.replace(day=1) + timedelta(days=32)).replace(day=2, hour=12) - now


def euros(minor: int) -> Money:
    return Money(minor, "EUR")
