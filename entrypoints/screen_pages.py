"""Which pages `fanfare screens` photographs, who opens them, and in which looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

PHONE, DESK = 390, 1280


class Look(NamedTuple):
    """One way to see a page: width of the window in pixels, `light` or `dark`, `en` or `fr`."""

    width: int
    scheme: str
    language: str


FOUR: Final = (Look(PHONE, "light", "en"), Look(PHONE, "dark", "fr"), Look(DESK, "light", "fr"), Look(DESK, "dark", "en"))
"""Both sizes, lights and languages of every page; each pair of them is seen once."""

EIGHT: Final = tuple(
    Look(width, scheme, language) for width in (PHONE, DESK) for language in ("en", "fr") for scheme in ("light", "dark")
)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A page to look at.

    `who` opens it, a key of the demo's people or nobody; `links` are followed from `path` by the patterns of their addresses;
    `both` names the ids of two things that the last page compares, `press` is then pressed and a dialog waited for; `looks` are those in which it is seen. `whole` pages are taken to their end.
    """

    name: str
    who: str
    path: str
    links: tuple[str, ...] = ()
    press: str = ""
    both: str = ""
    looks: tuple[Look, ...] = FOUR
    whole: bool = True
    status: int = 200


ID = r"[\w-]{36}"


def _of(who: str, *rows: tuple[str, ...]) -> tuple[Sheet, ...]:
    """Pages of one person: name, address, links to follow."""
    return tuple(Sheet(name=row[0], who=who, path=row[1], links=tuple(row[2:])) for row in rows)


ROOM = (r"/shows/three-sauces[\w-]+",)

HEADLINES = (
    Sheet(name="home", who="", path="/", looks=EIGHT),
    Sheet(name="room", who="sam", path="/", links=ROOM, looks=EIGHT, whole=False),
    Sheet(
        name="room-checkout",
        who="sam",
        path="/",
        links=ROOM,
        looks=EIGHT,
        whole=False,
        press="#pinned button:has-text('€'), #pinned .btn",
    ),
    Sheet(name="event", who="sam", path="/schedule", links=(r"/shows/(?!three-sauces)[\w-]+",), looks=EIGHT),
    Sheet(name="replay", who="sam", path="/replays", links=(r"/shows/[\w-]+",), looks=EIGHT),
    Sheet(name="studio", who="nour", path="/studio", looks=EIGHT),
    Sheet(name="cockpit", who="nour", path="/studio", links=(rf"/studio/shows/{ID}/live",), looks=EIGHT, whole=False),
    Sheet(name="brand-compare", who="ada", path="/brand/applications", both=rf"/brand/applications/({ID})", looks=EIGHT),
    Sheet(name="run", who="finn", path="/finance/runs", links=(r"/finance/runs/PR-[\w-]+",), looks=EIGHT),
    Sheet(name="reconciliation", who="fay", path="/finance/reconciliation", looks=EIGHT),
    Sheet(
        name="trace",
        who="fay",
        path="/finance/runs",
        links=(r"/finance/runs/PR-[\w-]+", r"/finance/trace\?q=[\w-]+"),
        looks=EIGHT,
    ),
)

PUBLIC = _of(
    "",
    ("schedule", "/schedule"),
    ("replays", "/replays"),
    ("search", "/search?q=co"),
    ("search-nothing", "/search?q=zeppelin"),
    ("creators", "/creators"),
    ("creator", "/creators/nour.cuisine"),
    ("creator-clips", "/creators/nour.cuisine/clips"),
    ("clip", "/creators/nour.cuisine/clips", r"/clips/[\w-]+"),
    ("brand", "/brands/cuivre-sel"),
    ("briefs", "/briefs"),
    ("product-visitor", "/brands/cuivre-sel", rf"/shop/products/{ID}"),
    ("report", "/report"),
    ("withdraw", "/withdraw"),
    ("privacy", "/privacy/choices"),
    ("sign-in", "/sign-in"),
    ("sign-up", "/sign-up"),
    ("reset", "/reset"),
    ("offline", "/offline"),
)

VIEWER = _of(
    "sam",
    ("product", "/brands/cuivre-sel", rf"/shop/products/{ID}"),
    ("bag", "/bag"),
    ("orders", "/orders"),
    ("order", "/orders", r"/orders/F-[\w-]+"),
    ("order-withdraw", "/orders", r"/orders/F-[\w-]+", r"/orders/F-[\w-]+/withdraw"),
    ("settings", "/settings"),
    ("settings-api", "/settings/api"),
)

