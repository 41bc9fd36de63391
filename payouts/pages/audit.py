"""`/finance/audit`: the audit log for finance, auditors and administrators."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from foundation import audit, web
from foundation.accounts import By, require_principal
from foundation.database import DB
from foundation.errors import Forbidden
from foundation.tables import Role
from foundation.web import Web
from payouts import audit_log
from payouts.audit_log import Wanted
from payouts.exports import as_csv
from payouts.pages.finance import STAFF

HERE = "/finance/audit"


async def _reader(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Raises `SignInNeeded`, `SessionsAway`, `Forbidden`."""
    if not (await require_principal(connection)).has(*STAFF, Role.AUDITOR, Role.ADMINISTRATOR):
        raise Forbidden


@get(HERE, guards=[_reader], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """One page of the log, filtered as the address says."""
    wanted, asked = _wanted(request)
    text = request.query_params.get("before", "")
    found = await audit_log.listed(wanted, before=int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None)
    shown = found[: audit_log.PAGE]
    return web.page(
        request,
        "payouts/audit.html",
        entries=shown,
        said=audit_log.said,
        kinds=[(kind, kind.replace("_", " ")) for kind in await audit_log.kinds()],
        asked=asked,
        query=urlencode({name: text for name, text in asked.items() if text}),
        next_before=shown[-1].id if len(found) > audit_log.PAGE else None,
    )


@get(f"{HERE}/file", guards=[_reader], include_in_schema=False)
async def download(request: Web, by: By) -> Response[Any]:
    """The entries as CSV; that somebody took them is an entry too."""
    wanted, asked = _wanted(request)
    file = as_csv(await audit_log.sheet(wanted))
    async with DB.transaction():
        await audit.record(by=by, action="export", kind="audit", id="log", asked=asked, bytes=len(file.content))
    headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "private, no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)


def _wanted(request: Web) -> tuple[Wanted, dict[str, str]]:
    """What is looked for, and the same as it was asked; what makes no sense is left out."""
    names = ("person", "action", "kind", "object", "since", "until")
    asked = {name: request.query_params.get(name, "").replace("\x00", "").strip()[:200] for name in names}
    since, until = _day(asked["since"]), _day(asked["until"])
    wanted = Wanted(
        person=asked["person"], action=asked["action"], kind=asked["kind"], object_id=asked["object"], since=since, until=until
    )
    return wanted, asked


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 3000 else None


ROUTES = [show, download]
