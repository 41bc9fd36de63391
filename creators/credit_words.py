"""The words of attribution, for people: rules, reasons, verdicts, kinds of touches."""

from __future__ import annotations

from creators.attribution_facts import Reason, Rule, Verdict
from creators.conversion_rules import Reason as ShopReason
from foundation.i18n import _

RULES = {
    Rule.MANUAL: _("Corrected by two persons"),
    Rule.CODE: _("The creator's code"),
    Rule.CLICK: _("Clicked within the window"),
    Rule.WATCHED: _("Watched within the window"),
    Rule.IN_STREAM: _("Bought in the stream"),
    Rule.LAST_TOUCH: _("Last touch within the window"),
    Rule.NONE: _("Nobody is credited"),
}
REASONS = {
    Reason.BOUGHT_IN_STREAM: _("Buy was tapped in this show less than an hour before the order."),
    Reason.CODE_NAMED: _("The buyer gave the creator's code."),
    Reason.LAST_TOUCH_IN_WINDOW: _("It was the buyer's last touch within the window of the terms."),
    Reason.FIRST_TOUCH_IN_WINDOW: _("It was the buyer's first touch within the window of the terms."),
    Reason.SHARED_EQUALLY: _("All visits within the window share equally, as the brief says."),
    Reason.SHARED_BY_POSITION: _("The first and the last visit have 40 % each, those between share the rest, as the brief says."),
    Reason.CORRECTED: _("Two persons corrected what the rules had said."),
    Reason.NO_TOUCH: _("The buyer touched no show within the last 30 days."),
    Reason.NO_GOODS: _("Delivery earns nobody a commission."),
    Reason.TOUCH_AFTER_SALE: _("It happened after the order."),
    Reason.SEEN_ONLY: _("It was only seen in passing."),
    Reason.NO_CONSENT: _("The buyer had not agreed to be recognised by the link."),
    Reason.NO_TERMS: _("No terms were in force yet."),
    Reason.SELF_REFERRAL: _("The creator bought it."),
    Reason.BRAND_MEMBER: _("The buyer works for the brand."),
    Reason.CREATOR_BANNED: _("The creator was banned."),
    Reason.OUTSIDE_BRIEF: _("The product is not part of the terms of that show."),
    Reason.COLLABORATION_ENDED: _("The collaboration had ended."),
    Reason.OUTSIDE_WINDOW: _("The window of the terms was over."),
    Reason.UNKNOWN_CODE: _("The code names nobody at this brand."),
    Reason.CODE_ENDED: _("The code had ended."),
}
VERDICTS: dict[str, str] = {
    Verdict.WON: _("This touch won."),
    Verdict.LATER_TOUCH: _("A stronger or later touch won."),
    Verdict.EARLIER_TOUCH: _("An earlier touch won."),
    Verdict.STRONGER_RULE: _("A stronger rule decided."),
    Verdict.OTHER_BRIEF: _("A later touch of another brief decided."),
    Verdict.SAME_VISIT: _("It belongs to a visit that counts once."),
    **{str(reason): text for reason, text in REASONS.items()},
}
STRONGER = {
    Rule.IN_STREAM: _("A stronger rule decided: it was bought in the stream."),
    Rule.CODE: _("A stronger rule decided: the buyer gave a creator's code."),
    Rule.CLICK: _("A stronger rule decided: the buyer clicked within the window."),
    Rule.MANUAL: _("A stronger rule had decided before two persons corrected it."),
}
"""Which rule it was that came before a touch's own."""

SHOP_REASONS = {
    ShopReason.CODE_NAMED: _("The order names the creator's code"),
    ShopReason.CLICK_IN_WINDOW: _("Clicked the creator's link within the window"),
    ShopReason.NOTHING_GIVEN: _("No code and no click"),
    ShopReason.UNKNOWN_CODE: _("No creator of yours has this code"),
    ShopReason.CODE_ENDED: _("The code had ended"),
    ShopReason.UNKNOWN_CLICK: _("We do not know this click"),
    ShopReason.NOT_A_PERSON: _("The click came from a program"),
    ShopReason.NO_CONSENT: _("The click was made without consent"),
    ShopReason.CLICK_AFTER_SALE: _("The click came after the sale"),
    ShopReason.NO_TERMS: _("No terms were accepted yet"),
    ShopReason.SELF_REFERRAL: _("The creator followed the link themselves"),
    ShopReason.BRAND_MEMBER: _("Who followed the link works for the brand"),
    ShopReason.CREATOR_BANNED: _("The creator was banned"),
    ShopReason.OTHER_BRAND: _("The click was for another brand"),
    ShopReason.COLLABORATION_ENDED: _("The collaboration had ended"),
    ShopReason.OUTSIDE_WINDOW: _("The click was too long ago"),
    ShopReason.OUTSIDE_BRIEF: _("None of the articles is in the brief"),
}
"""Of sales in a brand's own shop."""

KINDS = {
    "show_view": _("Watched the show"),
    "product_click": _("Opened a product"),
    "buy_tap": _("Tapped Buy"),
    "link_click": _("Followed a link"),
    "replay_view": _("Watched the replay"),
    "clip_view": _("Watched a clip"),
    "watched": _("Stayed and watched"),
    "seen": _("Saw the show"),
}


def verdict_words(verdict: str, rule: str) -> str:
    """What became of a touch in a decision by `rule`."""
    if verdict == Verdict.STRONGER_RULE:
        return STRONGER.get(Rule(rule), VERDICTS[verdict])
    return VERDICTS.get(verdict, VERDICTS[Verdict.LATER_TOUCH])
