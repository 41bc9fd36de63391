"""What the columns cannot say: the line, parcels, invoices and flash offers; and the VAT rates of the European Union.

The rates are those for consumers, with the day from which each holds. Source: the Commission's table of rates (directive
2006/112/EC, Annex III and the states' derogations). `reduced` is the rate that a state applies to most goods of Annex III, `lower`
the one below it, where there is one.
"""

from datetime import date

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T04:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the market, VAT rates of the European Union"

RULES = """
-- One place in each line for each person, in the order in which they came; one parcel for each tracking number.
CREATE UNIQUE INDEX uq_waitlist_entry_place ON waitlist_entry (variant, person) WHERE status IN ('waiting', 'offered');
CREATE INDEX ix_waitlist_entry_waiting ON waitlist_entry (variant, id) WHERE status = 'waiting';
CREATE INDEX ix_waitlist_entry_offered ON waitlist_entry (offer_until) WHERE status = 'offered';
CREATE UNIQUE INDEX uq_shipment_tracking ON shipment ("order", brand, tracking) WHERE tracking <> '';

-- An invoice that was issued stays as it is.
CREATE FUNCTION buyer_invoice_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an invoice is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER buyer_invoice_never_rewritten BEFORE UPDATE OR DELETE ON buyer_invoice
FOR EACH ROW EXECUTE FUNCTION buyer_invoice_never_rewritten();

-- One flash offer runs in a show, and one for a variant.
CREATE UNIQUE INDEX uq_flash_offer_running_show ON flash_offer (show_id) WHERE status = 'running';
CREATE UNIQUE INDEX uq_flash_offer_running_variant ON flash_offer (variant) WHERE status = 'running';
"""
UNDO = """
DELETE FROM vat_rate;
DROP INDEX uq_flash_offer_running_variant, uq_flash_offer_running_show, uq_shipment_tracking, ix_waitlist_entry_offered,
    ix_waitlist_entry_waiting, uq_waitlist_entry_place;
DROP FUNCTION buyer_invoice_never_rewritten() CASCADE;
"""

STANDARD = """
AT 1995-01-01 2000; BE 1996-01-01 2100; BG 2007-01-01 2000; CY 2014-01-13 1900; CZ 2013-01-01 2100; DE 2007-01-01 1900;
DE 2020-07-01 1600; DE 2021-01-01 1900; DK 1992-01-01 2500; EE 2009-07-01 2000; EE 2024-01-01 2200; EE 2025-07-01 2400;
ES 2012-09-01 2100; FI 2013-01-01 2400; FI 2024-09-01 2550; FR 2014-01-01 2000; GR 2016-06-01 2400; HR 2013-07-01 2500;
HU 2012-01-01 2700; IE 2012-01-01 2300; IE 2020-09-01 2100; IE 2021-03-01 2300; IT 2013-10-01 2200; LT 2009-09-01 2100;
LU 2015-01-01 1700; LU 2023-01-01 1600; LU 2024-01-01 1700; LV 2012-07-01 2100; MT 2004-05-01 1800; NL 2012-10-01 2100;
PL 2011-01-01 2300; PT 2011-01-01 2300; RO 2017-01-01 1900; RO 2025-08-01 2100; SE 1995-01-01 2500; SI 2013-07-01 2200;
SK 2011-01-01 2000; SK 2025-01-01 2300
"""
REDUCED = """
AT 1995-01-01 1000; BE 2000-01-01 600; BG 2011-04-01 900; CY 2014-01-13 900; CZ 2015-01-01 1500; CZ 2024-01-01 1200; DE 2007-01-01 700;
DE 2020-07-01 500; DE 2021-01-01 700; EE 2009-01-01 900; ES 2012-09-01 1000; FI 2013-01-01 1400; FI 2026-01-01 1350;
FR 2014-01-01 1000; GR 2016-06-01 1300; HR 2014-01-01 1300; HU 2009-07-01 1800; IE 2011-07-01 1350; IT 1995-02-24 1000;
LT 2009-01-01 900; LT 2026-01-01 1200; LU 2015-01-01 800; LU 2023-01-01 700; LU 2024-01-01 800; LV 2011-01-01 1200; MT 2011-01-01 700;
NL 2019-01-01 900; PL 2011-01-01 800; PT 2011-01-01 1300; RO 2016-01-01 900; RO 2025-08-01 1100; SE 1996-01-01 1200;
SI 2013-07-01 950; SK 2011-01-01 1000; SK 2025-01-01 1900
"""
LOWER = """
CY 2007-08-01 500; ES 1995-01-01 400; FR 2014-01-01 550; GR 2016-06-01 600; HR 2013-01-01 500; HU 2009-07-01 500; IE 2019-01-01 900;
IT 2016-01-01 500; LT 2009-01-01 500; LU 1992-01-01 300; LV 2018-01-01 500; MT 2004-05-01 500; PL 2011-01-01 500; PT 1996-01-01 600;
RO 2015-01-01 500; RO 2025-08-01 1100; SE 1996-01-01 600; SI 2020-01-01 500; SK 2025-01-01 500
"""


def rows() -> list[tuple[str, str, date, int]]:
    return [
        (country, kind, date.fromisoformat(day), int(rate))
        for kind, text in (("standard", STANDARD), ("reduced", REDUCED), ("lower", LOWER))
        for country, day, rate in (entry.split() for entry in text.split(";"))
    ]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="marketplace", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)
            await connection.executemany(
                "insert into vat_rate (id, country, vat_class, valid_from, rate_bp) values (gen_random_uuid(), $1, $2, $3, $4)", rows()
            )

    async def drop_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
