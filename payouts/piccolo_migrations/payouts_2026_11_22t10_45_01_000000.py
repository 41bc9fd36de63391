"""How the books are written, in ledger_writing.sql: by functions that check what they write, and by nothing else (docs/money.md, chapter 5)."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T10:45:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "books that only two functions write"

# A million matches are sorted before they are stored, which is quicker by bytes.
MATCHES = 'ALTER TABLE matched ALTER COLUMN transaction TYPE varchar(80) COLLATE "C"'


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(Path(__file__).with_name("ledger_writing.sql").read_text(encoding="utf-8"), timeout=3_600)
            await connection.execute(MATCHES, timeout=3_600)

    manager.add_raw(set_rules)
    return manager
