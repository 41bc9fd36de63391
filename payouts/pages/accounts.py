"""`/finance/accounts`: trial balance, accounts, postings and journals."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from foundation import audit, clock, web
from foundation.accounts import By
from foundation.database import DB
from foundation.errors import NotFound
from foundation.money import Money
from foundation.web import Web
from payouts import accounts, ledger, proofs, proofs_export
from payouts.chart import NAMES, Code
from payouts.pages.finance import FINANCE, currency_of


@get("/finance/accounts", guards=[FINANCE], include_in_schema=False)
async def show_trial_balance(request: Web) -> Response[Any]:
    """Every code with what it stands at; the two columns are equal."""
    currency = await currency_of(request)
    lines = await ledger.trial_balance(currency)
    zero = Money(0, currency)
    return web.page(
        request,
        "payouts/accounts.html",
        lines=lines,
        names=NAMES,
        debits=sum((line.debit for line in lines), start=zero),
        credits=sum((line.credit for line in lines), start=zero),
        currency=currency,
        currencies=await ledger.currencies(),
        seal=await proofs.seal(),
    )


@get("/finance/accounts/code/{code:str}", guards=[FINANCE], include_in_schema=False)
async def show_code(request: Web, code: FromPath[str]) -> Response[Any]:
    """The accounts of one code; the only one opens at once."""
    if code not in list(Code):
        raise NotFound
    currency = await currency_of(request)
    after = _number(request.query_params.get("after")) or 0
    owner = request.query_params.get("owner", "").strip()[:80]
    found = await accounts.accounts_of(Code(code), currency, after=after, owner=owner)
    if len(found) == 1 and not after and not owner:
        return web.redirect(request, f"/finance/accounts/{found[0].id}")
    return web.page(
        request,
        "payouts/account_list.html",
        code=Code(code),
        name=NAMES[Code(code)],
        accounts=found[: accounts.PAGE],
        more=len(found) > accounts.PAGE,
        after=after,
        page_size=accounts.PAGE,
        owner=owner,
        currency=currency,
    )


@get("/finance/accounts/{account_id:int}", guards=[FINANCE], include_in_schema=False)
async def show_account(request: Web, account_id: FromPath[int]) -> Response[Any]:
    """The postings of one account, newest first."""
    found = await accounts.account(account_id)
    rows = await accounts.postings(account_id, before=_number(request.query_params.get("before")))
    return web.page(
        request,
        "payouts/account.html",
        account=found,
        name=NAMES[found.code],
        postings=rows[: accounts.PAGE],
        more=len(rows) > accounts.PAGE,
    )


@get("/finance/accounts/journals/{journal_id:int}", guards=[FINANCE], include_in_schema=False)
async def show_journal(request: Web, journal_id: FromPath[int]) -> Response[Any]:
    """One journal with its lines, its source and its hashes."""
    return web.page(request, "payouts/journal.html", journal=await accounts.journal(journal_id), names=NAMES)


@get("/finance/accounts/chain.jsonl", guards=[FINANCE], include_in_schema=False)
async def take_chain(by: By) -> Stream:
    """The chain of hashes with all it covers, for somebody who proves it without us. Who took it is in the audit log."""
    async with DB.transaction():
        await audit.record(by=by, action="chain of hashes taken", kind="journal", id="all")
    name = f"chain-{clock.now():%Y%m%d-%H%M%S}.jsonl"
    return Stream(
        proofs_export.chain(), media_type="application/jsonl", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None


ROUTES = [show_trial_balance, take_chain, show_code, show_account, show_journal]
