"""Versions of the platform's fee are only added, each by two persons: kept by the database itself (docs/money.md, chapter 13)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T08:18:14:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the platform's fee"

RULES = """
ALTER TABLE platform_fee ADD CONSTRAINT ck_platform_fee_two_persons CHECK (checked_by <> made_by);
CREATE FUNCTION platform_fee_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'platform_fee is append-only';
END $$;
CREATE TRIGGER platform_fee_rows_stay BEFORE UPDATE OR DELETE ON platform_fee FOR EACH ROW EXECUTE FUNCTION platform_fee_stays();
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="creators", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
