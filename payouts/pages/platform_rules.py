"""`/finance/rules`: the platform's fee and commission rules, made by one person and confirmed by another; and the brands' lists, to read."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.params import FromPath

from creators import platform_fees
from foundation import clock, web
from foundation.accounts import By, Principal, role
from foundation.errors import NotFound, Refusal
from foundation.i18n import _, translate
from foundation.tables import Role
from foundation.web import Form, Web
from marketplace.tables import Brand
from payouts import platform_rules, rule_book, rule_choices, rule_preview
from payouts.pages import rule_form
from payouts.pages.finance import FINANCE, currency_of
from payouts.pages.rules import KIND_WORDS
from payouts.platform_rule_tables import Subject

HERE = "/finance/rules"
HOUSE = f"{HERE}/platform"
CHECKER = role(Role.FINANCE_CHECKER)
SUBJECT_WORDS = {Subject.FEE: _("Platform fee"), Subject.RULE: _("Commission rule"), Subject.END: _("End of a rule")}
PROPOSED = _("Proposed. Somebody else confirms it.")


@get(HERE, guards=[FINANCE], include_in_schema=False)
async def show(request: Web) -> Response[Any]:
    """The platform's fee and rules, what waits for a second person, and the brands with rules of their own."""
    text = request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    proposals = await platform_rules.proposals(after=after)
    return web.page(
        request,
        "payouts/platform_rules.html",
        house=await platform_rules.standing(),
        proposals=proposals[: platform_rules.PAGE],
        more=len(proposals) > platform_rules.PAGE,
        after=after,
        page_size=platform_rules.PAGE,
        brands=await rule_choices.brands_with_rules(),
        kind_words=KIND_WORDS,
        subject_words=SUBJECT_WORDS,
    )


@get(f"{HERE}/{{slug:str}}", guards=[FINANCE], include_in_schema=False)
async def show_of_brand(request: Web, slug: FromPath[str]) -> Response[Any]:
    """A brand's list and versions, to read."""
    brand = await Brand.objects().where(Brand.slug == slug).first()
    if brand is None:
        raise NotFound
    return web.page(
        request,
        "payouts/rules.html",
        brand=brand,
        rules=await rule_book.list_of(brand.id),
        versions=await rule_book.versions(brand.id),
        kind_words=KIND_WORDS,
        here=f"{HERE}/{slug}",
        own=False,
        ladders=await rule_choices.ladders(brand.id),
        house=await platform_rules.standing(),
    )


@get(f"{HOUSE}/new", guards=[FINANCE], include_in_schema=False)
async def new(request: Web) -> Response[Any]:
    """A new rule of the platform."""
    place = max((one.plan.place for one in (await platform_rules.standing()).rules), default=0) + 1
    return await _form(request, None, Form({"kind": "percent", "place": min(place, 999), "version": 0}))


@get(f"{HOUSE}/fee", guards=[FINANCE], include_in_schema=False)
async def show_fee(request: Web) -> Response[Any]:
    """The fee: its versions, and the form of the next one."""
    return await _fee(request, Form())


@get(f"{HOUSE}/{{rule:uuid}}", guards=[FINANCE], include_in_schema=False)
async def edit(request: Web, rule: FromPath[UUID]) -> Response[Any]:
    """A new version of a rule, begun from its newest one."""
    return await _form(request, rule, Form(rule_form.typed(await platform_rules.current(rule))))


@post(f"{HOUSE}/new", guards=[FINANCE], include_in_schema=False)
async def propose_new(request: Web, by: By) -> Response[Any]:
    """Preview or propose a new rule."""
    return await _propose(request, by, None)


@post(f"{HOUSE}/fee", guards=[FINANCE], include_in_schema=False)
async def propose_fee(request: Web, by: By) -> Response[Any]:
    """Preview or propose another fee."""
    form = await web.read_form(request)
    try:
        fee_bp = form.percent_bp("rate", low=0, high=platform_fees.HIGHEST_BP)
        if form.values.get("do") != "propose":
            form.check()
            found = await rule_preview.preview_of_fee(fee_bp=fee_bp, currency=await currency_of(request))
            return await _fee(request, form, preview=found)
        about = _about(form)
        form.check()
        await platform_rules.propose_fee(fee_bp=fee_bp, by=by, **about)
    except Refusal as refusal:
        return await _fee(request, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(PROPOSED))


@post(f"{HOUSE}/{{rule:uuid}}", guards=[FINANCE], include_in_schema=False)
async def propose(request: Web, by: By, rule: FromPath[UUID]) -> Response[Any]:
    """Preview or propose a new version of a rule."""
    return await _propose(request, by, rule)


@post(f"{HOUSE}/{{rule:uuid}}/end", guards=[FINANCE], include_in_schema=False)
async def propose_end(request: Web, by: By, rule: FromPath[UUID]) -> Response[Any]:
    """Propose to end a rule."""
    plan = await platform_rules.current(rule)
    form = await web.read_form(request)
    try:
        about, version = _about(form), form.integer("version", low=1, high=30_000)
        form.check()
        await platform_rules.propose_end(rule=rule, version=version, by=by, **about)
    except Refusal as refusal:
        typed = Form({**rule_form.typed(plan), **{name: form.values.get(name) for name in ("starts_on", "reason")}})
        typed.refusals = form.refused(refusal).refusals
        return await _form(request, rule, typed, status=refusal.status)
    return web.redirect(request, HERE, translate(PROPOSED))


