"""Connected accounts of the second generation, and as the first generation shows them."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.stripe import rules
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit, iso, notify, public
from sandbox.stripe.lists import page_of
from sandbox.stripe.routes import Call, route
from sandbox.stripe.store import Thing, new_id
from sandbox.stripe.world import World, action

PARTS = ("configuration.recipient", "defaults", "identity", "requirements")
CAPABILITIES = ("stripe_transfers", "payouts")
EXAMPLE_IBAN = "FR1420041010050500013M02606"
"""What the form of a new payee suggests."""

ASKED = (
    "identity.individual.given_name",
    "identity.individual.surname",
    "identity.individual.date_of_birth",
    "identity.individual.address",
    "configuration.recipient.default_outbound_destination",
    "identity.attestations.terms_of_service",
)


@route("POST", "/v2/core/accounts", "v2.AccountCreateParams")
def create(call: Call) -> Thing:
    """A new connected account; its capabilities are restricted until it is onboarded."""
    sent = call.params
    configuration = sent.get("configuration", {})
    if set(configuration) - {"recipient"}:
        raise StripeError("Only the recipient configuration is known here.", code="account_configuration_not_supported")
    account = call.world.store.add("account", rules.PLATFORM, _new(call, sent, recipient=configuration.get("recipient")))
    _require(account, ASKED, "currently_due")
    notify(call.world, "v2.core.account.created", account)
    return view(account, sent.get("include", []))


@route("GET", "/v2/core/accounts", "v2.AccountListParams")
def list_accounts(call: Call) -> Thing:
    """The newest connected accounts (one page)."""
    newest = call.world.store.newest("account", rules.PLATFORM)
    found = [view(account, []) for account in newest if not account.get("closed") or call.params.get("closed")]
    return {"data": found[: call.params.get("limit", 20)], "next_page_url": None, "previous_page_url": None}


@route("GET", "/v2/core/accounts/{}", "v2.AccountRetrieveParams")
def retrieve(call: Call) -> Thing:
    """One account; parts that are not named in `include` are left out."""
    return view(_wanted(call), call.params.get("include", []))


@route("POST", "/v2/core/accounts/{}", "v2.AccountUpdateParams")
def update(call: Call) -> Thing:
    """Change names and metadata."""
    account = _wanted(call)
    for name in ("contact_email", "display_name", "metadata"):
        if name in call.params:
            account[name] = call.params[name]
    call.world.store.touch(account)
    notify(call.world, "v2.core.account.updated", account)
    return view(account, call.params.get("include", []))


@route("POST", "/v2/core/accounts/{}/close", "v2.AccountCloseParams")
def close(call: Call) -> Thing:
    """End an account; nothing can be sent to it any more."""
    account = _wanted(call)
    account["closed"] = True
    _set_capabilities(call.world, account, "restricted", "restricted_other")
    notify(call.world, "v2.core.account.closed", account)
    return view(account, [])


@route("GET", "/v1/accounts", "AccountListParams")
def list_v1(call: Call) -> Thing:
    """Connected accounts as the first generation shows them."""
    newest = call.world.store.newest("account", rules.PLATFORM)
    return page_of(call, (as_v1(account) for account in newest), lambda _: True, "/v1/accounts")


@route("GET", "/v1/accounts/{}", "AccountRetrieveParams")
def retrieve_v1(call: Call) -> Thing:
    """One connected account as the first generation shows it."""
    return as_v1(call.get("account"))


@route("POST", "/v1/accounts/{}/login_links", "AccountLoginLinkCreateParams")
def login_link(call: Call) -> Thing:
    """An address of the payee's own dashboard."""
    account = call.get("account")
    return {"object": "login_link", "created": call.world.now(), "url": f"{call.world.base_url}/v3/dashboard/{account['id']}"}


def account_or_none(world: World, account_id: str) -> Thing | None:
    """The open connected account of this id."""
    found = world.store.find("account", rules.PLATFORM, account_id)
    return None if found is None or found["closed"] else found


def transfers_status(account: Thing) -> str:
    """The state of the capability to receive transfers."""
    return str(_capabilities(account).get("stripe_transfers", {"status": "unsupported"})["status"])


def onboarded(world: World, account: Thing, outcome: str, person: dict[str, str]) -> None:
    """The payee has sent the form. `outcome`: active, pending (then active), or document (one thing is missing)."""
    account["identity"]["individual"] = {
        "account": account["id"],
        "created": iso(world.now()),
        "given_name": person.get("given_name", ""),
        "id": new_id("person"),
        "object": "v2.core.account_person",
        "surname": person.get("surname", ""),
        "updated": iso(world.now()),
    }
    if outcome == "document":
        _require(account, ("identity.individual.documents.primary_verification",), "currently_due")
        _set_capabilities(world, account, "restricted", "requirements_past_due")
    elif outcome == "pending":
        _require(account, (), "")
        _set_capabilities(world, account, "pending", "requirements_pending_verification")
        world.later("account_is_verified", 2, account["id"])
    else:
        activate(world, account, person.get("iban", ""))


def activate(world: World, account: Thing, iban: str = "") -> None:
    """Everything is in order: money may go there."""
    if not account.get("_bank"):
        account["_bank"] = _new_bank(account, iban)
        emit(world, "account.external_account.created", account["_bank"], account=account["id"])
    _require(account, (), "")
    _set_capabilities(world, account, "active", "")


def change_bank(world: World, account: Thing) -> None:
    """The payee, or somebody in their place, has named another bank account."""
    account["_bank"] = _new_bank(account)
    world.store.touch(account)
    emit(world, "account.external_account.created", account["_bank"], account=account["id"])


