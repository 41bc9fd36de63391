"""The judge of the exchanges is itself judged: each of these mistakes must be found, and a good exchange must pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundation.settings import ROOT
from foundation.vendor import Exchange
from sandbox.stripe import api
from sandbox.stripe import contract as library
from sandbox.stripe.routes import Route
from tests.contracts import recorder, stripe_contract

CUSTOMER: dict[str, Any] = {
    "id": "cus_1",
    "object": "customer",
    "created": 1_790_000_000,
    "livemode": False,
    "default_source": None,
    "email": "sam@example.com",
    "shipping": None,
    "metadata": {"user_id": "1"},
}
GOOD = Exchange(
    vendor="stripe",
    method="POST",
    url="http://127.0.0.1/v1/customers",
    request_type="application/x-www-form-urlencoded",
    request_body=b"email=sam%40example.com&metadata[user_id]=1",
    status=200,
    response_type="application/json",
    response_body=json.dumps(CUSTOMER).encode(),
)
PAYMENT = replace(GOOD, url="http://127.0.0.1/v1/payment_intents", status=402, response_body=b'{"error": {"type": "card_error"}}')
ACCOUNT = replace(GOOD, url="http://127.0.0.1/v2/core/accounts", status=400, response_body=b"{}", request_type="application/json")


def answered(**changes: Any) -> bytes:
    return json.dumps({**CUSTOMER, **changes}).encode()


def test_a_good_exchange_passes() -> None:
    assert stripe_contract.check(GOOD) == []
    assert stripe_contract.check(replace(PAYMENT, request_body=b"amount=6000&currency=eur")) == []


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (replace(GOOD, url="http://127.0.0.1/v1/clients"), "no such path"),
        (replace(GOOD, method="PUT"), "no such verb"),
        (replace(GOOD, request_body=b"mail=sam"), "body.mail is not documented"),
        (replace(GOOD, request_body=b"address[town]=Paris"), "address"),
        (replace(GOOD, request_type="application/json", request_body=b"{}"), "wrong content type"),
        (replace(PAYMENT, request_body=b"currency=eur"), "body.amount is missing"),
        (replace(PAYMENT, request_body=b"amount=sixty&currency=eur"), "body.amount: str is not integer"),
        (replace(PAYMENT, request_body=b"amount=60&currency=eur&setup_future_usage=never"), "none of"),
        (replace(PAYMENT, request_body=b"amount=60&currency=eur&automatic_payment_methods[allow_redirects]=never"), "enabled"),
        (
            replace(GOOD, method="GET", url="http://127.0.0.1/v1/customers?page=2", request_body=b""),
            "query.page is not documented",
        ),
        (replace(GOOD, status=201), "status 201 is not documented"),
        (replace(GOOD, response_type="text/html"), "answered with text/html"),
        (replace(GOOD, response_body=b"<html>"), "cannot be read"),
        (replace(GOOD, response_body=answered(livemode="no")), "answer.livemode: str is not boolean"),
        (replace(GOOD, response_body=answered(id=None)), "answer.id: null is not allowed"),
        (replace(GOOD, response_body=answered(nickname="S")), "answer.nickname is not documented"),
        (replace(GOOD, response_body=json.dumps({"id": "cus_1", "object": "customer"}).encode()), "answer.created is missing"),
        (replace(PAYMENT, request_body=b"amount=60&currency=eur", response_body=b'{"error": {"type": "oops"}}'), "none of"),
        (replace(ACCOUNT, request_body=b'{"contact_mail": "a@b.c"}'), "body.contact_mail is not documented"),
        (replace(GOOD, request_body=b"ip_address=1.2.3.4"), "by the library's types"),
    ],
)
def test_every_seeded_mistake_is_found(mistake: Exchange, words: str) -> None:
    found = stripe_contract.check(mistake)
    assert any(words in one for one in found), found


def test_what_another_program_says_to_a_vendor_is_heard_once_it_is_whole(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    talk = (
        "from foundation import vendor;"
        "from tests.contracts.test_vendor_contract import GOOD;"
        "[tell(GOOD) for tell in vendor.observers]"
    )
    environment = {**os.environ, "FANFARE_TESTS_HEARD": str(heard)}
    subprocess.run([sys.executable, "-c", talk], cwd=ROOT, env=environment, check=True)
    assert recorder.told(heard) == [GOOD]
    line = heard.read_bytes()
    with heard.open("ab") as more:
        more.write(line[:40])
    assert recorder.told(heard) == []
    with heard.open("ab") as more:
        more.write(line[40:])
    assert recorder.told(heard) == [GOOD]


def test_a_webhook_with_an_object_of_the_wrong_shape_is_found() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-05-27.dahlia",
        "created": 1_790_000_000,
        "data": {"object": CUSTOMER},
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "type": "customer.created",
    }
    assert stripe_contract.check_webhook(json.dumps(event).encode()) == []
    broken = {**event, "data": {"object": {**CUSTOMER, "created": "today"}}}
    assert stripe_contract.check_webhook(json.dumps(broken).encode())
    assert stripe_contract.check_webhook(json.dumps({**event, "api_version": "2020-08-27"}).encode())


def test_the_library_knows_every_call_of_the_gateway() -> None:
    assert stripe_contract.operations()["post", "/v1/transfers/{}/reversals"] == "TransferReversalCreateParams"
    assert stripe_contract.operations()["post", "/v2/core/account_links"] == "v2.AccountLinkCreateParams"


DEPRECATED = {
    ("POST", "/v1/customers/{}"): {"card", "bank_account", "default_alipay_account", "default_bank_account", "default_card"},
    ("GET", "/v2/core/accounts"): {"page"},
}


@pytest.mark.parametrize("route", [one for one in api.operations() if one.params != "*"], ids=lambda r: f"{r.method} {r.path}")
def test_the_stand_in_takes_what_the_pinned_version_takes(route: Route) -> None:
    template = stripe_contract.document().template(route.path.replace("{}", "x"))
    assert template is not None
    documented = stripe_contract.document().parameters(template, route.method.lower())
    assert stripe_contract.operations()[route.method.lower(), route.path] == route.params
    assert library.names(route.params) == documented - DEPRECATED.get((route.method, route.path), set())
