"""`/finance/shared-banks`: creators who have one bank account together, and who of them may be paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from foundation import web
from foundation.accounts import By
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from payouts import bank_sharing
from payouts.pages.finance import FINANCE

HERE = "/finance/shared-banks"


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """Everybody who shares a bank account; those who wait come first."""
    return await _page(request, Form())


@post(f"{HERE}/{{payee_id:uuid}}/allow", guards=[FINANCE], include_in_schema=False)
async def allow(request: Web, by: By, payee_id: FromPath[UUID]) -> Response[Any]:
    """This creator may be paid to it."""
    form = await web.read_form(request)
    try:
        await bank_sharing.allow(payee_id=payee_id, reason=form.text(f"reason-{payee_id}", max=1000, required=False), by=by)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _page(request, form.refused(refusal), asked=payee_id, status=refusal.status)
    return web.redirect(request, HERE, translate(_("Allowed. The next run pays to this account.")))


async def _page(request: Web, form: Form, *, asked: UUID | None = None, status: int = 200) -> Response[Any]:
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = await bank_sharing.sharers(after=after)
    return web.page(
        request,
        "payouts/shared_banks.html",
        status=status,
        sharers=found[: bank_sharing.PAGE],
        more=len(found) > bank_sharing.PAGE,
        after=after,
        page_size=bank_sharing.PAGE,
        form=form,
        asked=asked,
    )


ROUTES = [show, allow]
