"""The rules of the books, kept by the database itself (docs/money.md, chapter 5)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-21T21:46:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the ledger"

RULES = r"""
CREATE FUNCTION ledger_rule(code text) RETURNS TABLE (normal text, may_go_negative boolean, owner_kind text)
LANGUAGE sql IMMUTABLE AS $body$
    SELECT chart.normal, chart.may_go_negative, chart.owner_kind
    FROM (VALUES
        ('1100', 'D', true, ''), ('1110', 'D', true, ''), ('1120', 'D', true, ''), ('1130', 'D', true, ''), ('1140', 'D', true, ''),
        ('1200', 'D', false, 'brand'), ('1210', 'D', false, 'creator'), ('1230', 'D', true, 'order'),
        ('2100', 'C', true, 'order'),
        ('2110', 'C', false, 'brand'), ('2111', 'C', false, 'brand'), ('2112', 'C', false, 'brand'), ('2113', 'C', false, 'brand'),
        ('2120', 'C', false, 'creator'), ('2121', 'C', false, 'creator'), ('2122', 'C', false, 'creator'), ('2123', 'C', false, 'creator'),
        ('2140', 'C', true, ''), ('2170', 'C', false, 'order'), ('2190', 'C', true, ''),
        ('4100', 'C', true, ''), ('5100', 'D', true, ''), ('5110', 'D', true, ''), ('5130', 'D', true, ''), ('5160', 'D', true, '')
    ) AS chart (code, normal, may_go_negative, owner_kind)
    WHERE chart.code = ledger_rule.code
$body$;

ALTER TABLE ledger_account
    ADD CONSTRAINT ck_ledger_account_not_below_zero CHECK (may_go_negative OR balance >= 0),
    ADD CONSTRAINT ck_ledger_account_normal CHECK (normal IN ('D', 'C'));
ALTER TABLE period ADD CONSTRAINT ck_period_status CHECK (status IN ('open', 'closing', 'closed'));
ALTER TABLE posting ADD CONSTRAINT ck_posting_side CHECK (side IN ('D', 'C'));
ALTER TABLE payout_run ADD CONSTRAINT ck_payout_run_two_persons CHECK (checker IS NULL OR checker <> maker);
ALTER TABLE payee ADD CONSTRAINT ck_payee_one_owner CHECK ((kind = 'creator') = (creator IS NOT NULL) AND (kind = 'brand') = (brand IS NOT NULL));
ALTER TABLE commission
    ADD CONSTRAINT ck_commission_parts CHECK (amount_minor >= 0 AND fee_minor >= 0 AND brand_minor >= 0 AND (creator IS NOT NULL OR amount_minor = 0));
CREATE UNIQUE INDEX uq_posting_journal_account ON posting (journal, account);
CREATE UNIQUE INDEX uq_payout_item_one_open ON payout_item (payee, currency) WHERE status IN ('locked', 'sending', 'unknown');
CREATE UNIQUE INDEX uq_reconciliation_exception_open ON reconciliation_exception (code, source_id, currency) WHERE status = 'open';
CREATE INDEX commission_due ON commission (hold_until) WHERE status = 'pending';

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '% is append-only: correct by another journal', TG_TABLE_NAME USING ERRCODE = 'FA003';
END $body$;

CREATE TRIGGER journal_rows_stay BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER journal_stays BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER posting_rows_stay BEFORE UPDATE OR DELETE ON posting FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER posting_stays BEFORE TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER account_rows_stay BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER account_stays BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

CREATE FUNCTION ledger_period_is_open() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    found_status text;
BEGIN
    SELECT status INTO found_status FROM period WHERE id = NEW.period FOR KEY SHARE;
    IF found_status IS NULL THEN
        INSERT INTO period (id, status) VALUES (NEW.period, 'open') ON CONFLICT DO NOTHING;
        SELECT status INTO found_status FROM period WHERE id = NEW.period FOR KEY SHARE;
    END IF;
    IF found_status <> 'open' THEN
        RAISE EXCEPTION 'period % is %', NEW.period, found_status USING ERRCODE = 'FA004';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER journal_period BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION ledger_period_is_open();

CREATE FUNCTION ledger_period_waits_for_writers() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- Writers hold KEY SHARE on the row; a status change alone would not wait for them, this lock does.
    PERFORM 1 FROM period WHERE id = OLD.id FOR UPDATE;
    RETURN NEW;
