"""Rules are never edited, corrections need two persons, and a show has one fixed fee: kept by the database itself (docs/money.md)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:48:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of rules, bonuses and corrections"

RULES = """
CREATE TRIGGER commission_rule_rows_stay BEFORE UPDATE OR DELETE ON commission_rule FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER commission_rule_stays BEFORE TRUNCATE ON commission_rule FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
ALTER TABLE adjustment
    ADD CONSTRAINT ck_adjustment_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_adjustment_decided CHECK ((status = 'waiting') = (checker IS NULL));
CREATE UNIQUE INDEX uq_bonus_fixed_fee ON bonus (show) WHERE kind = 'fixed_fee';
CREATE INDEX bonus_waiting ON bonus (made_at) WHERE status = 'waiting';
"""
UNDO = """
DROP INDEX bonus_waiting;
DROP INDEX uq_bonus_fixed_fee;
ALTER TABLE adjustment DROP CONSTRAINT ck_adjustment_decided, DROP CONSTRAINT ck_adjustment_two_persons;
DROP TRIGGER commission_rule_stays ON commission_rule;
DROP TRIGGER commission_rule_rows_stay ON commission_rule;
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
