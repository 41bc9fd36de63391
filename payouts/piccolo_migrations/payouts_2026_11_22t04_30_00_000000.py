"""Two persons for what is taken back or given up, one open proposal a difference, sums at the bank, and which journals were read last."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T04:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of differences, recoveries and exchanges"

RULES = """
UPDATE bank_match SET bundle = id, amount_minor = (SELECT l.amount_minor FROM bank_line l WHERE l.id = bank_match.line) WHERE amount_minor = 0;
DROP INDEX IF EXISTS uq_bank_match_payout, uq_bank_match_line;
CREATE UNIQUE INDEX uq_bank_match_pair ON bank_match (payout, line) WHERE ended_at IS NULL;
CREATE FUNCTION bank_match_is_once() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh JOIN bank_match other ON (other.payout = fresh.payout OR other.line = fresh.line) AND other.bundle <> fresh.bundle
        WHERE other.ended_at IS NULL
    ) THEN
        RAISE EXCEPTION 'a payout or a line of the bank is matched already' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER bank_match_is_once AFTER INSERT ON bank_match REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION bank_match_is_once();
CREATE UNIQUE INDEX uq_difference_posting_open ON difference_posting (exception) WHERE refused_at IS NULL;
ALTER TABLE recovery ADD CONSTRAINT ck_recovery_two_persons CHECK (checker IS NULL OR checker <> maker);
ALTER TABLE dispute_loss ADD CONSTRAINT ck_dispute_loss_two_persons CHECK (checker IS NULL OR checker <> maker);
CREATE UNIQUE INDEX uq_recovery_open ON recovery (payee, currency) WHERE status IN ('proposed', 'sending');
CREATE UNIQUE INDEX uq_dispute_loss_open ON dispute_loss (dispute) WHERE status IN ('proposed', 'sending', 'done');
CREATE INDEX brin_mirror_transaction_mirrored_at ON mirror_transaction USING brin (mirrored_at) WITH (pages_per_range = 32, autosummarize = on);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def set_rules():
        async with DB.connection() as connection:
            await connection.execute(RULES)

    manager.add_raw(set_rules)
    return manager
