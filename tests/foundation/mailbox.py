"""Reading the kept mails as a developer does: through the page."""

from __future__ import annotations

import html
import re

import httpx


async def newest(client: httpx.AsyncClient, to: str) -> str:
    """The subject and text of the newest mail to this address; empty when there is none."""
    answer = await client.get("/dev/mail", params={"to": to})
    assert answer.status_code == 200
    found = re.search(r'<article class="card kept-mail".*?</article>', answer.text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found[0])) if found else ""


async def path_in_newest(client: httpx.AsyncClient, to: str, prefix: str) -> str:
    """The path of the link that begins with `prefix` in the newest mail to this address."""
    text = await newest(client, to)
    found = re.search(rf"https?://[^/\s]+({re.escape(prefix)}[^\s]+)", text)
    assert found, f"no link {prefix} in: {text}"
    return found[1]
