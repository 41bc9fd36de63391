"""What a brand's own shop tells, for the tests: a sale, its click, the program that reports it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from creators import links
from creators.click_ids import ClickIds
from creators.link_tables import Click, TrackingLink
from foundation import api_tokens, clock
from foundation.api_tokens import Scope
from tests import factories
from tests.factories import Stage
from tests.foundation.test_api_tokens import program


def sale(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {
        "order": "100042",
        "currency": "EUR",
        "happened_at": clock.now().isoformat(),
        "lines": [{"sku": stage.pan.choices[0].sku, "quantity": 2, "net_minor": 9833}],
        **changes,
    }


async def shop_program(server: str, stage: Stage) -> httpx.AsyncClient:
    return program(server, await api_tokens.make_token(name="shop", scopes=list(Scope), days=None, by=stage.ada))


async def click(stage: Stage, *, ago: timedelta = timedelta(hours=1), kind: str = "person", consented: bool = True) -> str:
    code = await links.make_link(collaboration_id=stage.collaboration_id, show_id=stage.show_id, by=stage.nour)
    [link] = await TrackingLink.objects().where(TrackingLink.code == code)
    row = Click(
        id=UUID(ClickIds().new().decode()),
        link=link.id,
        creator=link.creator,
        show=link.show,
        product=None,
        at=clock.now() - ago,
        kind=kind,
        consented=consented,
    )
    await row.save()
    return str(row.id)


async def aged(**wishes: Any) -> Stage:
    """A collaboration that is forty days old: its terms were there before whatever the test reports."""
    with clock.shifted(-timedelta(days=40)):
        return await factories.stage(**wishes)
