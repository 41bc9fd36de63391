"""The audit log is found by person and by deed, and nobody changes it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T05:07:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "the audit log stays"

RULES = """
CREATE INDEX audit_entry_actor_id ON audit_entry (actor, id);
CREATE INDEX audit_entry_action_id ON audit_entry (action text_pattern_ops, id);

CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was written down stays' USING ERRCODE = 'FA006';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="foundation", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