CREATOR = _of(
    "nour",
    ("brief", "/briefs", rf"/briefs/{ID}"),
    ("studio-shows", "/studio/shows"),
    ("studio-show", "/studio/shows", rf"/studio/shows/{ID}"),
    ("planner", "/studio/shows", rf"/studio/shows/{ID}", rf"/studio/shows/{ID}/plan"),
    ("planner-new", "/studio/shows", rf"/studio/shows/new\?collaboration={ID}"),
    ("clip-form", "/replays", r"/shows/beurre-blanc[\w-]+", r"/shows/[\w-]+/clip"),
    ("studio-applications", "/studio/applications"),
    ("studio-application", "/studio/applications", rf"/studio/applications/{ID}"),
    ("studio-profile", "/studio/profile"),
    ("links", "/studio/links"),
    ("sales", "/studio/sales"),
    ("why", "/studio/sales", rf"/studio/sales/{ID}"),
    ("why-money", "/studio/sales", rf"/studio/sales/{ID}", rf"/studio/sales/{ID}/money"),
    ("why-not", "/studio/sales/why-not"),
    ("shop-sales", "/studio/shop-sales"),
    ("shop-sale-why", "/studio/shop-sales", rf"/studio/shop-sales/{ID}"),
    ("earnings", "/studio/earnings"),
    ("earnings-forecast", "/studio/earnings/forecast"),
    ("earnings-months", "/studio/earnings/months"),
    ("earnings-month", "/studio/earnings/months", r"/studio/earnings/months/[\d-]+\?currency=EUR"),
    ("earnings-shows", "/studio/earnings/shows"),
    ("earnings-show", "/studio/earnings/shows", rf"/studio/earnings/shows/{ID}[^\"]*"),
    ("figures", "/studio/figures"),
    ("studio-documents", "/studio/documents"),
    ("studio-payouts", "/studio/payouts"),
    ("studio-tax", "/studio/tax"),
)

OTHERS = (
    *_of("callum", ("hosting", "/studio/hosting")),
    *_of("rosa", ("reviews", "/studio/reviews"), ("shared-bank-seen", "/studio/earnings")),
    *_of(
        "jeanne",
        ("studio-tax-signed", "/studio/tax"),
    ),
)

BRAND = _of(
    "ada",
    ("brand-console", "/brand"),
    ("brand-products", "/brand/products"),
    ("brand-product", "/brand/products", rf"/brand/products/{ID}"),
    ("brand-product-new", "/brand/products/new"),
    ("brand-briefs", "/brand/briefs"),
    ("brand-brief", "/brand/briefs", rf"/brand/briefs/{ID}"),
    ("brand-brief-new", "/brand/briefs/new"),
    ("brand-applications", "/brand/applications"),
    ("brand-application", "/brand/applications", rf"/brand/applications/{ID}"),
    ("brand-offers", "/brand/offers"),
    ("brand-codes", "/brand/codes"),
    ("brand-orders", "/brand/orders"),
    ("brand-order", "/brand/orders", r"/brand/orders/F-[\w-]+"),
    ("brand-pick-list", "/brand/pick-list"),
    ("brand-ship", "/brand/ship"),
    ("brand-delivery", "/brand/delivery"),
    ("brand-disputes", "/brand/disputes"),
    ("brand-buyer-invoices", "/brand/buyer-invoices"),
    ("brand-shop-sales", "/brand/conversions"),
    ("brand-shop-sale-why", "/brand/conversions", rf"/brand/conversions/{ID}"),
    ("brand-files", "/brand/conversions/files"),
    ("brand-file", "/brand/conversions/files", rf"/brand/conversions/files/{ID}"),
    ("brand-money", "/brand/money"),
    ("brand-bonuses", "/brand/money/bonuses"),
    ("brand-forecast", "/brand/money/forecast"),
    ("brand-months", "/brand/money/months"),
    ("brand-month", "/brand/money/months", r"/brand/money/months/[\d-]+\?currency=EUR"),
    ("brand-money-shows", "/brand/money/shows"),
    ("brand-money-show", "/brand/money/shows", rf"/brand/money/shows/{ID}[^\"]*"),
    ("brand-invoices", "/brand/invoices"),
    ("brand-invoice", "/brand/invoices", r"/brand/invoices/F\w-[\w-]+"),
    ("brand-documents", "/brand/documents"),
    ("brand-rules", "/brand/rules"),
    ("brand-rule-new", "/brand/rules/new"),
    ("brand-categories", "/brand/rules/categories"),
    ("brand-figures", "/brand/figures"),
    ("brand-payouts", "/brand/payouts"),
    ("brand-profile", "/brand/profile"),
)

