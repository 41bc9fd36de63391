"""Addresses of people and shows for programs, under /api/v1."""

from creators.api import shows

ROUTES = [*shows.ROUTES]
