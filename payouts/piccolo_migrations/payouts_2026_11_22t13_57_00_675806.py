from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T13:57:00:675806"
VERSION = "1.38.0"
DESCRIPTION = "matches by transaction are gone"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="payouts", description=DESCRIPTION
    )

    manager.drop_table(class_name="Matched", tablename="matched", schema=None)

    return manager
