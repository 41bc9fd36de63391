"""The ground of the house: settings, database, money, clock, accounts, outbox, webhooks, realtime, vendor gateways.

Knows no word of the trade. Everything above may import it; it imports nothing above.
"""