def restrict(world: World, account: Thing) -> None:
    """Something is overdue: no money may go there until it is sent."""
    _require(account, ("identity.individual.documents.primary_verification",), "past_due")
    _set_capabilities(world, account, "restricted", "requirements_past_due")


def view(account: Thing, include: list[str]) -> Thing:
    """The account as v2 shows it: without the parts that were not asked for."""
    shown = {name: value for name, value in public(account).items() if name not in ("configuration", *PARTS[1:])}
    for part in include:
        if part == "configuration.recipient":
            shown["configuration"] = account["configuration"]
        elif part in account:
            shown[part] = account[part]
    return shown


def as_v1(account: Thing) -> Thing:
    """The account as v1 shows it."""
    active, wanted = transfers_status(account), [entry["description"] for entry in account["requirements"]["entries"]]
    overdue = wanted if account["requirements"].get("summary", {}).get("minimum_deadline", {}).get("status") == "past_due" else []
    return {
        "id": account["id"],
        "object": "account",
        "business_type": "individual",
        "capabilities": {"transfers": {"active": "active", "pending": "pending"}.get(active, "inactive")},
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": "application"},
            "is_controller": True,
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
            "type": "application",
        },
        "country": account["identity"]["country"].upper(),
        "created": account["_created"],
        "default_currency": "eur",
        "details_submitted": "individual" in account["identity"],
        "email": account.get("contact_email"),
        "external_accounts": {
            "object": "list",
            "data": [account["_bank"]] if account.get("_bank") else [],
            "has_more": False,
            "url": f"/v1/accounts/{account['id']}/external_accounts",
        },
        "metadata": account["metadata"],
        "payouts_enabled": account["_payouts"] == "active",
        "requirements": {
            "alternatives": [],
            "current_deadline": None,
            "currently_due": wanted,
            "disabled_reason": "requirements.past_due" if overdue else None,
            "errors": [],
            "eventually_due": wanted,
            "past_due": overdue,
            "pending_verification": [],
        },
        "type": "express",
    }


@action("account_is_verified")
def _verified(world: World, timer: Thing) -> None:
    account = account_or_none(world, timer["object"])
    if account is not None and transfers_status(account) == "pending":
        activate(world, account)


def _wanted(call: Call) -> Thing:
    found = call.world.store.find("account", rules.PLATFORM, call.ids[0])
    if found is None:
        raise StripeError(f"Account {call.ids[0]} could not be found.", code="not_found", status=404)
    return found


def _capabilities(account: Thing) -> dict[str, Any]:
    recipient = account["configuration"].get("recipient", {})
    held: dict[str, Any] = recipient.get("capabilities", {}).get("stripe_balance", {})
    return held


def _set_capabilities(world: World, account: Thing, status: str, why: str) -> None:
    details = [{"code": why, "resolution": "no_resolution" if status == "pending" else "provide_info"}] if why else []
    for name in _capabilities(account):
        _capabilities(account)[name] = {"status": status, "status_details": details}
    account["_payouts"] = status
    world.store.touch(account)
    notify(world, "v2.core.account[requirements].updated", account)
    notify(world, "v2.core.account[configuration.recipient].capability_status_updated", account)
    emit(world, "account.updated", as_v1(account), account=account["id"])


def _require(account: Thing, fields: tuple[str, ...], deadline: str) -> None:
    impact = [
        {"capability": f"stripe_balance.{name}", "configuration": "recipient", "deadline": {"status": deadline}}
        for name in CAPABILITIES
    ]
    account["requirements"] = {
        "entries": [
            {
                "awaiting_action_from": "user",
                "description": field,
                "errors": [],
                "impact": {"restricts_capabilities": impact},
                "minimum_deadline": {"status": deadline},
                "requested_reasons": [{"code": "routine_onboarding"}],
            }
            for field in fields
        ]
    }
    if fields:
        account["requirements"]["summary"] = {"minimum_deadline": {"status": deadline}}


def _new_bank(account: Thing, iban: str = "") -> Thing:
    """An account at a bank: one number has one fingerprint, but the example that the form suggests is another account each time."""
    number = "" if iban == EXAMPLE_IBAN else iban.replace(" ", "")
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": account["identity"]["country"].upper(),
        "currency": account["defaults"]["currency"],
        "default_for_currency": True,
        "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16] if number else new_id("fp").removeprefix("fp_"),
        "last4": number[-4:] or "3000",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }


def _new(call: Call, sent: dict[str, Any], *, recipient: dict[str, Any] | None) -> Thing:
    status = {"status": "restricted", "status_details": [{"code": "requirements_past_due", "resolution": "provide_info"}]}
    held = {name: dict(status) for name in CAPABILITIES} if recipient else {}
    defaults = sent.get("defaults") or {}
    return {
        "id": new_id("acct", 16),
        "object": "v2.core.account",
        "applied_configurations": ["recipient"] if recipient is not None else [],
        "closed": False,
        "configuration": {"recipient": {"applied": True, "capabilities": {"stripe_balance": held}}}
        if recipient is not None
        else {},
        **{name: sent[name] for name in ("contact_email", "display_name") if name in sent},
        "created": iso(call.world.now()),
        "dashboard": sent.get("dashboard", "none"),
        "defaults": {
            "currency": "eur",
            "responsibilities": {**defaults.get("responsibilities", {}), "requirements_collector": "stripe"},
        },
        "identity": {"country": "fr", "entity_type": "individual", **(sent.get("identity") or {})},
        "livemode": False,
        "metadata": sent.get("metadata", {}),
        "requirements": {"entries": []},
        "_created": call.world.now(),
        "_payouts": "restricted",
        "_schedule": "daily",
    }
