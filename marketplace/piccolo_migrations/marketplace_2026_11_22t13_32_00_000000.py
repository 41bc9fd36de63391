"""A credit note has one cause: a refund, or a dispute that was lost; one for a dispute and an invoice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T13:32:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the cause of a credit note"

RULES = """
ALTER TABLE buyer_credit_note ADD CONSTRAINT ck_buyer_credit_note_cause CHECK (num_nonnulls(refund, dispute) = 1);
CREATE UNIQUE INDEX uq_buyer_credit_note_dispute_invoice ON buyer_credit_note (dispute, invoice) WHERE cancels IS NULL;
"""
UNDO = """
DROP INDEX uq_buyer_credit_note_dispute_invoice;
ALTER TABLE buyer_credit_note DROP CONSTRAINT ck_buyer_credit_note_cause;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="marketplace", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
