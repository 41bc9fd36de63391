"""What the columns cannot say: one flash offer runs in a show, and one for a variant."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T01:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one running flash offer in a show and for a variant"

FORWARDS = (
    "CREATE UNIQUE INDEX uq_flash_offer_running_show ON flash_offer (show_id) WHERE status = 'running'",
    "CREATE UNIQUE INDEX uq_flash_offer_running_variant ON flash_offer (variant) WHERE status = 'running'",
)

BACKWARDS = ("DROP INDEX uq_flash_offer_running_variant", "DROP INDEX uq_flash_offer_running_show")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="marketplace", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await DB.run_ddl(statement)

    async def undo() -> None:
        for statement in BACKWARDS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(undo)
    return manager
