"""One open payment for an invoice at a time; what is not invoiced yet is found quickly."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:47:40:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of invoices to brands"

RULES = """
CREATE UNIQUE INDEX uq_brand_payment_one_open ON brand_payment (invoice) WHERE status IN ('intended', 'open', 'processing');
CREATE INDEX shop_commission_unbilled ON shop_commission (brand, currency, accepted_at) WHERE invoice IS NULL;
ALTER TABLE brand_invoice ADD CONSTRAINT ck_brand_invoice_sum CHECK (
    total_minor = commission_minor + fee_minor + vat_minor AND credited_minor + paid_minor <= total_minor
);
"""
UNDO = """
ALTER TABLE brand_invoice DROP CONSTRAINT ck_brand_invoice_sum;
DROP INDEX uq_brand_payment_one_open, shop_commission_unbilled;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules():
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules():
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
