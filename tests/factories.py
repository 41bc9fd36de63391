"""Ready-made objects for tests, made through the verbs. One section a storey."""
