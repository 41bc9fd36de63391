"""Proposals are never rewritten: a new word is a new version."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:51:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only counter-offers"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="creators", description=DESCRIPTION)

    async def run() -> None:
        await DB.run_ddl(
            "CREATE TRIGGER counter_offer_never_rewritten BEFORE UPDATE OR DELETE ON counter_offer "
            "FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten()"
        )

    async def undo() -> None:
        await DB.run_ddl("DROP TRIGGER counter_offer_never_rewritten ON counter_offer")

    manager.add_raw(run)
    manager.add_raw_backwards(undo)
    return manager
