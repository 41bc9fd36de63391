"""The days of the books are found without reading all of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T02:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "days of the books"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_index():
        async with DB.connection() as connection:
            await connection.execute("CREATE INDEX journal_booked_at ON journal USING brin (booked_at)")

    manager.add_raw(set_index)
    return manager
