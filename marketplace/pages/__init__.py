"""Pages of goods: parse, one verb, render."""
