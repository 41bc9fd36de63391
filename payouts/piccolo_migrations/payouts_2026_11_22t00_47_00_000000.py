"""Accounts of invoices to brands and of brands' credit (docs/money.md, chapter 12)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T00:47:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "invoices to brands in the chart"

# One row a code: normal side, whether it may go below zero, kind of its owner. A later code is one more row in a later migration that
# replaces the function with all rows.
CHART = r"""
CREATE OR REPLACE FUNCTION ledger_rule(code text) RETURNS TABLE (normal text, may_go_negative boolean, owner_kind text)
LANGUAGE sql IMMUTABLE AS $body$
    SELECT chart.normal, chart.may_go_negative, chart.owner_kind
    FROM (VALUES
        ('1100', 'D', true, ''), ('1110', 'D', true, ''), ('1120', 'D', true, ''), ('1130', 'D', true, ''), ('1140', 'D', true, ''),
        ('1200', 'D', false, 'brand'), ('1205', 'D', false, 'brand'), ('1210', 'D', false, 'creator'), ('1220', 'D', false, 'brand'), ('1230', 'D', true, 'order'),
        ('1300', 'D', true, ''),
        ('2100', 'C', true, 'order'),
        ('2110', 'C', false, 'brand'), ('2111', 'C', false, 'brand'), ('2112', 'C', false, 'brand'), ('2113', 'C', false, 'brand'),
        ('2120', 'C', false, 'creator'), ('2121', 'C', false, 'creator'), ('2122', 'C', false, 'creator'), ('2123', 'C', false, 'creator'),
        ('2140', 'C', true, ''), ('2160', 'C', true, ''), ('2170', 'C', false, 'order'), ('2180', 'C', true, ''), ('2181', 'C', false, 'brand'), ('2190', 'C', true, ''),
        ('2300', 'C', false, 'brand'),
        ('4100', 'C', true, ''), ('4110', 'C', true, ''), ('4120', 'C', true, ''),
        ('5100', 'D', true, ''), ('5110', 'D', true, ''), ('5130', 'D', true, ''), ('5140', 'D', true, ''), ('5150', 'D', true, ''),
        ('5160', 'D', true, ''),
        ('8000', 'D', true, ''),
        ('M0', 'C', true, ''), ('M1', 'D', true, 'payee'), ('M2', 'D', true, 'payee'), ('M3', 'D', true, 'payee')
    ) AS chart (code, normal, may_go_negative, owner_kind)
    WHERE chart.code = ledger_rule.code
$body$;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def extend():
        async with DB.connection() as connection:
            await connection.execute(CHART)

    async def keep():
        """More codes harm nobody."""

    manager.add_raw(extend)
    manager.add_raw_backwards(keep)
    return manager
