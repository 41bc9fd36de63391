"""The admin address of the stand-in, under /_sandbox: clock, faults, webhooks, settings, and what banks and people do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sandbox.stripe import accounts, disputes, event_list, faults, payment_intents, payouts, refunds, rules
from sandbox.stripe.balances import available
from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.events import public
from sandbox.stripe.exchange import Exchange
from sandbox.stripe.routes import Call
from sandbox.stripe.sender import Fault as WebhookFault
from sandbox.stripe.store import Thing
from sandbox.stripe.world import World

if TYPE_CHECKING:
    from sandbox.stripe.server import Server

Sent = dict[str, Any]


async def answer(server: Server, method: str, path: str, sent: Sent) -> Thing:
    """Do what the admin asks; refusals are `StripeError`s."""
    words = path.strip("/").split("/")[1:]
    if method == "GET":
        return _show(server, words)
    match words:
        case ["clock"]:
            return server.move_clock(_seconds(server.world, sent))
        case ["reset"]:
            server.reset()
            return {"reset": True}
        case ["settings"]:
            return _settings(server, sent)
        case ["exchange"]:
            server.world.exchange = Exchange(str(sent["into"]), {name: int(rate) for name, rate in sent["rates"].items()})
            return asdict(server.world.exchange)
        case ["faults"]:
            return _faults(server, method, sent)
        case ["webhooks", "flush"]:
            delivered, failed = await server.flush()
            return {"delivered": delivered, "failed": failed}
        case ["webhooks", "endpoints"]:
            return _endpoints(server.world, sent)
        case [kind, *rest] if kind in _THINGS:
            return _THINGS[kind](server.world, rest, sent)
    raise StripeError(f"Unknown admin address: {method} {path}", status=404)


def point_webhooks(world: World, endpoints: Mapping[bool, tuple[str, str]]) -> None:
    """Send the news of the platform (False) and of connected accounts (True) to these addresses, signed with these secrets."""
    for old in world.store.all("webhook_endpoint", rules.PLATFORM):
        if old["_connect"] in endpoints:
            world.store.remove(old)
    for connect, (url, secret) in endpoints.items():
        event_list.add_endpoint(world, url, secret, connect=connect, events=["*"])


def _show(server: Server, words: list[str]) -> Thing:
    match words:
        case ["clock"]:
            return {"now": server.world.now()}
        case ["settings"]:
            return asdict(server.world.settings)
        case ["faults"]:
            return {"faults": [vars(fault) for fault in (*server.world.faults, *server.sender.faults)]}
        case ["webhooks"]:
            waiting = server.world.store.all("delivery", "")
            return {
                "waiting": [{name: d[name] for name in ("id", "event", "event_type", "url", "attempts", "due")} for d in waiting]
            }
        case ["health"]:
            return {"healthy": True}
    raise StripeError("Unknown admin address", status=404)


def _seconds(world: World, sent: Sent) -> float:
    return float(sent["advance"]) if "advance" in sent else float(sent["now"]) - world.exact_now()


def _settings(server: Server, sent: Sent) -> Thing:
    known = {one.name: one.type for one in fields(server.world.settings)}
    for name, value in sent.items():
        if name not in known or not isinstance(value, int):
            raise StripeError(f"Unknown setting: {name}", param=name)
        setattr(server.world.settings, name, value)
    server.wake()
    return asdict(server.world.settings)


def _faults(server: Server, method: str, sent: Sent) -> Thing:
    if method == "DELETE":
        server.world.faults.clear()
        server.sender.faults.clear()
    elif str(sent.get("kind")) in faults.OF_WEBHOOKS:
        kind = str(sent["kind"]).removeprefix("webhook_")
        server.sender.faults.append(WebhookFault(**{**sent, "kind": kind}))
    else:
        faults.switch_on(server.world, faults.Fault(**sent))
    return _show(server, ["faults"])


def _endpoints(world: World, sent: Sent) -> Thing:
    """`{"endpoints": [{"url": ..., "secret": ..., "connect": false}, ...]}` in place of those that were."""
    wanted = {bool(one.get("connect")): (one["url"], one["secret"]) for one in sent["endpoints"]}
    for old in world.store.all("webhook_endpoint", rules.PLATFORM):
        world.store.remove(old)
    point_webhooks(world, wanted)
    return {"endpoints": [endpoint["url"] for endpoint in world.store.all("webhook_endpoint", rules.PLATFORM)]}


def _of_accounts(world: World, words: list[str], _sent: Sent) -> Thing:
    account_id, verb = words
    account = accounts.account_or_none(world, account_id)
    if account is None:
        raise missing_object("account", account_id)
    {"activate": accounts.activate, "restrict": accounts.restrict, "change_bank": accounts.change_bank}[verb](world, account)
    return accounts.view(account, list(accounts.PARTS))


def _of_disputes(world: World, words: list[str], sent: Sent) -> Thing:
    if words:
        dispute_id, outcome = words
        dispute = _find(world, "dispute", dispute_id)
        disputes.close(world, rules.PLATFORM, dispute, outcome)
        return public(dispute)
    charge_id = sent.get("charge") or _find(world, "payment_intent", sent["payment_intent"])["latest_charge"]
    charge = _find(world, "charge", charge_id)
    opened = disputes.open_dispute(world, rules.PLATFORM, charge, sent.get("reason", "fraudulent"), sent.get("amount"))
    return public(opened)


def _of_refunds(world: World, words: list[str], _sent: Sent) -> Thing:
    refund_id, _verb = words
    made = _find(world, "refund", refund_id)
    refunds.fail(world, rules.PLATFORM, made)
    return public(made)


def _of_payouts(world: World, words: list[str], sent: Sent) -> Thing:
    account = sent.get("account", rules.PLATFORM)
    if words:
        payout_id, _verb = words
        made = _find(world, "payout", payout_id, account)
        payouts.fail(world, account, made)
        return public(made)
    currency = sent.get("currency", "eur")
    amount = min(available(world, account, currency), int(sent.get("amount", sys.maxsize)))
    if amount <= 0:
        raise StripeError("There is nothing to pay out.", code="balance_insufficient")
    return public(payouts.make(world, account, amount, currency, automatic=True))


def _of_challenges(world: World, words: list[str], _sent: Sent) -> Thing:
    intent_id, verb = words
    intent = _find(world, "payment_intent", intent_id)
    try:
        payment_intents.authenticated(Call(world=world, ids=(intent_id,)), intent, passed=verb == "pass")
    except StripeError as error:
        if not error.kept:
            raise
    return public(intent)


def _find(world: World, kind: str, thing_id: str, account: str = rules.PLATFORM) -> Thing:
    found = world.store.find(kind, account, thing_id)
    if found is None:
        raise missing_object(kind, thing_id)
    return found


_THINGS: dict[str, Callable[[World, list[str], Sent], Thing]] = {
    "accounts": _of_accounts,
    "challenges": _of_challenges,
    "disputes": _of_disputes,
    "payouts": _of_payouts,
    "refunds": _of_refunds,
}
