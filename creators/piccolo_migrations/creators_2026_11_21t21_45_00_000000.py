"""What the columns cannot say: one pin on screen per show, and papers that are never rewritten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-21T21:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one open pin per show, append-only terms and decisions"

FORWARDS = (
    "CREATE UNIQUE INDEX uq_pin_open ON pin (show) WHERE unpinned_at IS NULL",
    "CREATE INDEX ix_touch_person_at ON touch (person, at) WHERE person IS NOT NULL",
    "CREATE INDEX ix_chat_message_show_id ON chat_message (show, id)",
    """
    CREATE FUNCTION creators_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: write a new version', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER attribution_decision_never_rewritten BEFORE UPDATE OR DELETE ON attribution_decision
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten()
    """,
    """
    CREATE TRIGGER terms_never_rewritten BEFORE UPDATE OR DELETE ON terms
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten()
    """,
)

BACKWARDS = (
    "DROP TRIGGER terms_never_rewritten ON terms",
    "DROP TRIGGER attribution_decision_never_rewritten ON attribution_decision",
    "DROP FUNCTION creators_never_rewritten()",
    "DROP INDEX ix_chat_message_show_id",
    "DROP INDEX ix_touch_person_at",
    "DROP INDEX uq_pin_open",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="creators", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await DB.run_ddl(statement)

    async def undo() -> None:
        for statement in BACKWARDS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(undo)
    return manager
