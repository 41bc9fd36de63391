"""Pictures of the demo market, drawn by our own code: products, portraits, posters of shows and marks of brands.

The same name always gives the same picture. All functions return SVG; `write_picture` makes a file of it.
"""

from __future__ import annotations

from entrypoints.demo_pictures.files import write_picture, write_png
from entrypoints.demo_pictures.marks import brand_mark
from entrypoints.demo_pictures.paint import PALETTES
from entrypoints.demo_pictures.posters import portrait, poster
from entrypoints.demo_pictures.products import KINDS, TRADES, product_picture

__all__ = ["KINDS", "PALETTES", "TRADES", "brand_mark", "portrait", "poster", "product_picture", "write_picture", "write_png"]
