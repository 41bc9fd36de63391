"""What the columns of credit notes cannot say: one for a refund and an invoice, never changed, never above the line."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of credit notes"

RULES = """
CREATE UNIQUE INDEX uq_buyer_credit_note_refund_invoice ON buyer_credit_note (refund, invoice) WHERE cancels IS NULL;

CREATE FUNCTION buyer_credit_note_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a credit note is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER buyer_credit_note_never_rewritten BEFORE UPDATE OR DELETE ON buyer_credit_note
FOR EACH ROW EXECUTE FUNCTION buyer_credit_note_never_rewritten();
CREATE TRIGGER buyer_credit_note_line_never_rewritten BEFORE UPDATE OR DELETE ON buyer_credit_note_line
FOR EACH ROW EXECUTE FUNCTION buyer_credit_note_never_rewritten();

-- Writers hold the order's lock, so the sum is that of all notes.
CREATE FUNCTION buyer_credit_note_within_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given bigint;
    paid bigint;
BEGIN
    SELECT sum(gross_minor) INTO given FROM buyer_credit_note_line WHERE order_line = NEW.order_line;
    SELECT gross_minor INTO paid FROM order_line WHERE id = NEW.order_line;
    IF given < 0 OR given > paid THEN
        RAISE EXCEPTION 'credit notes of % on a line of %', given, paid USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER buyer_credit_note_within_line AFTER INSERT ON buyer_credit_note_line
FOR EACH ROW EXECUTE FUNCTION buyer_credit_note_within_line();
"""
UNDO = """
DROP INDEX uq_buyer_credit_note_refund_invoice;
DROP FUNCTION buyer_credit_note_within_line() CASCADE;
DROP FUNCTION buyer_credit_note_never_rewritten() CASCADE;
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
