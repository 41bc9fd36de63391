"""A month is opened again by two persons: kept by the database itself (docs/money.md, chapter 11)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-21T23:24:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "two persons open a month again"

RULES = """
ALTER TABLE period_reopening ADD CONSTRAINT ck_period_reopening_two_persons CHECK (checker IS NULL OR checker <> maker);
CREATE UNIQUE INDEX uq_period_reopening_waiting ON period_reopening (period) WHERE agreed_at IS NULL;
"""
UNDO = """
DROP INDEX uq_period_reopening_waiting;
ALTER TABLE period_reopening DROP CONSTRAINT ck_period_reopening_two_persons;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules():
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules():
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
