"""One match at a time, and two persons for what is booked by hand: kept by the database itself (docs/money.md, chapter 7)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T01:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the bank"

RULES = """
CREATE UNIQUE INDEX uq_bank_match_payout ON bank_match (payout) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_bank_match_line ON bank_match (line) WHERE ended_at IS NULL;
ALTER TABLE difference_posting ADD CONSTRAINT ck_difference_posting_two_persons CHECK (checker IS NULL OR checker <> maker);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules():
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