END $body$;
CREATE TRIGGER period_waits BEFORE UPDATE ON period FOR EACH ROW EXECUTE FUNCTION ledger_period_waits_for_writers();

CREATE FUNCTION ledger_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    the_journal bigint := CASE TG_TABLE_NAME WHEN 'journal' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'journal')::bigint END;
BEGIN
    IF TG_TABLE_NAME = 'journal' AND (SELECT count(*) FROM posting WHERE journal = the_journal) < 2 THEN
        RAISE EXCEPTION 'journal % has fewer than two postings', the_journal USING ERRCODE = 'FA005';
    END IF;
    IF EXISTS (
        SELECT 1 FROM posting WHERE journal = the_journal
        GROUP BY currency HAVING sum(CASE side WHEN 'D' THEN amount ELSE -amount END) <> 0
    ) THEN
        RAISE EXCEPTION 'journal % does not balance', the_journal USING ERRCODE = 'FA005';
    END IF;
    RETURN NULL;
END $body$;
CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_journal_balances();

CREATE FUNCTION ledger_posting_fits() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    books ledger_account;
BEGIN
    IF EXISTS (
        SELECT 1 FROM posting WHERE journal = NEW.journal
        GROUP BY currency HAVING sum(CASE side WHEN 'D' THEN amount ELSE -amount END) <> 0
    ) THEN
        RAISE EXCEPTION 'journal % does not balance', NEW.journal USING ERRCODE = 'FA005';
    END IF;
    SELECT * INTO books FROM ledger_account WHERE id = NEW.account;
    IF books.currency <> NEW.currency THEN
        RAISE EXCEPTION 'account % is not in %', NEW.account, NEW.currency USING ERRCODE = 'FA005';
    END IF;
    IF books.version < NEW.account_version OR (books.version = NEW.account_version AND books.balance <> NEW.balance_after) THEN
        RAISE EXCEPTION 'account % was not moved with posting %', NEW.account, NEW.id USING ERRCODE = 'FA005';
    END IF;
    RETURN NULL;
END $body$;
CREATE CONSTRAINT TRIGGER posting_fits AFTER INSERT ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_posting_fits();

CREATE FUNCTION ledger_account_follows_postings() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    books ledger_account;
BEGIN
    IF (NEW.code, NEW.owner_kind, NEW.owner_id, NEW.currency, NEW.normal, NEW.may_go_negative)
        <> (OLD.code, OLD.owner_kind, OLD.owner_id, OLD.currency, OLD.normal, OLD.may_go_negative) THEN
        RAISE EXCEPTION 'an account keeps its code, owner, currency and rules' USING ERRCODE = 'FA003';
    END IF;
    SELECT * INTO books FROM ledger_account WHERE id = NEW.id;
    IF NOT EXISTS (
        SELECT 1 FROM posting JOIN journal ON journal.id = posting.journal
        WHERE posting.account = NEW.id AND posting.account_version = books.version
        AND posting.balance_after = books.balance AND journal.hash = books.head_hash
    ) THEN
        RAISE EXCEPTION 'account % was moved without a posting', NEW.id USING ERRCODE = 'FA005';
    END IF;
    RETURN NULL;
END $body$;
CREATE CONSTRAINT TRIGGER account_follows_postings AFTER UPDATE ON ledger_account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_account_follows_postings();

