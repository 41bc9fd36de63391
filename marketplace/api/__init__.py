"""Addresses of goods for programs, under /api/v1."""
