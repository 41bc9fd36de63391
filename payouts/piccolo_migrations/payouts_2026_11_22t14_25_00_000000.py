"""What of a run is still under way is found without reading what has left (docs/money.md, chapter 6)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T14:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of items under way"

INDEX = "CREATE INDEX payout_item_under_way ON payout_item (run, id) WHERE status IN ('locked', 'sending', 'unknown')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def add_index() -> None:
        async with DB.connection() as connection:
            await connection.execute(INDEX)

    manager.add_raw(add_index)
    return manager
