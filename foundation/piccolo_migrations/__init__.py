"""Migrations of the tables of `foundation`."""
