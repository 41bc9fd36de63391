"""Which links a person sees: the public header, or the rail of the space they are in."""

from __future__ import annotations

from typing import Any, NamedTuple

from creators.pages.consent import strip
from foundation import web
from foundation.i18n import _


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
CREATOR = (
    Link("studio", "/studio", _("Dashboard"), "home"),
    Link("shows", "/studio/shows", _("Shows"), "video"),
    Link("briefs", "/briefs", _("Briefs"), "megaphone"),
    Link("applications", "/studio/applications", _("Applications"), "inbox"),
    Link("links", "/studio/links", _("Links"), "link"),
    Link("figures", "/studio/figures", _("Figures"), "chart"),
    Link("earnings", "/studio/earnings", _("Earnings"), "coins"),
    Link("documents", "/studio/documents", _("Documents"), "book"),
)
BRAND = (
    Link("brand", "/brand", _("Overview"), "home"),
    Link("products", "/brand/products", _("Products"), "box"),
    Link("briefs", "/brand/briefs", _("Briefs"), "megaphone"),
    Link("applications", "/brand/applications", _("Applications"), "inbox"),
    Link("orders", "/brand/orders", _("Orders"), "receipt"),
    Link("delivery", "/brand/delivery", _("Delivery"), "truck"),
    Link("conversions", "/brand/conversions", _("Shop sales"), "tag"),
    Link("offers", "/brand/offers", _("Offers"), "bolt"),
    Link("codes", "/brand/codes", _("Codes"), "ticket"),
    Link("rules", "/brand/rules", _("Rules"), "percent"),
    Link("disputes", "/brand/disputes", _("Disputes"), "scale"),
    Link("invoices", "/brand/invoices", _("Invoices"), "ticket"),
    Link("documents", "/brand/documents", _("Documents"), "book"),
    Link("figures", "/brand/figures", _("Figures"), "chart"),
    Link("money", "/brand/money", _("Money"), "coins"),
)
FINANCE = (
    Link("finance", "/finance", _("Cash"), "bank"),
    Link("runs", "/finance/runs", _("Payouts"), "coins"),
    Link("invoices", "/finance/invoices", _("Invoices"), "ticket"),
    Link("rules", "/finance/rules", _("Rules"), "percent"),
    Link("adjustments", "/finance/adjustments", _("Corrections"), "scale"),
    Link("reconciliation", "/finance/reconciliation", _("Match"), "check"),
    Link("bank", "/finance/bank", _("Bank"), "bank"),
    Link("credits", "/finance/credits", _("Credit"), "route"),
    Link("disputes", "/finance/disputes", _("Refunds"), "scale"),
    Link("cases", "/finance/cases", _("Cases"), "gavel"),
    Link("trace", "/finance/trace", _("Trace"), "search"),
    Link("accounts", "/finance/accounts", _("Ledger"), "receipt"),
    Link("documents", "/finance/documents", _("Documents"), "book"),
    Link("close", "/finance/close", _("Months"), "lock"),
    Link("exports", "/finance/exports", _("Exports"), "download"),
)
MODERATION = (
    Link("moderation", "/moderation", _("Rooms"), "shield"),
    Link("reports", "/moderation/reports", _("Reports"), "flag"),
    Link("cases", "/moderation/cases", _("Cases"), "gavel"),
    Link("sanctions", "/moderation/sanctions", _("Sanctions"), "clock"),
)
ADMINISTRATION = (
    Link("people", "/admin/people", _("People"), "users"),
    Link("operations", "/admin/operations", _("Jobs"), "gear"),
)
ENTRANCES = {"/brand/new"}
"""Where somebody stands who is not in the space yet: they keep the public header."""

SPACES: tuple[tuple[str, tuple[Link, ...], str, str], ...] = (
    ("/studio", CREATOR, "wide", _("Creator space")),
    ("/brand", BRAND, "slim", _("Brand space")),
    ("/finance", FINANCE, "slim", _("Finance")),
    ("/moderation", MODERATION, "slim", _("Moderation")),
    ("/admin", ADMINISTRATION, "slim", _("Administration")),
)


def page_context(request: web.Web) -> dict[str, Any]:
    """`nav`, `active`, `rail` and `console_name` for the layouts; `consent_asked` where somebody came by a link."""
    path = request.url.path
    for prefix, links, rail, name in SPACES:
        if path not in ENTRANCES and (path == prefix or path.startswith(prefix + "/")):
            return {"nav": links, "active": _active(path, links), "rail": rail, "console_name": name, "home": prefix}
    return {"nav": PUBLIC, "active": _active(path, PUBLIC), "consent_asked": strip(request)}


def _active(path: str, links: tuple[Link, ...]) -> str:
    fitting = [link for link in links if path == link.href or (link.href != "/" and path.startswith(link.href + "/"))]
    return max(fitting, key=lambda link: len(link.href)).key if fitting else ""
