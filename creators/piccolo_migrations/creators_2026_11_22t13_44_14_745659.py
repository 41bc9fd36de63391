from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar

ID = "2026-11-22T13:44:14:745659"
VERSION = "1.38.0"
DESCRIPTION = "ids that the money trace looks up"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="creators", description=DESCRIPTION
    )

    manager.alter_column(
        table_class_name="Conversion",
        tablename="conversion",
        column_name="shop_order",
        db_column_name="shop_order",
        params={"index": True},
        old_params={"index": False},
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    return manager
