"""Migrations of the tables of `creators`."""
