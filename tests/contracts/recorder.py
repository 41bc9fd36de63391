"""Records the exchanges with the vendors during the whole run."""