STAFF = (
    *_of(
        "max",
        ("moderation", "/moderation"),
        ("moderated-room", "/moderation", rf"/moderation/rooms/{ID}"),
        ("moderation-reports", "/moderation/reports"),
        ("moderation-sanctions", "/moderation/sanctions"),
        ("moderation-words", "/moderation/words"),
        ("moderation-cases", "/moderation/cases"),
        ("moderation-case", "/moderation/cases", rf"/moderation/cases/{ID}"),
    ),
    *_of(
        "rose",
        ("people", "/admin/people"),
        ("operations", "/admin/operations"),
        ("mails", "/dev/mail"),
        ("mail", "/dev/mail", rf"/dev/mail/{ID}"),
    ),
)

FINANCE = _of(
    "fay",
    ("finance", "/finance"),
    ("runs", "/finance/runs"),
    ("accounts", "/finance/accounts"),
    ("account-code", "/finance/accounts", r"/finance/accounts/code/\d+[^\"]*"),
    ("account", "/finance/accounts", r"/finance/accounts/code/2\d+[^\"]*", r"/finance/accounts/\d+"),
    (
        "journal",
        "/finance/accounts",
        r"/finance/accounts/code/2\d+[^\"]*",
        r"/finance/accounts/\d+",
        r"/finance/accounts/journals/\d+",
    ),
    ("finance-adjustments", "/finance/adjustments"),
    ("finance-moves", "/finance/moves"),
    ("audit", "/finance/audit"),
    ("bank", "/finance/bank"),
    ("bank-statement", "/finance/bank", rf"/finance/bank/statements/{ID}[^\"]*"),
    ("bank-match", "/finance/bank", r"/finance/bank/match[^\"]*"),
    ("finance-cases", "/finance/cases"),
    ("close", "/finance/close"),
    ("close-period", "/finance/close", r"/finance/close/[\d-]+"),
    ("finance-credits", "/finance/credits"),
    ("debts", "/finance/debts"),
    ("debts-take", "/finance/debts/take"),
    ("finance-disputes", "/finance/disputes"),
    ("finance-documents", "/finance/documents"),
    ("exports", "/finance/exports"),
    ("invariants", "/finance/invariants"),
    ("finance-invoices", "/finance/invoices"),
    ("finance-invoice", "/finance/invoices", r"/finance/invoices/[\w-]+"),
    ("finance-rules", "/finance/rules"),
    ("platform-fee", "/finance/rules/platform/fee"),
    ("platform-rule-new", "/finance/rules/platform/new"),
    ("platform-proposal", "/finance/rules", rf"/finance/rules/proposals/{ID}"),
    ("brand-rules-seen", "/finance/rules", r"/finance/rules/[a-z][\w-]+-[\w-]+"),
    ("sale-credit", "/finance/credits", rf"/finance/sales/{ID}#?[a-z]*"),
    ("shared-banks", "/finance/shared-banks"),
    ("finance-shows", "/finance/shows"),
    ("finance-show", "/finance/shows", r"/finance/shows/[\w-]+[^\"]*"),
    ("tax", "/finance/tax"),
    ("trace-empty", "/finance/trace"),
    ("vat-ids", "/finance/vat-ids"),
    ("vat-rates", "/finance/vat-rates"),
)

REFUSALS = (
    Sheet(name="not-found", who="", path="/nowhere", status=404),
    Sheet(name="forbidden", who="nour", path="/finance", status=403),
)

SHEETS: Final = (*HEADLINES, *PUBLIC, *VIEWER, *CREATOR, *OTHERS, *BRAND, *STAFF, *FINANCE, *REFUSALS)

README: Final = {"home": DESK, "room": DESK, "run": DESK, "trace": DESK}
"""Pictures of the README, besides the room on a phone."""
