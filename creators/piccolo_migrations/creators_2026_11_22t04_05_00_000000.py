"""What the columns cannot say: papers that are never rewritten, and how many of a thing may be open in a show."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T04:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only papers, one open pin, question and poll per show"

RULES = """
-- Terms, proposals, decisions, shares and proofs of consent are never rewritten: a new word is a new version.
CREATE FUNCTION creators_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: write a new version', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
CREATE TRIGGER attribution_decision_never_rewritten BEFORE UPDATE OR DELETE ON attribution_decision
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten();
CREATE TRIGGER attribution_share_never_rewritten BEFORE UPDATE OR DELETE ON attribution_share
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten();
CREATE TRIGGER consent_record_never_rewritten BEFORE UPDATE OR DELETE ON consent_record
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten();
CREATE TRIGGER counter_offer_never_rewritten BEFORE UPDATE OR DELETE ON counter_offer
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten();
CREATE TRIGGER terms_never_rewritten BEFORE UPDATE OR DELETE ON terms
    FOR EACH ROW EXECUTE FUNCTION creators_never_rewritten();

-- One open correction a line, agreed by somebody else than its maker.
CREATE UNIQUE INDEX uq_attribution_correction_open ON attribution_correction (order_line) WHERE status = 'asked';
ALTER TABLE attribution_correction ADD CONSTRAINT ck_attribution_correction_two_persons
    CHECK (status <> 'agreed' OR (checker IS NOT NULL AND checker <> maker));

-- In a show one question is answered at a time, one poll is on screen, one slot is; more products beside it may be.
CREATE UNIQUE INDEX uq_question_answering ON question (show) WHERE status = 'answering';
CREATE INDEX ix_question_waiting ON question (show, votes DESC, asked_at) WHERE status IN ('open', 'answering');
CREATE UNIQUE INDEX uq_poll_open ON poll (show) WHERE status = 'open';
CREATE UNIQUE INDEX uq_pin_open ON pin (show) WHERE unpinned_at IS NULL AND slot IS NOT NULL;
CREATE UNIQUE INDEX uq_pin_open_product ON pin (show, product) WHERE unpinned_at IS NULL;
CREATE INDEX ix_chat_message_show_id ON chat_message (show, id);
CREATE INDEX ix_touch_person_at ON touch (person, at) WHERE person IS NOT NULL;
"""
UNDO = """
DROP INDEX ix_touch_person_at, ix_chat_message_show_id, uq_pin_open_product, uq_pin_open, uq_poll_open, ix_question_waiting,
    uq_question_answering, uq_attribution_correction_open;
ALTER TABLE attribution_correction DROP CONSTRAINT ck_attribution_correction_two_persons;
DROP FUNCTION creators_never_rewritten() CASCADE;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="creators", description=DESCRIPTION)

    async def set_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(RULES)

    async def drop_rules() -> None:
        async with DB.connection() as connection:
            await connection.execute(UNDO)

    manager.add_raw(set_rules)
    manager.add_raw_backwards(drop_rules)
    return manager
