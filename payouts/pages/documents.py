"""Invoices and credit notes: the creator's with who they are before the law, the brand's, and all of them for finance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from foundation import audit, clock, web
from foundation.accounts import By, Principal
from foundation.database import DB
from foundation.errors import Refusal
from foundation.i18n import _, translate
from foundation.web import Form, Web
from marketplace.pages.here import current_brand
from payouts import document_lists, documents, identities, residences, statements, vat_parties
from payouts.exports import File
from payouts.identities import Declared
from payouts.pages.finance import FINANCE
from payouts.tables import PayeeKind

CREATOR = "/studio/documents"
BRAND = "/brand/documents"
HOUSE = "/finance/documents"
MISSING = {
    "identity": _("The creator has not written who they are."),
    "mandate": _("The creator has not given the mandate to invoice."),
    "supplier_status": _("How the supplier stands towards VAT is not known."),
    "supplier_vat_id": _("The supplier's VAT id is not checked."),
    "customer_vat_id": _("The customer's VAT id is not checked."),
    "domestic_rules": _("The rules of that country are not known here."),
    "vat_not_booked": _("The sale was booked without VAT; it has to be decided by hand."),
}


@get(CREATOR, include_in_schema=False)
async def show_creator(request: Web, by: By, after: FromQuery[int] = 0) -> Response[Any]:
    """The creator's documents, identity and mandate."""
    return await _creator_page(request, by, Form(), after=after)


@post(f"{CREATOR}/identity", include_in_schema=False)
async def declare(request: Web, by: By) -> Response[Any]:
    """Who the creator is before the law."""
    form = await web.read_form(request)
    try:
        creator = await statements.creator_of(by=by)
        told = Declared(
            legal_name=form.text("legal_name", max=140),
            is_company=form.flag("is_company"),
            street=form.text("street", max=140),
            postcode=form.text("postcode", max=20),
            town=form.text("town", max=80),
            country=form.choice("country", residences.codes()) if "country" in form.values else creator.country,
            registration=form.text("registration", max=40, required=False),
            tin=form.text("tin", max=40, required=False),
            born_on=form.day("born_on") if form.values.get("born_on") else None,
            born_in=form.text("born_in", max=80, required=False),
            born_country=form.choice("born_country", residences.codes()) if form.values.get("born_country") else "",
            works_in_us=form.flag("works_in_us"),
        )
        form.check()
        await identities.declare(told=told, by=by)
    except Refusal as refusal:
        return await _creator_page(request, by, form.refused(refusal), status=refusal.status)
    return web.redirect(request, CREATOR, translate(_("Kept. It stands on documents from now on.")))


@post(f"{CREATOR}/mandate", include_in_schema=False)
async def give_mandate(request: Web, by: By) -> Response[Any]:
    """Accept the mandate as it is shown."""
    await identities.give_mandate(by=by)
    return web.redirect(request, CREATOR, translate(_("Thank you. Your documents are made with the first of each month.")))


@post(f"{CREATOR}/mandate/withdraw", include_in_schema=False)
async def withdraw_mandate(request: Web, by: By) -> Response[Any]:
    """End it."""
    await identities.withdraw_mandate(by=by)
    return web.redirect(request, CREATOR, translate(_("Withdrawn. Nothing more is invoiced in your name.")))


@get(f"{CREATOR}/{{document_id:uuid}}", include_in_schema=False)
async def file_creator(by: By, document_id: FromPath[UUID]) -> Response[Any]:
    """A document of the creator's."""
    creator = await statements.creator_of(by=by)
    return _sent(await document_lists.file_of(document_id=document_id, supplier=creator.id))


@get(BRAND, include_in_schema=False)
async def show_brand(request: Web, by: By, after: FromQuery[int] = 0) -> Response[Any]:
    """What was invoiced to the brand."""
    brand = await current_brand(request, by)
    found, more = await document_lists.listed(customer=brand.id, after=max(after, 0))
    return _listed(request, "payouts/documents_brand.html", found, more, after, here=BRAND)


@get(f"{BRAND}/{{document_id:uuid}}", include_in_schema=False)
async def file_brand(request: Web, by: By, document_id: FromPath[UUID]) -> Response[Any]:
    """A document to the brand."""
    brand = await current_brand(request, by)
    return _sent(await document_lists.file_of(document_id=document_id, customer=brand.id))


@get(HOUSE, guards=[FINANCE], include_in_schema=False)
async def show_house(request: Web, after: FromQuery[int] = 0, q: FromQuery[str] = "") -> Response[Any]:
    """All documents, and what cannot be issued and why."""
    found, more = await document_lists.listed(number=q.strip(), after=max(after, 0))
    waits = await documents.waiting(clock.now())
    return _listed(request, "payouts/documents.html", found, more, after, here=HOUSE, q=q.strip(), waiting=waits, missing=MISSING)


@get(f"{HOUSE}/{{document_id:uuid}}", guards=[FINANCE], include_in_schema=False)
async def file_house(by: By, document_id: FromPath[UUID]) -> Response[Any]:
    """Any document; who took it is kept."""
    file = await document_lists.file_of(document_id=document_id)
    async with DB.transaction():
        await audit.record(by=by, action="document.read", kind="document", id=document_id)
    return _sent(file)


async def _creator_page(request: Web, by: Principal, form: Form, *, status: int = 200, after: int = 0) -> Response[Any]:
    creator = await statements.creator_of(by=by)
    found, more = await document_lists.listed(supplier=creator.id, after=max(after, 0))
    profile = await vat_parties.profile_of(PayeeKind.CREATOR, creator.id)
    return _listed(
        request,
        "payouts/documents_creator.html",
        found,
        more,
        after,
        status=status,
        here=CREATOR,
        form=form,
        identity=await identities.identity_of(creator.id),
        mandate=await identities.mandate_of(creator.id),
        mandate_text=identities.MANDATE,
        residences=residences.named(),
        own_country=creator.country,
        vat_known=profile is not None and profile.vat_status != "unknown",
    )


def _listed(
    request: Web, template: str, found: list[document_lists.Listed], more: bool, after: int, *, status: int = 200, **context: Any
) -> Response[Any]:
    return web.page(
        request,
        template,
        status=status,
        documents=found,
        more=more,
        after=max(after, 0),
        page_size=document_lists.PAGE,
        **context,
    )


def _sent(file: File) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "private, no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)


ROUTES = [
    show_creator,
    declare,
    give_mandate,
    withdraw_mandate,
    file_creator,
    show_brand,
    file_brand,
    show_house,
    file_house,
]
