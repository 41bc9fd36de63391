"""Which links a person sees: the public header, or the rail of the space they are in."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from creators.pages.consent import strip
from foundation import web
from foundation.accounts import Principal
from foundation.i18n import _
from foundation.tables import Role


class Link(NamedTuple):
    """One entry: `key` marks the current page, `label` is a msgid, `icon` a symbol of the sprite."""

    key: str
    href: str
    label: str
    icon: str


PUBLIC = (
    Link("live", "/", _("Live now"), "live"),
    Link("schedule", "/schedule", _("Schedule"), "calendar"),
    Link("replays", "/replays", _("Replays"), "play"),
    Link("creators", "/creators", _("Creators"), "users"),
    Link("briefs", "/briefs", _("For creators"), "megaphone"),
)
Part = tuple[Link, ...]
"""An entry of a rail: the page it leads to, then the others of its kind, which stand above each of them."""

CREATOR: tuple[Part, ...] = (
    (
        Link("studio", "/studio", _("Dashboard"), "home"),
        Link("profile", "/studio/profile", _("Profile"), "user"),
    ),
    (
        Link("shows", "/studio/shows", _("Shows"), "video"),
        Link("hosting", "/studio/hosting", _("Hosting together"), "users"),
    ),
    (Link("briefs", "/briefs", _("Briefs"), "megaphone"),),
    (Link("applications", "/studio/applications", _("Applications"), "inbox"),),
    (Link("links", "/studio/links", _("Links"), "link"),),
    (Link("figures", "/studio/figures", _("Figures"), "chart"),),
    (
        Link("earnings", "/studio/earnings", _("Earnings"), "coins"),
        Link("sales", "/studio/sales", _("Sales"), "receipt"),
        Link("shop-sales", "/studio/shop-sales", _("Sales in brands' shops"), "tag"),
        Link("reviews", "/studio/reviews", _("Checked sales"), "shield"),
        Link("payouts", "/studio/payouts", _("Payout account"), "bank"),
    ),
    (
        Link("documents", "/studio/documents", _("Documents"), "book"),
        Link("tax", "/studio/tax", _("Taxes"), "percent"),
    ),
)
BRAND: tuple[Part, ...] = (
    (
        Link("brand", "/brand", _("Overview"), "home"),
        Link("profile", "/brand/profile", _("Profile"), "edit"),
    ),
    (
        Link("products", "/brand/products", _("Products"), "box"),
        Link("offers", "/brand/offers", _("Offers"), "bolt"),
        Link("delivery", "/brand/delivery", _("Delivery"), "truck"),
    ),
    (Link("briefs", "/brand/briefs", _("Briefs"), "megaphone"),),
    (Link("applications", "/brand/applications", _("Applications"), "inbox"),),
    (
        Link("orders", "/brand/orders", _("Orders"), "receipt"),
        Link("pick-list", "/brand/pick-list", _("Pick list"), "check"),
        Link("ship", "/brand/ship", _("Many parcels"), "truck"),
        Link("buyer-invoices", "/brand/buyer-invoices", _("Invoices to buyers"), "doc"),
        Link("disputes", "/brand/disputes", _("Disputes"), "scale"),
    ),
    (
        Link("conversions", "/brand/conversions", _("Shop sales"), "tag"),
        Link("codes", "/brand/codes", _("Codes"), "ticket"),
    ),
    (Link("figures", "/brand/figures", _("Figures"), "chart"),),
    (
        Link("money", "/brand/money", _("Money"), "coins"),
        Link("rules", "/brand/rules", _("Rules"), "percent"),
        Link("invoices", "/brand/invoices", _("Invoices"), "receipt"),
        Link("documents", "/brand/documents", _("Documents"), "book"),
        Link("payouts", "/brand/payouts", _("Payout account"), "bank"),
    ),
)
FINANCE: tuple[Part, ...] = (
    (
        Link("finance", "/finance", _("Cash"), "bank"),
        Link("lights", "/finance/invariants", _("Lights"), "check-circle"),
        Link("shows", "/finance/shows", _("Money of the shows"), "video"),
    ),
    (
        Link("runs", "/finance/runs", _("Payouts"), "coins"),
        Link("adjustments", "/finance/adjustments", _("Corrections"), "edit"),
        Link("moves", "/finance/moves", _("Between accounts"), "swap"),
        Link("debts", "/finance/debts", _("Who owes"), "alert"),
        Link("shared-banks", "/finance/shared-banks", _("Shared banks"), "users"),
    ),
    (
        Link("invoices", "/finance/invoices", _("Invoices"), "ticket"),
        Link("rules", "/finance/rules", _("Rules"), "percent"),
        Link("vat-ids", "/finance/vat-ids", _("VAT ids"), "tag"),
        Link("vat-rates", "/finance/vat-rates", _("VAT rates"), "globe"),
    ),
    (
        Link("reconciliation", "/finance/reconciliation", _("Match"), "check"),
        Link("bank", "/finance/bank", _("Bank"), "bank"),
    ),
    (
        Link("disputes", "/finance/disputes", _("Refunds"), "scale"),
        Link("cases", "/finance/cases", _("Cases"), "gavel"),
        Link("credits", "/finance/credits", _("Credited sales"), "route"),
    ),
    (Link("trace", "/finance/trace", _("Trace"), "search"),),
    (
        Link("accounts", "/finance/accounts", _("Ledger"), "receipt"),
        Link("documents", "/finance/documents", _("Documents"), "book"),
        Link("close", "/finance/close", _("Months"), "lock"),
        Link("exports", "/finance/exports", _("Exports"), "download"),
        Link("tax", "/finance/tax", _("Taxes"), "percent"),
        Link("audit", "/finance/audit", _("Audit"), "shield"),
    ),
)
MODERATION: tuple[Part, ...] = (
    (
        Link("moderation", "/moderation", _("Rooms"), "shield"),
        Link("words", "/moderation/words", _("Word list"), "list"),
    ),
    (Link("reports", "/moderation/reports", _("Reports"), "flag"),),
    (Link("cases", "/moderation/cases", _("Cases"), "gavel"),),
    (Link("sanctions", "/moderation/sanctions", _("Sanctions"), "clock"),),
)
ADMINISTRATION: tuple[Part, ...] = (
    (Link("people", "/admin/people", _("People"), "users"),),
    (Link("operations", "/admin/operations", _("Jobs"), "gear"),),
    (Link("vat-rates", "/finance/vat-rates", _("VAT rates"), "percent"),),
    (Link("audit", "/finance/audit", _("Audit"), "shield"),),
)
ENTRANCES = {"/brand/new"}
"""Where somebody stands who is not in the space yet: they keep the public header."""

OF_FINANCE = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.AUDITOR)
Space = tuple[str, tuple[Part, ...], str, str]
SPACES: tuple[Space, ...] = (
    ("/studio", CREATOR, "wide", _("Creator space")),
    ("/brand", BRAND, "slim", _("Brand space")),
    ("/finance", FINANCE, "slim", _("Finance")),
    ("/moderation", MODERATION, "slim", _("Moderation")),
    ("/admin", ADMINISTRATION, "slim", _("Administration")),
)


def page_context(request: web.Web) -> dict[str, Any]:
    """`nav`, `active`, `beside`, `beside_at`, `rail` and `console_name` for the layouts; `consent_asked` where somebody came by a link."""
    path = request.url.path
    for prefix, parts, rail, name in _spaces(cast("Principal | None", request.scope.get("principal")), path):
        if path not in ENTRANCES and (path == prefix or path.startswith(prefix + "/")):
            return {**_rail(path, parts), "rail": rail, "console_name": name, "home": parts[0][0].href}
    return {"nav": PUBLIC, "active": _active(path, PUBLIC), "consent_asked": strip(request)}


def _spaces(person: Principal | None, path: str) -> tuple[Space, ...]:
    """All spaces; for administrators without a part in finance the pages of finance that are theirs too stand in their own."""
    theirs = {link.href for part in ADMINISTRATION for link in part}
    if person is None or path not in theirs or person.has(*OF_FINANCE) or not person.has(Role.ADMINISTRATOR):
        return SPACES
    _prefix, parts, rail, name = SPACES[-1]
    return ((path, parts, rail, name),)


def _rail(path: str, parts: tuple[Part, ...]) -> dict[str, Any]:
    """The entries of a rail, the one in force, and the pages that belong to it with the one that is open."""
    here = _active(path, tuple(link for part in parts for link in part))
    part = next((part for part in parts if here in {link.key for link in part}), ())
    return {
        "nav": [part[0] for part in parts],
        "active": part[0].key if part else "",
        "beside": part if len(part) > 1 else (),
        "beside_at": here,
    }


def _active(path: str, links: tuple[Link, ...]) -> str:
    fitting = [link for link in links if path == link.href or (link.href != "/" and path.startswith(link.href + "/"))]
    return max(fitting, key=lambda link: len(link.href)).key if fitting else ""
