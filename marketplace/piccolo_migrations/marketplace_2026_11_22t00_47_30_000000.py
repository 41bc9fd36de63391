"""One place in each line for each person, in the order in which they came; one parcel for each tracking number."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:47:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "the line and the parcels"

RULES = """
CREATE UNIQUE INDEX uq_waitlist_entry_place ON waitlist_entry (variant, person) WHERE status IN ('waiting', 'offered');
CREATE INDEX ix_waitlist_entry_waiting ON waitlist_entry (variant, id) WHERE status = 'waiting';
CREATE INDEX ix_waitlist_entry_offered ON waitlist_entry (offer_until) WHERE status = 'offered';
CREATE UNIQUE INDEX uq_shipment_tracking ON shipment ("order", brand, tracking) WHERE tracking <> '';
"""
UNDO = """
DROP INDEX uq_shipment_tracking;
DROP INDEX ix_waitlist_entry_offered;
DROP INDEX ix_waitlist_entry_waiting;
DROP INDEX uq_waitlist_entry_place;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="marketplace", description=DESCRIPTION)

    async def set_rules():
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules():
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
