"""Pages leave compressed; their length tells nothing of what they hold."""

from __future__ import annotations

import gzip

import brotli
import httpx
import pytest


async def raw(server: str, path: str, accepted: str) -> tuple[httpx.Headers, bytes]:
    async with (
        httpx.AsyncClient(base_url=server) as client,
        client.stream("GET", path, headers={"accept-encoding": accepted}) as answer,
    ):
        return answer.headers, b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")])
async def test_a_page_leaves_compressed_as_its_reader_wishes(server: str, accepted: str, encoding: str) -> None:
    headers, body = await raw(server, "/sign-in", accepted)
    assert headers["content-encoding"] == encoding
    assert int(headers["content-length"]) == len(body)
    assert "Accept-Encoding" in headers["vary"]
    text = brotli.decompress(body) if encoding == "br" else gzip.decompress(body)
    assert text.startswith(b"<!doctype html>")
    assert len(body) < len(text) / 2


async def test_who_takes_no_compression_gets_none(server: str) -> None:
    headers, body = await raw(server, "/sign-in", "identity")
    assert "content-encoding" not in headers
    assert body.startswith(b"<!doctype html>")


async def test_the_page_of_a_refusal_is_compressed_too(server: str) -> None:
    headers, body = await raw(server, "/no-such-page", "br")
    assert headers["content-encoding"] == "br"
    assert b"<!doctype html>" in brotli.decompress(body)


async def test_the_length_on_the_line_differs_from_answer_to_answer(server: str) -> None:
    lengths = {len((await raw(server, "/sign-in", "br"))[0]["x-padding"]) for _ in range(12)}
    assert len(lengths) > 1
