"""Two persons for moves between accounts of the house, and nothing edited: kept by the database itself (docs/money.md, chapter 14)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T14:46:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of moves between accounts"

RULES = """
ALTER TABLE house_move
    ADD CONSTRAINT ck_house_move_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_house_move_decided CHECK ((status = 'waiting') = (checker IS NULL));
CREATE TRIGGER house_move_stays BEFORE UPDATE OR DELETE ON house_move FOR EACH ROW EXECUTE FUNCTION decided_rows_stay();
"""
UNDO = """
DROP TRIGGER house_move_stays ON house_move;
ALTER TABLE house_move DROP CONSTRAINT ck_house_move_two_persons, DROP CONSTRAINT ck_house_move_decided;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
