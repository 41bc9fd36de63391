"""Two persons for the platform's rules and for payments of tax, and nothing edited: kept by the database itself (docs/money.md, chapters 13 and 17)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T08:18:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the platform's rules and of payments of tax"

RULES = """
ALTER TABLE commission_rule ADD CONSTRAINT ck_commission_rule_two_persons
    CHECK ((brand IS NULL) = (checked_by IS NOT NULL) AND (checked_by IS NULL OR checked_by <> made_by));
ALTER TABLE rule_proposal
    ADD CONSTRAINT ck_rule_proposal_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_rule_proposal_decided CHECK ((status = 'waiting') = (checker IS NULL));
ALTER TABLE tax_payment
    ADD CONSTRAINT ck_tax_payment_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_tax_payment_decided CHECK ((status = 'waiting') = (checker IS NULL));
CREATE UNIQUE INDEX uq_tax_payment_match_payment ON tax_payment_match (payment) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_tax_payment_match_line ON tax_payment_match (line) WHERE ended_at IS NULL;

CREATE FUNCTION decided_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := '{status,checker,decided_at,decision}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = 'waiting' AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'FA006';
END $$;
CREATE TRIGGER rule_proposal_stays BEFORE UPDATE OR DELETE ON rule_proposal FOR EACH ROW EXECUTE FUNCTION decided_rows_stay();
CREATE TRIGGER tax_payment_stays BEFORE UPDATE OR DELETE ON tax_payment FOR EACH ROW EXECUTE FUNCTION decided_rows_stay();
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
