"""What the columns of the money's tables cannot say, kept by the database itself: the books in ledger.sql, the rest in rules.sql."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T04:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the books and of all that moves money"

# Written once: a later rule, or a later definition of a function, is a later migration.
FILES = ("ledger.sql", "rules.sql")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            for name in FILES:
                await connection.execute(Path(__file__).with_name(name).read_text(encoding="utf-8"))

    manager.add_raw(set_rules)
    return manager
