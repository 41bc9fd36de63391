"""The checkout learns the codes that were given before it knew any; they take nothing off."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T01:18:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "codes at the checkout"

FILL = """
    insert into brand_code (id, brand, code, folded, percent_bp, amount_minor, currency, created_at, ended_at)
    select id, brand, code, folded, 0, 0, '', created_at, ended_at from promo_code on conflict do nothing
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="creators", description=DESCRIPTION)

    async def fill() -> None:
        async with DB.connection() as connection:
            await connection.execute(FILL)

    manager.add_raw(fill)
    return manager