CREATE FUNCTION ledger_digest(content text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN encode(sha256(convert_to(content, 'UTF8')), 'hex');

CREATE FUNCTION ledger_micros(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN (extract(epoch FROM moment) * 1000000)::bigint::text;

CREATE FUNCTION ledger_payload(kind text, event_at timestamptz, source_kind text, source_id text, rule_version text, lines text)
RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ledger_digest(kind || '|' || ledger_micros(event_at) || '|' || source_kind || '|' || source_id || '|' || rule_version || '|' || lines);

CREATE FUNCTION ledger_seal_journal(previous_hash text, payload_hash text, idempotency_key text, period text, booked_at timestamptz, actor text, memo text)
RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ledger_digest(previous_hash || '|' || payload_hash || '|' || idempotency_key || '|' || period || '|' || ledger_micros(booked_at) || '|' || actor || '|' || memo);

CREATE FUNCTION ledger_period_for(event_at timestamptz, booked_at timestamptz) RETURNS text LANGUAGE sql STABLE
    RETURN (
        SELECT CASE WHEN EXISTS (SELECT 1 FROM period WHERE id = months.fact AND status <> 'open') THEN months.booking ELSE months.fact END
        FROM (SELECT to_char(event_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM') AS fact, to_char(booked_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM') AS booking) AS months
    );

-- Books a batch of journals: [{key, kind, event_at, booked_at, source_kind, source_id, actor, memo, rule_version, reverses,
-- lines: [{code, owner_kind, owner_id, currency, side, amount}, ...]}, ...]. One round trip; all accounts are locked first, in the order of their ids.
CREATE FUNCTION ledger_post(entries jsonb) RETURNS TABLE (place integer, journal_id bigint, replayed boolean) LANGUAGE plpgsql AS $body$
DECLARE
    entry jsonb;
    ids bigint[];
    normals text[];
    balances bigint[];
    versions bigint[];
    heads text[];
    touched boolean[];
    line_accounts bigint[];
    line_currencies text[];
    line_sides text[];
    line_amounts bigint[];
    line_at integer[];
    after_balances bigint[];
    after_versions bigint[];
    previous text;
    payload text;
    seal text;
    month text;
    known_payload text;
BEGIN
    IF EXISTS (
        SELECT 1 FROM jsonb_array_elements(entries) e, jsonb_to_recordset(e -> 'lines') AS l (code text, owner_kind text, owner_id text)
        LEFT JOIN LATERAL ledger_rule(l.code) AS rule ON true
        WHERE rule.owner_kind IS NULL OR rule.owner_kind <> l.owner_kind OR (l.owner_kind = '') <> (l.owner_id = '')
    ) THEN
        RAISE EXCEPTION 'an account of this batch is not in the chart' USING ERRCODE = 'FA006';
    END IF;

    INSERT INTO ledger_account (code, owner_kind, owner_id, currency, normal, may_go_negative, balance, version, head_hash)
    SELECT wanted.code, wanted.owner_kind, wanted.owner_id, wanted.currency, rule.normal, rule.may_go_negative, 0, 0, ''
    FROM (
        SELECT DISTINCT l.code, l.owner_kind, l.owner_id, l.currency
        FROM jsonb_array_elements(entries) e, jsonb_to_recordset(e -> 'lines') AS l (code text, owner_kind text, owner_id text, currency text)
    ) AS wanted
    CROSS JOIN LATERAL ledger_rule(wanted.code) AS rule
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_account a
        WHERE (a.code, a.owner_kind, a.owner_id, a.currency) = (wanted.code, wanted.owner_kind, wanted.owner_id, wanted.currency)
    )
    ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING;

    SELECT array_agg(locked.id), array_agg(locked.normal), array_agg(locked.balance), array_agg(locked.version), array_agg(locked.head_hash), array_agg(false)
    INTO ids, normals, balances, versions, heads, touched
    FROM (
        SELECT a.id, a.normal, a.balance, a.version, a.head_hash FROM ledger_account a
        WHERE (a.code, a.owner_kind, a.owner_id, a.currency) IN (
            SELECT l.code, l.owner_kind, l.owner_id, l.currency
            FROM jsonb_array_elements(entries) e, jsonb_to_recordset(e -> 'lines') AS l (code text, owner_kind text, owner_id text, currency text)
        )
        ORDER BY a.id FOR UPDATE
    ) AS locked;

    place := -1;
    FOR entry IN SELECT value FROM jsonb_array_elements(entries) WITH ORDINALITY ORDER BY ordinality LOOP
        place := place + 1;
        SELECT array_agg(a.id ORDER BY a.id), array_agg(l.currency ORDER BY a.id), array_agg(l.side ORDER BY a.id), array_agg(l.amount ORDER BY a.id),
            array_agg(array_position(ids, a.id) ORDER BY a.id), string_agg(a.id || ':' || l.side || ':' || l.amount, ',' ORDER BY a.id)
        INTO line_accounts, line_currencies, line_sides, line_amounts, line_at, payload
        FROM jsonb_to_recordset(entry -> 'lines') AS l (code text, owner_kind text, owner_id text, currency text, side text, amount bigint)
        JOIN ledger_account a ON (a.code, a.owner_kind, a.owner_id, a.currency) = (l.code, l.owner_kind, l.owner_id, l.currency);
        payload := ledger_payload(entry ->> 'kind', (entry ->> 'event_at')::timestamptz, entry ->> 'source_kind', entry ->> 'source_id', entry ->> 'rule_version', payload);

        SELECT id, payload_hash INTO journal_id, known_payload FROM journal WHERE idempotency_key = entry ->> 'key';
        IF journal_id IS NULL THEN
            SELECT ledger_digest(string_agg(heads[at], ',' ORDER BY n)) INTO previous FROM unnest(line_at) WITH ORDINALITY AS lines (at, n);
            month := ledger_period_for((entry ->> 'event_at')::timestamptz, (entry ->> 'booked_at')::timestamptz);
            seal := ledger_seal_journal(previous, payload, entry ->> 'key', month, (entry ->> 'booked_at')::timestamptz, entry ->> 'actor', entry ->> 'memo');
            INSERT INTO journal (idempotency_key, kind, event_at, booked_at, period, reverses, source_kind, source_id, actor, memo, rule_version, payload_hash, previous_hash, hash)
            VALUES (entry ->> 'key', entry ->> 'kind', (entry ->> 'event_at')::timestamptz, (entry ->> 'booked_at')::timestamptz, month, (entry ->> 'reverses')::bigint,
                entry ->> 'source_kind', entry ->> 'source_id', entry ->> 'actor', entry ->> 'memo', entry ->> 'rule_version', payload, previous, seal)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING id INTO journal_id;
            IF journal_id IS NULL THEN
                SELECT id, payload_hash INTO journal_id, known_payload FROM journal WHERE idempotency_key = entry ->> 'key';
            ELSE
                known_payload := NULL;
            END IF;
        END IF;
        IF known_payload IS NOT NULL THEN
            IF known_payload <> payload THEN
                RAISE EXCEPTION 'key % was used for another fact', entry ->> 'key' USING ERRCODE = 'FA001';
            END IF;
            replayed := true;
            RETURN NEXT;
            CONTINUE;
        END IF;

        after_balances := '{}';
        after_versions := '{}';
        FOR n IN 1 .. array_length(line_at, 1) LOOP
            balances[line_at[n]] := balances[line_at[n]] + CASE WHEN line_sides[n] = normals[line_at[n]] THEN line_amounts[n] ELSE -line_amounts[n] END;
            versions[line_at[n]] := versions[line_at[n]] + 1;
            heads[line_at[n]] := seal;
            touched[line_at[n]] := true;
            after_balances := after_balances || balances[line_at[n]];
            after_versions := after_versions || versions[line_at[n]];
        END LOOP;
        INSERT INTO posting (journal, account, currency, side, amount, balance_after, account_version)
        SELECT journal_id, * FROM unnest(line_accounts, line_currencies, line_sides, line_amounts, after_balances, after_versions);
        replayed := false;
        RETURN NEXT;
    END LOOP;

    UPDATE ledger_account a SET balance = moved.balance, version = moved.version, head_hash = moved.head
    FROM unnest(ids, balances, versions, heads, touched) AS moved (id, balance, version, head, touched)
    WHERE a.id = moved.id AND moved.touched;
END $body$;
"""

UNDO = r"""
DROP FUNCTION ledger_post, ledger_period_for, ledger_seal_journal, ledger_payload, ledger_micros, ledger_digest CASCADE;
DROP FUNCTION ledger_account_follows_postings, ledger_posting_fits, ledger_journal_balances, ledger_period_waits_for_writers,
    ledger_period_is_open, ledger_is_append_only, ledger_rule CASCADE;
ALTER TABLE ledger_account DROP CONSTRAINT ck_ledger_account_not_below_zero, DROP CONSTRAINT ck_ledger_account_normal;
ALTER TABLE period DROP CONSTRAINT ck_period_status;
ALTER TABLE posting DROP CONSTRAINT ck_posting_side;
ALTER TABLE payout_run DROP CONSTRAINT ck_payout_run_two_persons;
ALTER TABLE payee DROP CONSTRAINT ck_payee_one_owner;
ALTER TABLE commission DROP CONSTRAINT ck_commission_parts;
DROP INDEX uq_posting_journal_account, uq_payout_item_one_open, uq_reconciliation_exception_open, commission_due;
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
