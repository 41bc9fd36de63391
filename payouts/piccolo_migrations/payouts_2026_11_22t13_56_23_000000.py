"""Movements that were matched keep their match under the mirror's number (docs/money.md, chapter 7)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T13:56:23:000000"
VERSION = "1.38.0"
DESCRIPTION = "matches by number"

MOVED = """
INSERT INTO movement_match (movement, journal, matched_at)
SELECT m.number, k.journal, k.matched_at FROM matched k JOIN mirror_transaction m ON m.id = k.transaction ORDER BY 1;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def move() -> None:
        async with DB.connection() as connection:
            await connection.execute(MOVED)

    manager.add_raw(move)
    return manager
