"""Migrations of the tables of `payouts`."""
