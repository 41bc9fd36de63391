"""An invoice that was issued stays as it is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T01:36:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "invoices are never rewritten"

RULES = """
CREATE FUNCTION buyer_invoice_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an invoice is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER buyer_invoice_never_rewritten BEFORE UPDATE OR DELETE ON buyer_invoice
FOR EACH ROW EXECUTE FUNCTION buyer_invoice_never_rewritten();
"""
UNDO = """
DROP TRIGGER buyer_invoice_never_rewritten ON buyer_invoice;
DROP FUNCTION buyer_invoice_never_rewritten();
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
