"""Goods: brands, catalogue, briefs, stock, checkout, orders, refunds."""
