"""Shares and proofs of consent are never rewritten; decisions from before shares were kept get theirs; one open correction a line."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only shares and consent, one open correction a line"

FORWARDS = (
    """
    INSERT INTO attribution_share (id, decision, position, creator, show, terms, share_bp)
    SELECT gen_random_uuid(), id, 0, creator, show, terms, 10000 FROM attribution_decision
    WHERE creator IS NOT NULL AND terms IS NOT NULL
    """,
    """
    CREATE TRIGGER attribution_share_never_rewritten BEFORE UPDATE OR DELETE ON attribution_share
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten()
    """,
    """
    CREATE TRIGGER consent_record_never_rewritten BEFORE UPDATE OR DELETE ON consent_record
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten()
    """,
    "CREATE UNIQUE INDEX uq_attribution_correction_open ON attribution_correction (order_line) WHERE status = 'asked'",
    """
    ALTER TABLE attribution_correction ADD CONSTRAINT ck_attribution_correction_two_persons
    CHECK (status <> 'agreed' OR (checker IS NOT NULL AND checker <> maker))
    """,
)

BACKWARDS = (
    "ALTER TABLE attribution_correction DROP CONSTRAINT ck_attribution_correction_two_persons",
    "DROP INDEX uq_attribution_correction_open",
    "DROP TRIGGER consent_record_never_rewritten ON consent_record",
    "DROP TRIGGER attribution_share_never_rewritten ON attribution_share",
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
