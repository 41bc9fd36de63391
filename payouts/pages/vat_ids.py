"""`/finance/vat-ids`: VAT ids that payees declared, to be looked up in VIES and confirmed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import NotFound
from foundation.i18n import _, translate
from foundation.web import Web
from payouts import vat_parties
from payouts.pages.finance import FINANCE
from payouts.tables import PayeeKind

HERE = "/finance/vat-ids"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Who says what of their VAT: what waits for a look-up comes first."""
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await vat_parties.declared(after=after)
    return web.page(
        request,
        "payouts/vat_ids.html",
        profiles=found[: vat_parties.PAGE],
        more=len(found) > vat_parties.PAGE,
        after=after,
        page_size=vat_parties.PAGE,
    )


@post(f"{HERE}/{{kind:str}}/{{owner:uuid}}", guards=[FINANCE], include_in_schema=False)
async def confirm(request: Web, by: By, kind: FromPath[str], owner: FromPath[UUID]) -> Response[Any]:
    """The VAT id was found valid."""
    if kind not in list(PayeeKind):
        raise NotFound
    form = await web.read_form(request)
    await vat_parties.confirm(kind=PayeeKind(kind), owner=owner, vat_id=form.text("vat_id", max=20), by=by)
    return web.redirect(request, HERE, translate(_("Confirmed. Sales from now on carry their VAT.")))


ROUTES = [show, confirm]
