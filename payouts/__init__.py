"""Money: commission, ledger, payout runs, transfers, mirror and reconciliation."""
