"""What makes a sale look made up: pure rules on facts, each with a score and what it rests on (docs/attribution.md, "Suspicion").

No database, no clock. A hit is no verdict: it holds the commission until a person has decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

THRESHOLD = 50
"""From this sum of scores on a case is opened."""


class Signal(StrEnum):
    """A reason to look twice."""

    CREATORS_ADDRESS = "creators_address"
    BRAND_STAFF = "brand_staff"
    SHARED_ADDRESS = "shared_address"
    CREATORS_CARD = "creators_card"
    SHARED_CARD = "shared_card"
    CREATORS_DEVICE = "creators_device"
    SHARED_DEVICE = "shared_device"
    CREATORS_MAILBOX = "creators_mailbox"
    TOO_QUICK = "too_quick"
    CLICK_SHARED = "click_shared"
    CLICK_FLOOD = "click_flood"
    ORDER_BURST = "order_burst"
    RETURN_RATE = "return_rate"
    CODE_LEAKED = "code_leaked"
    LARGE_FIRST_SALE = "large_first_sale"
    FEW_VIEWERS = "few_viewers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a sale and of what surrounds it; what is not known is None or 0.

    Counts of buyers and sales are of the creator's in the 30 days before; `hour_*` of the hour before.
    """

    goes_to_creators_address: bool = False
    buyer_is_brand_staff: bool = False
    buyers_at_address: int = 0
    paid_with_creators_card: bool = False
    buyers_with_card: int = 0
    buyer_on_creators_device: bool = False
    buyers_on_device: int = 0
    mail_goes_to_creator: bool = False
    seconds_after_click: int | None = None
    click_orders: int = 0
    hour_clicks: int = 0
    usual_hour_clicks: int = 0
    hour_sales: int = 0
    month_sales: int = 0
    returned_sales: int = 0
    brand_sales: int = 0
    brand_returned_sales: int = 0
    code_sales: int = 0
    code_sales_without_view: int = 0
    amount_minor: int = 0
    brand_median_minor: int = 0
    first_sale: bool = False
    creator_days: int = 10_000
    in_show: bool = False
    show_buyers: int = 0
    show_viewers: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal that a sale gives: how heavy, and the figures it rests on."""

    signal: Signal
    score: int
    evidence: dict[str, int]


Rule = Callable[[Facts], Hit | None]


def hits(facts: Facts) -> tuple[Hit, ...]:
    """All signals of a sale, in a fixed order."""
    return tuple(hit for rule in RULES if (hit := rule(facts)) is not None)


def score(found: tuple[Hit, ...]) -> int:
    """How suspicious they are together."""
    return sum(hit.score for hit in found)


def _creators_address(facts: Facts) -> Hit | None:
    return Hit(Signal.CREATORS_ADDRESS, 60, {}) if facts.goes_to_creators_address else None


def _brand_staff(facts: Facts) -> Hit | None:
    return Hit(Signal.BRAND_STAFF, 60, {}) if facts.buyer_is_brand_staff else None


def _shared_address(facts: Facts) -> Hit | None:
    """Three accounts or more have parcels sent to one address, all credited to this creator."""
    buyers = facts.buyers_at_address
    return Hit(Signal.SHARED_ADDRESS, 50, {"buyers": buyers}) if buyers >= 3 else None


def _creators_card(facts: Facts) -> Hit | None:
    """The creator pays with the same card: Stripe gives one card one fingerprint, whoever types its number."""
    return Hit(Signal.CREATORS_CARD, 60, {}) if facts.paid_with_creators_card else None


def _shared_card(facts: Facts) -> Hit | None:
    """Three accounts or more pay with one card, all credited to this creator."""
    buyers = facts.buyers_with_card
    return Hit(Signal.SHARED_CARD, 50, {"buyers": buyers}) if buyers >= 3 else None


def _creators_device(facts: Facts) -> Hit | None:
    """Buyer and creator have used one device, which its visitor let us recognise."""
    return Hit(Signal.CREATORS_DEVICE, 60, {}) if facts.buyer_on_creators_device else None


def _shared_device(facts: Facts) -> Hit | None:
    """Three accounts or more bought from one device, all credited to this creator."""
    buyers = facts.buyers_on_device
    return Hit(Signal.SHARED_DEVICE, 50, {"buyers": buyers}) if buyers >= 3 else None


def _creators_mailbox(facts: Facts) -> Hit | None:
    """Another account whose mail comes to the creator: their own address, spelled otherwise."""
    return Hit(Signal.CREATORS_MAILBOX, 60, {}) if facts.mail_goes_to_creator else None


def _too_quick(facts: Facts) -> Hit | None:
    """Nobody orders within five seconds of a click; a click after the order is a clock's fault."""
    seconds = facts.seconds_after_click
    return Hit(Signal.TOO_QUICK, 50, {"seconds": seconds}) if seconds is not None and 0 <= seconds < 5 else None


