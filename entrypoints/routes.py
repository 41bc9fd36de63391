"""Every address of the web application."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

import creators.api
import creators.pages
import marketplace.routes
import moderation.pages
import payouts.pages
from entrypoints import discovery, files, offline, patterns
from foundation.api import webhooks
from foundation.pages import api_tokens, kept_mails, operations, own_account, people, resets, sign_in, sign_up

ROUTES: list[ControllerRouterHandler] = [
    *files.ROUTES,
    *discovery.ROUTES,
    *offline.ROUTES,
    *patterns.ROUTES,
    *sign_in.ROUTES,
    *sign_up.ROUTES,
    *resets.ROUTES,
    *own_account.ROUTES,
    *api_tokens.ROUTES,
    *people.ROUTES,
    *kept_mails.ROUTES,
    *operations.ROUTES,
    *webhooks.ROUTES,
    *moderation.pages.ROUTES,
    *marketplace.routes.ROUTES,
    *creators.pages.ROUTES,
    *creators.api.ROUTES,
    *payouts.pages.ROUTES,
]
