"""One form in force and one report that stands, two persons for a report, and nothing edited: kept by the database itself (docs/money.md, chapter 17)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T05:07:12:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of taxes and of runs without a maker"

RULES = """
CREATE UNIQUE INDEX uq_us_tax_form_creator ON us_tax_form (creator) WHERE ended_at IS NULL;
ALTER TABLE us_tax_form ADD CONSTRAINT ck_us_tax_form_treaty CHECK (treaty_bp BETWEEN 0 AND 3000);

CREATE UNIQUE INDEX uq_tax_report_year_variant ON tax_report (year, variant) WHERE discarded_at IS NULL;
ALTER TABLE tax_report
    ADD CONSTRAINT ck_tax_report_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_tax_report_end CHECK (confirmed_at IS NULL OR (checker IS NOT NULL AND discarded_at IS NULL));

CREATE FUNCTION tax_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'tax_report' THEN
        IF (OLD.confirmed_at IS NULL AND OLD.discarded_at IS NULL)
            AND to_jsonb(NEW) - '{checker,confirmed_at,discarded_at}'::text[] = to_jsonb(OLD) - '{checker,confirmed_at,discarded_at}'::text[] THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'us_tax_form' THEN
        IF OLD.ended_at IS NULL AND to_jsonb(NEW) - 'ended_at' = to_jsonb(OLD) - 'ended_at' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'FA006';
END $$;
CREATE TRIGGER tax_report_stays BEFORE UPDATE OR DELETE ON tax_report FOR EACH ROW EXECUTE FUNCTION tax_rows_stay();
CREATE TRIGGER tax_report_seller_stays BEFORE UPDATE OR DELETE ON tax_report_seller FOR EACH ROW EXECUTE FUNCTION tax_rows_stay();
CREATE TRIGGER us_tax_form_stays BEFORE UPDATE OR DELETE ON us_tax_form FOR EACH ROW EXECUTE FUNCTION tax_rows_stay();

ALTER TABLE payout_run ADD CONSTRAINT ck_payout_run_maker CHECK (maker IS NOT NULL OR status IN ('draft', 'cancelled'));
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
