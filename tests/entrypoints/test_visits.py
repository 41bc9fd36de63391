"""What every answer of the application carries."""

from __future__ import annotations

import httpx


async def test_an_unknown_page_is_a_page_in_the_language_of_the_browser(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"accept-language": "fr-FR,fr;q=0.9"})
    assert answer.status_code == 404
    assert "Cette page est introuvable." in answer.text
    assert '<html lang="fr"' in answer.text


async def test_an_unknown_address_of_the_api_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "not_found"


async def test_pages_forbid_foreign_scripts_and_frames(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/nowhere")).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert "unsafe-inline" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_post_without_the_form_token_is_refused(client: httpx.AsyncClient, server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as bare:
        assert (await bare.post("/sign-in", data={"email": "a@b.example", "password": "x"})).status_code == 403


async def test_a_request_keeps_the_id_it_came_with_and_a_strange_one_is_replaced(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health", headers={"x-request-id": "abcdef-123456"})).headers["x-request-id"] == "abcdef-123456"
    assert (await client.get("/health", headers={"x-request-id": "<script>"})).headers["x-request-id"] != "<script>"


async def test_the_process_says_that_it_lives_and_that_it_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    assert (await client.get("/ready")).json() == {"database": "ok", "valkey": "ok"}


async def test_a_static_file_is_compressed_and_kept_for_ever(client: httpx.AsyncClient) -> None:
    from foundation.static_files import static

    answer = await client.get(static("css/main.css"), headers={"accept-encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]
    assert "@layer" in answer.text


async def test_no_path_leads_out_of_the_folder_of_the_pictures(client: httpx.AsyncClient) -> None:
    for path in ("/media/../secret-key", "/media/%2e%2e/secret-key", "/media/..%2fsecret-key", "/static/%2e%2e/secret-key"):
        assert (await client.get(path)).status_code == 404


async def test_a_chosen_language_is_kept_whatever_the_browser_says(client: httpx.AsyncClient) -> None:
    await client.get("/nowhere?lang=fr")
    assert '<html lang="fr"' in (await client.get("/nowhere", headers={"accept-language": "en"})).text
