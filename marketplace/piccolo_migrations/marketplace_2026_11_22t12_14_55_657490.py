from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar

ID = "2026-11-22T12:14:55:657490"
VERSION = "1.38.0"
DESCRIPTION = "numbers of invoices and credit notes are looked up by the money trace"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="marketplace", description=DESCRIPTION)

    manager.alter_column(
        table_class_name="Invoice",
        tablename="buyer_invoice",
        column_name="number",
        db_column_name="number",
        params={"index": True},
        old_params={"index": False},
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    manager.alter_column(
        table_class_name="CreditNote",
        tablename="buyer_credit_note",
        column_name="number",
        db_column_name="number",
        params={"index": True},
        old_params={"index": False},
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    return manager
