"""Who hears what: every event, webhook and schedule with its actors, on one page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import creators.attribution_jobs
import creators.clip_jobs
import creators.events
import creators.jobs
import creators.reach
import foundation.api_jobs
import foundation.events
import foundation.mail_jobs
import foundation.webhook_jobs
import marketplace.events
import marketplace.jobs
import moderation.events
import payouts.events
import payouts.jobs
import payouts.recredit_jobs
from foundation import realtime, relay, valkey, webhooks
from foundation.relay import AnyActor, Wiring

EVENTS: Mapping[type, Sequence[AnyActor]] = {
    foundation.events.MailWritten: (foundation.mail_jobs.send_mail,),
    moderation.events.MessageReleased: (creators.jobs.show_released_message,),
    moderation.events.MessageRemoved: (creators.jobs.hide_removed_message,),
    moderation.events.PersonSanctioned: (),
    marketplace.events.BriefPublished: (),
    marketplace.events.OrderPlaced: (marketplace.jobs.tell_stock, creators.jobs.tell_offer, creators.jobs.join_guest_touch),
    marketplace.events.OrderPaid: (
        marketplace.jobs.tell_sale,
        marketplace.jobs.empty_bag,
        marketplace.jobs.send_receipt,
        creators.jobs.announce_purchase,
        payouts.jobs.credit_sale,
    ),
    marketplace.events.OrderCancelled: (marketplace.jobs.tell_stock, creators.jobs.tell_offer),
    marketplace.events.ChargeSettled: (payouts.jobs.charge_settled,),
    marketplace.events.RefundAsked: (marketplace.jobs.send_refund, payouts.jobs.claw_back),
    marketplace.events.RefundSettled: (payouts.jobs.claw_back, marketplace.jobs.tell_refund),
    marketplace.events.RefundFailed: (payouts.jobs.claw_back, marketplace.jobs.take_notes_back),
    marketplace.events.WaitlistOffered: (marketplace.jobs.tell_turn,),
    marketplace.events.DisputeMoved: (payouts.jobs.fold_dispute, marketplace.jobs.tell_dispute),
    marketplace.events.OrderShipped: (marketplace.jobs.tell_shipped,),
    marketplace.events.ReturnAsked: (marketplace.jobs.tell_return,),
    marketplace.events.ReturnAnswered: (marketplace.jobs.tell_answer,),
    marketplace.events.WithdrawalRefused: (marketplace.jobs.tell_withdrawal_refused,),
    creators.events.ApplicationSubmitted: (),
    creators.events.ApplicationAccepted: (creators.jobs.tell_of_acceptance,),
    creators.events.ApplicationDeclined: (creators.jobs.tell_of_refusal,),
    creators.events.CounterOfferMade: (creators.jobs.tell_of_counter_offer,),
    creators.events.CounterOfferAccepted: (creators.jobs.tell_of_agreement,),
    creators.events.CounterOfferDeclined: (creators.jobs.tell_of_declined_offer,),
    creators.events.ShowScheduled: (),
    creators.events.ShowWentLive: (creators.jobs.remind_of_show,),
    creators.events.ShowEnded: (creators.jobs.close_stream, payouts.jobs.owe_fixed_fee),
    creators.events.ReplayReady: (creators.clip_jobs.cut_waiting,),
    creators.events.ClipMarked: (creators.clip_jobs.cut_clip,),
    creators.events.ClipRemoved: (creators.clip_jobs.discard_clip,),
    creators.events.ConversionReported: (),
    creators.events.ConversionsUploaded: (creators.jobs.work_off_upload,),
    creators.events.ConversionAccepted: (payouts.jobs.fold_conversion,),
    creators.events.ConversionEdited: (payouts.jobs.fold_conversion,),
    creators.events.ConversionReturned: (payouts.jobs.fold_conversion,),
    creators.events.AttributionRevised: (payouts.recredit_jobs.follow_decisions,),
    payouts.events.CommissionReleased: (),
    payouts.events.PlatformRuleConfirmed: (payouts.jobs.tell_brands_of_rule,),
    payouts.events.RunApproved: (payouts.jobs.execute_run,),
    payouts.events.PayoutItemSettled: (payouts.jobs.tell_payee,),
}

PAYMENT_NEWS = ("succeeded", "payment_failed", "canceled", "processing", "requires_action", "partially_funded")
"""What may change a payment of ours; that it was created is no news: we have made it."""

WEBHOOKS: Mapping[tuple[str, str], AnyActor] = {
    **{(webhooks.STRIPE, f"payment_intent.{news}"): payouts.jobs.follow_payment for news in PAYMENT_NEWS},
    # That a charge succeeded is told by its payment too, and its fee is not known yet.
    (webhooks.STRIPE, "charge.updated"): marketplace.jobs.note_charge,
    (webhooks.STRIPE, "charge.dispute."): marketplace.jobs.settle_dispute,
    (webhooks.STRIPE, "refund."): marketplace.jobs.settle_refund,
    (webhooks.STRIPE, "transfer."): payouts.jobs.follow_transfer,
    (webhooks.STRIPE, "payout."): payouts.jobs.follow_payout,
    (webhooks.STRIPE, "account."): payouts.jobs.follow_account,
    (webhooks.STRIPE, "account.external_account."): payouts.jobs.follow_bank,
    (webhooks.STRIPE, "v2.core.account"): payouts.jobs.follow_account,
    (webhooks.MUX, "video.live_stream."): creators.jobs.follow_stream,
    (webhooks.MUX, "video.asset."): creators.jobs.follow_asset,
}

SCHEDULES: Mapping[str, tuple[int, AnyActor]] = {
    "collect undelivered webhooks": (3600, foundation.webhook_jobs.collect_undelivered_webhooks),
    "collect undelivered webhooks of accounts": (3600, payouts.jobs.collect_undelivered_of_accounts),
    "forget old answers": (3600, foundation.api_jobs.forget_old_answers),
    "forget spent links and old mails": (3600, foundation.mail_jobs.forget_mails),
    "release expired reservations": (5, marketplace.jobs.release_expired),
    "pass on what was offered": (5, marketplace.jobs.pass_on_offers),
    "follow up disputes": (900, marketplace.jobs.sweep_disputes),
    "follow up payments and refunds": (60, marketplace.jobs.sweep),
    "forget bags of visitors": (3600, marketplace.jobs.forget_bags),
    "decide late facts": (3600, creators.attribution_jobs.decide_late_facts),
    "store clicks left behind": (60, creators.attribution_jobs.store_clicks_left_behind),
    "look for fraud": (60, creators.jobs.look_for_fraud),
    "accept silent conversions": (3600, creators.jobs.accept_silent_conversions),
    "follow up shows": (60, creators.jobs.catch_up_shows),
    "follow up clips": (60, creators.clip_jobs.catch_up_clips),
    "release earnings": (10, payouts.jobs.release_due),
    "follow up brands' payments": (60, payouts.jobs.follow_brand_payments),
    "invoice brands": (3600, payouts.jobs.invoice_brands),
    "issue documents": (3600, payouts.jobs.issue_documents),
    "ask sellers for what taxes need": (86_400, payouts.jobs.ask_sellers),
    "follow up transfers": (60, payouts.jobs.resume_transfers),
    "read Stripe's balance": (60, payouts.jobs.sweep_funds),
    "reconcile": (300, payouts.jobs.reconcile),
    "look at payees' balances": (3600, payouts.jobs.look_at_connected_balances),
    "draft payout runs": (300, payouts.jobs.draft_runs),
    "revalue exchanged money": (3600, payouts.jobs.revalue),
    "watch the books": (900, payouts.jobs.watch_books),
}


def connect() -> None:
    """Tell the ground who listens."""
    relay.connect(Wiring(events=EVENTS, webhooks=WEBHOOKS, schedules=SCHEDULES))


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """What lives as long as the web process."""
    try:
        yield
    finally:
        await realtime.drain()
        await creators.reach.here.flush()
        await valkey.close()
