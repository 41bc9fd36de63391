"""The last number given in each series of documents."""

from __future__ import annotations

from piccolo.columns import Integer, Text
from piccolo.table import Table

from foundation.database import DB


class NumberSeries(Table, tablename="number_series", db=DB):
    """One row a series; `name` says whose documents of which kind and year it numbers."""

    name = Text(primary_key=True)
    last = Integer(null=False, default=None)