def _click_shared(facts: Facts) -> Hit | None:
    """One click brought five orders or more: its id is passed on, and who comes with it has never followed the link."""
    orders = facts.click_orders
    return Hit(Signal.CLICK_SHARED, 50, {"orders": orders}) if orders >= 5 else None


def _click_flood(facts: Facts) -> Hit | None:
    """The link got ten times its usual clicks in the hour before, and more than 200."""
    flood = facts.hour_clicks > 200 and facts.hour_clicks > 10 * facts.usual_hour_clicks
    evidence = {"clicks": facts.hour_clicks, "usual": facts.usual_hour_clicks}
    return Hit(Signal.CLICK_FLOOD, 40, evidence) if flood else None


def _order_burst(facts: Facts) -> Hit | None:
    """More than ten sales in an hour outside a show, and more than half of the month's."""
    burst = not facts.in_show and facts.hour_sales > 10 and 2 * facts.hour_sales > facts.month_sales
    return Hit(Signal.ORDER_BURST, 50, {"hour": facts.hour_sales, "month": facts.month_sales}) if burst else None


def _return_rate(facts: Facts) -> Hit | None:
    """Of ten sales or more, twice as many come back as with the brand's others, and more than a third."""
    often = (
        facts.month_sales >= 10
        and 3 * facts.returned_sales > facts.month_sales
        and facts.returned_sales * facts.brand_sales > 2 * facts.brand_returned_sales * facts.month_sales
    )
    evidence = {"returned": facts.returned_sales, "sales": facts.month_sales}
    return Hit(Signal.RETURN_RATE, 50, evidence) if often else None


def _code_leaked(facts: Facts) -> Hit | None:
    """Of ten sales or more by the code, over four in five without a look at anything of the creator's: it is on a coupon site."""
    leaked = facts.code_sales >= 10 and 5 * facts.code_sales_without_view > 4 * facts.code_sales
    evidence = {"sales": facts.code_sales, "without_view": facts.code_sales_without_view}
    return Hit(Signal.CODE_LEAKED, 50, evidence) if leaked else None


def _large_first_sale(facts: Facts) -> Hit | None:
    """The first sale of a creator who is younger than 30 days, ten times the brand's usual one or more."""
    large = facts.brand_median_minor > 0 and facts.amount_minor >= 10 * facts.brand_median_minor
    evidence = {"amount_minor": facts.amount_minor, "usual_minor": facts.brand_median_minor, "days": facts.creator_days}
    return Hit(Signal.LARGE_FIRST_SALE, 50, evidence) if facts.first_sale and facts.creator_days < 30 and large else None


def _few_viewers(facts: Facts) -> Hit | None:
    """A show that more people bought in than were ever seen in it."""
    few = facts.in_show and facts.show_buyers > facts.show_viewers and facts.show_buyers >= 3
    evidence = {"buyers": facts.show_buyers, "viewers": facts.show_viewers}
    return Hit(Signal.FEW_VIEWERS, 50, evidence) if few else None


RULES: tuple[Rule, ...] = (
    _creators_address,
    _brand_staff,
    _shared_address,
    _creators_card,
    _shared_card,
    _creators_device,
    _shared_device,
    _creators_mailbox,
    _too_quick,
    _click_shared,
    _click_flood,
    _order_burst,
    _return_rate,
    _code_leaked,
    _large_first_sale,
    _few_viewers,
)
