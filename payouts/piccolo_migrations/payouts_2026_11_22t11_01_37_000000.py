"""Reports of sellers follow each other in one line, one at a time; a seller is asked once at a time: kept by the database itself (docs/money.md, chapter 17)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T11:01:37:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of corrected reports and of what sellers are asked for"

RULES = """
DROP INDEX uq_tax_report_year_variant;
CREATE UNIQUE INDEX uq_tax_report_first ON tax_report (year, variant) WHERE discarded_at IS NULL AND corrects IS NULL;
CREATE UNIQUE INDEX uq_tax_report_next ON tax_report (corrects) WHERE discarded_at IS NULL;

CREATE FUNCTION tax_report_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.corrects IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM tax_report t WHERE t.id = NEW.corrects AND (t.year, t.variant) = (NEW.year, NEW.variant) AND t.confirmed_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a report corrects a confirmed one of its own year and form' USING ERRCODE = 'FA006';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_report_follows BEFORE INSERT ON tax_report FOR EACH ROW EXECUTE FUNCTION tax_report_follows();

CREATE UNIQUE INDEX uq_seller_request_open ON seller_request (kind, owner) WHERE closed_at IS NULL;
ALTER TABLE seller_request ADD CONSTRAINT ck_seller_request_order CHECK (
    (reminded_at IS NULL OR reminded_at >= asked_at) AND (reminded_again_at IS NULL OR reminded_again_at > reminded_at)
);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
