"""A match at the bank is of a payout or of a payment of tax, which has one line: kept by the database itself (docs/money.md, chapter 7)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T08:44:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of payments of tax at the bank"

RULES = """
ALTER TABLE bank_match ADD CONSTRAINT ck_bank_match_one CHECK ((payout IS NULL) <> (tax_payment IS NULL));
CREATE UNIQUE INDEX uq_bank_match_tax_payment ON bank_match (tax_payment) WHERE ended_at IS NULL;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
