"""Tables of what went wrong between a brand's own shop and us: rows of files, and reports, that we could not take."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from creators.conversion_tables import ConversionUpload, ShopConnection
from foundation.database import DB
from marketplace.tables import Brand


class UploadProblem(Table, db=DB, tablename="upload_problem"):
    """A row of a file that was not taken: its number (the head is row 1), the order it names, and why."""

    id = BigSerial(primary_key=True)
    upload = ForeignKey(ConversionUpload, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    row = Integer(null=False, default=None)
    shop_order = Varchar(length=100, null=False, default="")
    code = Varchar(length=40, null=False, default=None)
    value = Varchar(length=100, null=False, default="")


class UploadProgress(Table, db=DB, tablename="upload_progress"):
    """How many rows of a file are done, beside the bytes; `error` is why the whole file could not be read."""

    upload = ForeignKey(ConversionUpload, null=False, default=None, on_delete=OnDelete.restrict, primary_key=True, unique=True)
    rows = BigInt(null=False, default=0)
    error = Varchar(length=40, null=False, default="")


class ShopRefusal(Table, db=DB, tablename="shop_refusal"):
    """A report of a connected shop that our rules refused: kept for the brand, once an order and reason."""

    id = BigSerial(primary_key=True)
    brand = ForeignKey(Brand, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    connection = ForeignKey(ShopConnection, null=False, default=None, on_delete=OnDelete.restrict, index=True)
    topic = Varchar(length=40, null=False, default=None)
    shop_order = Varchar(length=100, null=False, default=None)
    code = Varchar(length=40, null=False, default=None)
    times = Integer(null=False, default=1)
    at = Timestamptz(null=False, default=None)

    uq_shop_refusal_report = Unique([connection, topic, shop_order, code])
