"""Migrations of the tables of `moderation`."""
