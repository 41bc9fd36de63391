"""What browsers get: the stand-in of Stripe.js, its frames, and Stripe's hosted onboarding page."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from sandbox.stripe import accounts, payment_intents, rules
from sandbox.stripe.account_links import any_link, open_link
from sandbox.stripe.api import Answer, Request
from sandbox.stripe.errors import StripeError
from sandbox.stripe.routes import Call
from sandbox.stripe.world import World

_FOLDER = Path(__file__).parent / "browser"
_FILES = {
    "": ("stripe.js", "text/javascript"),
    "stripe.js": ("stripe.js", "text/javascript"),
    "element.html": ("element.html", "text/html"),
    "element.js": ("element.js", "text/javascript"),
    "element.css": ("element.css", "text/css"),
    "challenge.js": ("challenge.js", "text/javascript"),
    "pages.css": ("pages.css", "text/css"),
}
_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'"


def answer(world: World, request: Request) -> Answer:
    """Answer one address under /v3."""
    words = request.path.removeprefix("/v3").strip("/").split("/")
    match request.method, words:
        case "GET", [name] if name in _FILES:
            file, kind = _FILES[name]
            return _page((_FOLDER / file).read_text(), kind)
        case "GET", ["challenge", intent_id]:
            return _challenge(world, intent_id)
        case "POST", ["challenge", intent_id]:
            return _answer_challenge(world, intent_id, request)
        case "GET", ["onboarding", token]:
            return _onboarding(world, token)
        case "POST", ["onboarding", token]:
            return _onboarded(world, token, request)
        case "GET", ["dashboard", _account]:
            return _template("dashboard.html", {})
    return _page("<!doctype html><title>Not found</title><p>There is nothing here.", "text/html", status=404)


def _challenge(world: World, intent_id: str) -> Answer:
    intent = world.store.find("payment_intent", rules.PLATFORM, intent_id)
    if intent is None or intent["status"] != "requires_action":
        return _page("<!doctype html><title>Over</title><p>This question has been answered.", "text/html", status=404)
    amount = f"{intent['amount'] / 100:.2f} {intent['currency'].upper()}"
    return _template("challenge.html", {"amount": amount, "intent": intent_id})


def _answer_challenge(world: World, intent_id: str, request: Request) -> Answer:
    """Record what the shopper answered; the opener looks the payment up afterwards."""
    intent = world.store.find("payment_intent", rules.PLATFORM, intent_id)
    if intent is None:
        return _page("", "text/html", status=404)
    passed = _form(request).get("answer") == "complete"
    try:
        payment_intents.authenticated(Call(world=world, ids=(intent_id,)), intent, passed=passed)
    except StripeError as error:
        if not error.kept:
            raise
    return _template("answered.html", {})


def _onboarding(world: World, token: str) -> Answer:
    link = open_link(world, token)
    if link is None:
        return _expired(world, token)
    account = accounts.account_or_none(world, link["account"])
    name = account.get("display_name", "") if account else ""
    return _template("onboarding.html", {"name": name, "email": account.get("contact_email", "") if account else ""})


def _onboarded(world: World, token: str, request: Request) -> Answer:
    link = open_link(world, token)
    account = accounts.account_or_none(world, link["account"]) if link else None
    if link is None or account is None:
        return _expired(world, token)
    sent = _form(request)
    accounts.onboarded(world, account, sent.get("outcome", "active"), sent)
    link["used"] = True
    world.store.touch(link)
    return Answer(status=303, body=b"", headers={"location": link["return_url"]})


def _expired(world: World, token: str) -> Answer:
    link = any_link(world, token)
    if link is None:
        return _page("<!doctype html><title>Not found</title><p>There is no such link.", "text/html", status=404)
    return Answer(status=303, body=b"", headers={"location": link["refresh_url"]})


def _form(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


def _template(name: str, fields: dict[str, str]) -> Answer:
    text = Template((_FOLDER / name).read_text())
    return _page(text.substitute({key: html.escape(value) for key, value in fields.items()}), "text/html")


def _page(text: str, kind: str, status: int = 200) -> Answer:
    headers = {"content-type": f"{kind}; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    if kind == "text/html":
        headers["content-security-policy"] = _CSP
    return Answer(status=status, body=text.encode(), headers=headers)