@get(f"{HERE}/proposals/{{proposal_id:uuid}}", guards=[FINANCE], include_in_schema=False)
async def show_proposal(request: Web, by: By, proposal_id: FromPath[UUID]) -> Response[Any]:
    """What would change, and what last month would have paid."""
    return await _proposal(request, by, proposal_id, Form())


@post(f"{HERE}/proposals/{{proposal_id:uuid}}/confirm", guards=[CHECKER], include_in_schema=False)
async def confirm(request: Web, by: By, proposal_id: FromPath[UUID]) -> Response[Any]:
    """Confirm it, as the second person."""
    done = platform_rules.confirm(proposal_id=proposal_id, by=by)
    return await _decided(request, by, proposal_id, Form(), done, _("Confirmed. It holds from its day on."))


@post(f"{HERE}/proposals/{{proposal_id:uuid}}/refuse", guards=[CHECKER], include_in_schema=False)
async def refuse(request: Web, by: By, proposal_id: FromPath[UUID]) -> Response[Any]:
    """Refuse it with a reason."""
    form = await web.read_form(request)
    reason = form.text("decision", min=3, max=500)
    if form.refusals:
        return await _proposal(request, by, proposal_id, form, status=422)
    done = platform_rules.refuse(proposal_id=proposal_id, reason=reason, by=by)
    return await _decided(request, by, proposal_id, form, done, _("Refused."))


async def _decided(request: Web, by: Principal, proposal_id: UUID, form: Form, done: Awaitable[None], told: str) -> Response[Any]:
    try:
        await done
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _proposal(request, by, proposal_id, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(told))


def _about(form: Form) -> dict[str, Any]:
    """From when, why, and the key that makes a double click one proposal."""
    return {
        "starts_on": form.day("starts_on"),
        "reason": form.text("reason", min=5, max=500),
        "client_key": form.uuid("client_key"),
    }


async def _propose(request: Web, by: Principal, rule: UUID | None) -> Response[Any]:
    if rule is not None:
        await platform_rules.current(rule)
    form = await web.read_form(request)
    try:
        draft = rule_form.read(form, rule=rule, currency=await currency_of(request))
        if form.values.get("do") != "propose":
            return await _form(request, rule, form, preview=await rule_preview.preview_of_platform(draft=draft))
        about = _about(form)
        form.check()
        await platform_rules.propose_rule(draft=draft, by=by, **about)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return await _form(request, rule, form.refused(refusal), status=refusal.status)
    return web.redirect(request, HERE, translate(PROPOSED))


async def _form(request: Web, rule: UUID | None, form: Form, *, status: int = 200, **context: Any) -> Response[Any]:
    versions = await rule_book.versions(None)
    return web.page(
        request,
        "payouts/rule_form.html",
        status=status,
        form=form,
        rule=rule,
        here=HOUSE,
        house=True,
        currency=await currency_of(request),
        kinds=[(kind.value, translate(KIND_WORDS[kind])) for kind in rule_form.KINDS],
        choices=await rule_choices.choices_of_platform(),
        history=[version for version in versions if version.plan.rule == rule],
        kind_words=KIND_WORDS,
        first_day=platform_rules.first_day(clock.now()),
        client_key=form.values.get("client_key") or uuid4(),
        **{"preview": None, **context},
    )


async def _fee(request: Web, form: Form, *, status: int = 200, **context: Any) -> Response[Any]:
    return web.page(
        request,
        "payouts/platform_fee.html",
        status=status,
        form=form,
        house=await platform_rules.standing(),
        currency=await currency_of(request),
        first_day=platform_rules.first_day(clock.now()),
        client_key=form.values.get("client_key") or uuid4(),
        **{"preview": None, **context},
    )


async def _proposal(request: Web, by: Principal, proposal_id: UUID, form: Form, *, status: int = 200) -> Response[Any]:
    found = await platform_rules.proposal_of(proposal_id)
    preview, fee_preview = None, None
    if found.draft is not None:
        preview = await rule_preview.preview_of_platform(draft=found.draft)
    elif found.fee_bp is not None:
        fee_preview = await rule_preview.preview_of_fee(fee_bp=found.fee_bp, currency=await currency_of(request))
    return web.page(
        request,
        "payouts/platform_proposal.html",
        status=status,
        form=form,
        one=found,
        preview=preview,
        fee_preview=fee_preview,
        kind_words=KIND_WORDS,
        subject_words=SUBJECT_WORDS,
        may_decide=by.has(Role.FINANCE_CHECKER) and found.maker_id != by.id,
        mine=found.maker_id == by.id,
    )


ROUTES = [
    show,
    show_of_brand,
    new,
    show_fee,
    edit,
    propose_new,
    propose_fee,
    propose,
    propose_end,
    show_proposal,
    confirm,
    refuse,
]
