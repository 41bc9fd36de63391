"""`fanfare story`: the whole way of one sale without a browser, from an empty database, every total checked."""
