"""What the columns cannot say: one question is answered at a time, one poll is on screen, one slot is; more products beside it may be."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:56:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one answered question, one open poll, several pins"

FORWARDS = (
    "CREATE UNIQUE INDEX uq_question_answering ON question (show) WHERE status = 'answering'",
    "CREATE INDEX ix_question_waiting ON question (show, votes DESC, asked_at) WHERE status IN ('open', 'answering')",
    "CREATE UNIQUE INDEX uq_poll_open ON poll (show) WHERE status = 'open'",
    "DROP INDEX uq_pin_open",
    "CREATE UNIQUE INDEX uq_pin_open ON pin (show) WHERE unpinned_at IS NULL AND slot IS NOT NULL",
    "CREATE UNIQUE INDEX uq_pin_open_product ON pin (show, product) WHERE unpinned_at IS NULL",
)

BACKWARDS = (
    "DROP INDEX uq_pin_open_product",
    "DROP INDEX uq_pin_open",
    "CREATE UNIQUE INDEX uq_pin_open ON pin (show) WHERE unpinned_at IS NULL",
    "DROP INDEX uq_poll_open",
    "DROP INDEX ix_question_waiting",
    "DROP INDEX uq_question_answering",
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
