"""Every address that names an object, asked by everybody whom it does not concern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx
import pytest

from entrypoints.app import create_app
from foundation.database import DB
from tests import factories
from tests.cast import Browser, Cast
from tests.faults.objects import Objects, everybodys
from tests.marketplace import stall
from tests.stand_ins import StandIn

PUBLIC: Final = (
    "/",
    "/media/",
    "/static/",
    "/brands/",
    "/briefs/",
    "/creators/",
    "/clips/",
    "/shop/products/",
    "/shop/variants/",
    "/shows/",
    "/questions/",
    "/polls/",
    "/credits/shows/",
    "/confirm/",
    "/reset/",
    "/claim/",
    "/orders/link/",
    "/bag/lines/",
    "/report",
    "/webhooks/",
    "/pixel/",
    "/{path",
    "/schema",
    "/dev/mail/",
    "/patterns/",
    "/api/v1/brands/",
    "/api/v1/briefs/",
    "/api/v1/creators/",
    "/api/v1/products/",
    "/api/v1/shows/",
)
"""Beginnings of addresses whose object anybody may see, or whose secret is in the address itself."""

STAFF: Final = ("/admin/", "/finance/", "/moderation/")
"""Beginnings of addresses for people with a role, whatever the object."""

UNGUARDED: Final = ("/webhooks/",)
"""Posts that carry a signature in place of the form token."""


@dataclass(frozen=True)
class Address:
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def addresses() -> list[Address]:
    """Every method of every address of the application."""
    return [
        Address(method, route.path)
        for route in sorted(create_app().routes, key=lambda route: route.path)
        for method in sorted(set(route.methods or ()) - {"OPTIONS", "HEAD"})
    ]


def of_objects(*, owned: bool) -> list[Address]:
    """The addresses with an object in them: those of tenants, or those of staff."""
    named = [address for address in addresses() if "{" in address.path]
    staff = [address for address in named if address.path.startswith(STAFF)]
    if not owned:
        return staff
    return [address for address in named if address not in staff and not _is_public(address)]


def _is_public(address: Address) -> bool:
    beginnings = tuple(beginning for beginning in PUBLIC if beginning != "/")
    return address.path.startswith(beginnings)


@pytest.fixture
async def objects(cast: Cast, stripe_sandbox: StandIn) -> Objects:
    return await everybodys(cast, stripe_sandbox)


@pytest.fixture
async def strangers(cast: Cast, objects: Objects) -> dict[str, Browser]:
    """Another brand's owner, another creator, and people whose work lies elsewhere."""
    bruno, chloe = await cast.bruno(), await cast.chloe()
    await stall.product(bruno, (await stall.brand(bruno, "Velours", "knitting")).id)
    await factories.creator(chloe, "chloe")
    return {name: await cast.client(await cast.person(name)) for name in ("bruno", "chloe", "max", "fay")}


async def ask(client: httpx.AsyncClient, address: Address, objects: Objects) -> httpx.Response:
    """The address with the objects of others, a POST with a field or two that fit many forms."""
    where = objects.fill(address.path)
    if address.method == "GET":
        return await client.get(where)
    if address.path.startswith("/api/"):
        return await client.request(address.method, where, json={"reason": "returned"})
    reason = "It came back to us." if address.path.endswith("/decline") else "returned"
    return await client.request(address.method, where, data={"title": "Taken", "reason": reason, "body": "x"})


async def fingerprint() -> str:
    """All that tenants have, as one hash."""
    tables = ("brand", "product", "variant", "brief", "application", "collaboration", "show", "slot", "customer_order", "refund")
    async with DB.connection() as connection:
        known = {
            row["tablename"] for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        }
        parts = [
            await connection.fetchval(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from \"{table}\" t")  # noqa: S608  # names from above
            for table in tables
            if table in known
        ]
    return "".join(parts)


async def test_what_belongs_to_others_is_not_found(objects: Objects, strangers: dict[str, Browser]) -> None:
    before, open_doors = await fingerprint(), []
    for address in of_objects(owned=True):
        for name, client in strangers.items():
            answer = await ask(client, address, objects)
            if answer.status_code not in {403, 404} or (answer.status_code == 403 and _same_trade(name, address)):
                open_doors.append(f"{address} as {name}: {answer.status_code} {answer.headers.get('location', '')}")
    assert not open_doors, "\n".join(open_doors)
    assert await fingerprint() == before


def _same_trade(name: str, address: Address) -> bool:
    """Whoever has the role for the address must not even learn that the object exists."""
    return (name, address.path.split("/")[1]) in {("bruno", "brand"), ("chloe", "studio")}


async def test_whoever_is_signed_out_is_asked_to_sign_in(client: Browser, objects: Objects) -> None:
    open_doors = []
    for address in of_objects(owned=True) + of_objects(owned=False):
        answer = await client.request(address.method, _any(address.path, objects))
        led_away = answer.status_code == 303 and "/sign-in" in answer.headers["location"]
        if not led_away and answer.status_code not in {401, 404}:
            open_doors.append(f"{address}: {answer.status_code}")
    assert not open_doors, "\n".join(open_doors)


async def test_what_staff_works_on_is_closed_to_everybody_else(objects: Objects, cast: Cast) -> None:
    outsiders = [await cast.client(await cast.person(name)) for name in ("ada", "nour", "sam")]
    open_doors = []
    for address in of_objects(owned=False):
        for client in outsiders:
            answer = await client.request(address.method, _any(address.path, objects))
            if answer.status_code not in {403, 404}:
                open_doors.append(f"{address}: {answer.status_code}")
    assert not open_doors, "\n".join(open_doors)


def _any(path: str, objects: Objects) -> str:
    """The path with real objects where there are some, else with ids that nobody has."""
    known = re.sub(r"\{(\w+):\w+\}", lambda found: objects.found.get(found[1], found[0]), path)
    return re.sub(r"\{\w+:(\w+)\}", lambda found: {"int": "1", "uuid": str(UUID(int=1))}.get(found[1], "x"), known)


async def test_no_post_works_without_the_form_token(server: str, objects: Objects, cast: Cast) -> None:
    ada = await cast.client(await cast.ada())
    before, open_doors = await fingerprint(), []
    async with httpx.AsyncClient(base_url=server, cookies=ada.cookies, timeout=30) as forger:
        for address in addresses():
            if address.method == "GET" or address.path.startswith(UNGUARDED):
                continue
            answer = await forger.request(address.method, _any(address.path, objects), data={"title": "Forged"})
            if answer.status_code != 403:
                open_doors.append(f"{address}: {answer.status_code}")
    assert not open_doors, "\n".join(open_doors)
    assert await fingerprint() == before
