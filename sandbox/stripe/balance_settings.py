"""When a balance is paid out to its bank."""

from __future__ import annotations

from sandbox.stripe import rules
from sandbox.stripe.errors import missing_object
from sandbox.stripe.events import emit
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing


@route("GET", "/v1/balance_settings", "BalanceSettingsRetrieveParams")
def retrieve(call: Call) -> Thing:
    """The settings. The platform's payouts are manual here, so that nothing drains what is owed."""
    interval = _account(call)["_schedule"] if call.account != rules.PLATFORM else "manual"
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": False,
            "payouts": {
                "minimum_balance_by_currency": None,
                "schedule": {"interval": interval},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": call.world.settings.settlement_seconds // 86_400},
        },
    }


@route("POST", "/v1/balance_settings", "BalanceSettingsUpdateParams")
def update(call: Call) -> Thing:
    """Change the schedule of a connected account."""
    schedule = call.params.get("payments", {}).get("payouts", {}).get("schedule", {})
    if "interval" in schedule and call.account != rules.PLATFORM:
        account = _account(call)
        account["_schedule"] = schedule["interval"]
        call.world.store.touch(account)
    answer = retrieve(call)
    emit(call.world, "balance_settings.updated", answer, account=call.account)
    return answer


def _account(call: Call) -> Thing:
    found = call.world.store.find("account", rules.PLATFORM, call.account)
    if found is None:
        raise missing_object("account", call.account)
    return found
