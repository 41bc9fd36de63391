"""The ground: settings, database, money, clock, accounts, outbox, realtime and the gateways to vendors."""
