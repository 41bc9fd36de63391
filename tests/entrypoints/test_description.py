"""The description of the API: it can be read, nothing of it comes from elsewhere, and the API keeps to it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import httpx
import pytest

from foundation import api_tokens
from foundation.api_tokens import Scope
from tests import factories

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,negative_data_rejection,ignored_auth"
)


async def test_the_page_of_the_api_and_all_its_assets_are_ours(client: httpx.AsyncClient) -> None:
    page = await client.get("/schema")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    ours = (str(client.base_url).rstrip("/"), "/", "#", "?")
    assert [address for address in addresses if not address.startswith(ours) or address.startswith("//")] == []
    for name in ("swagger-ui", "api-description"):
        [script] = [address for address in addresses if f"/{name}." in address and address.endswith(".js")]
        assert (await client.get(script)).status_code == 200


async def test_every_operation_says_how_it_refuses_and_who_may_call(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/schema/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert set(schema["components"]["securitySchemes"]) == {"token", "signature"}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Refused"}, f"{method} {path}"
            assert operation["summary"], f"{method} {path}"
            assert method == "get" or operation.get("security"), f"{method} {path}"
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert used <= set(schema["components"]["schemas"])


@pytest.mark.slow
async def test_made_up_calls_never_find_the_api_outside_its_description(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Schemathesis, with a fixed seed and few examples: every operation that takes a token."""
    for limit in ("CALLS", "FORGED"):
        monkeypatch.setattr(api_tokens, limit, 1_000_000)
    stage = await factories.stage()
    token = await api_tokens.make_token(name="made up", scopes=list(Scope), days=None, by=stage.ada)
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{server}/schema/openapi.json"),
        *("--checks", CHECKS, "--max-examples", "6", "--seed", "20261121", "--phases", "examples,coverage,fuzzing"),
        *("--generation-database", "none", "--no-color", "--include-path-regex", "conversions|returns|stock|links|codes|orders"),
        *("--header", f"Authorization: Bearer {token}"),
    ]
    running = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env={**os.environ}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()[-6000:]
    tried = re.search(r"(\d+) generated", said.decode())
    assert tried, said.decode()[-2000:]
    assert int(tried[1]) > 100
