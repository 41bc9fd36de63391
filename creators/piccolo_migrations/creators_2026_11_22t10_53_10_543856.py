from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey

ID = "2026-11-22T10:53:10:543856"
VERSION = "1.38.0"
DESCRIPTION = "a touch of a link belongs to no show"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="creators", description=DESCRIPTION
    )

    manager.alter_column(
        table_class_name="Touch",
        tablename="touch",
        column_name="show",
        db_column_name="show",
        params={"null": True},
        old_params={"null": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )

    return manager
