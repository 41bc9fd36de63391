"""The platform's rules and payments of withheld tax in a browser: wide, narrow, dark, French."""

from __future__ import annotations

from uuid import uuid4

import pytest

from foundation import clock
from foundation.money import Money
from foundation.tables import Role
from payouts import platform_rules, tax_payments
from payouts.exports import local_day
from tests.browser.conftest import Opener
from tests.browser.steps import visit
from tests.payouts import facts
from tests.payouts.rulebook import draft
from tests.payouts.test_platform_rules import fee, rule
from tests.payouts.test_tax_payments import entered, withheld


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "en"), (390, True, "fr")])
async def test_rules_of_the_platform_and_payments_of_tax_are_sound(
    open_page: Opener, server: str, width: int, dark: bool, language: str
) -> None:
    market, fay, finn = await facts.market(), await facts.person("fay"), await facts.person("finn", Role.FINANCE_CHECKER)
    look = {"width": width, "dark": dark, "language": language}
    async with open_page(finn, **look) as page:
        await visit(page, "/finance/rules", f"platform-rules-empty-{width}")
        await visit(page, "/finance/rules/platform/fee", f"platform-fee-{width}")
        await platform_rules.confirm(proposal_id=await rule(draft(rate_bp=1500, creator=market.creator.id), fay), by=finn)
        await platform_rules.confirm(proposal_id=await fee(600, fay), by=finn)
        asked = await rule(draft(rate_bp=2000, first_sale=True, floor_minor=100), fay)
        [known] = (await platform_rules.standing()).coming
        for minor in (4500, 1500):
            await withheld(market, minor)
        await tax_payments.book(payment_id=await entered(4500, fay), by=finn)
        await tax_payments.propose(
            amount=Money(1500, "EUR"), paid_on=local_day(clock.now()), reference="1042 NOV", client_key=uuid4(), by=fay
        )
        await visit(page, "/finance/rules", f"platform-rules-{width}")
        await visit(page, f"/finance/rules/proposals/{asked}", f"platform-proposal-{width}")
        await visit(page, f"/finance/rules/platform/{known.plan.rule}", f"platform-rule-{width}")
        await visit(page, "/finance/tax", f"tax-payments-{width}")
        await visit(page, "/finance/bank", f"bank-tax-{width}")
    async with open_page(market.ada, **look) as page:
        await visit(page, "/brand/rules", f"brand-rules-{width}")
