"""Pages of the house rules."""

from moderation.pages import console, reports

ROUTES = [*console.ROUTES, *reports.ROUTES]
