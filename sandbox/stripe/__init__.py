"""A stand-in of Stripe: the same calls, states, money arithmetic and webhooks, on this machine, with faults on demand.

What no document of Stripe states in figures is decided here and listed in one place, `rules.py`.
"""
