"""The role of the programs, in role.sql; after all tables of all storeys, to which it is let in."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T04:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the role of the programs"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_role() -> None:
        async with DB.connection() as connection:
            await connection.execute(Path(__file__).with_name("role.sql").read_text(encoding="utf-8"))

    manager.add_raw(set_role)
    return manager
