"""Migrations of the tables of `marketplace`."""
