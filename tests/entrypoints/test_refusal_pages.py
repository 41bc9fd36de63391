"""What people see when a page could not be: what happened in their language, what to do next, and a reference."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from foundation import templating
from foundation.accounts import Principal
from tests.cast import Browser, Cast


async def test_a_page_that_is_not_there_leads_back(client: Browser) -> None:
    answer = await client.get("/no-such-page", headers={"accept-language": "fr"})
    assert answer.status_code == 404
    for words in ("Cette page a quitté la scène", 'href="/schedule"', answer.headers["x-request-id"]):
        assert words in answer.text


async def test_somebody_elses_console_is_refused_with_words(cast: Cast) -> None:
    sam: Principal = await cast.sam()
    answer = await (await cast.client(sam)).get("/finance")
    assert answer.status_code in (403, 404)
    assert 'class="error-page"' in answer.text


@pytest.mark.parametrize(("status", "words"), [(500, "Something broke on our side"), (503, "One moment, please")])
def test_what_may_pass_can_be_tried_again(status: int, words: str) -> None:
    text = templating.render_block(
        "foundation/refusal.html",
        "refusal",
        refusal=SimpleNamespace(status=status),
        sentence_text="It has been noted.",
        request_id="r-1",
        request=SimpleNamespace(method="GET"),
        path="/orders",
    )
    assert words in text
    assert 'href="/orders"' in text
    assert "r-1" in text
