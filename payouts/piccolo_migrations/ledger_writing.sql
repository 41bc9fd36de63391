-- How the books are written (docs/money.md, chapter 5; docs/decisions/ledger-chain.md). Two functions are the only writers: they check what they write before they
-- write it, and everything else is refused by the triggers below. They run as the owner of the tables, so that the role of the programs needs no right to write.

DROP TRIGGER journals_fit ON journal;
DROP TRIGGER postings_fit ON posting;
DROP TRIGGER accounts_follow ON ledger_account;
DROP FUNCTION ledger_journals_fit(), ledger_postings_fit(), ledger_accounts_follow();
DO $body$
DECLARE
    old regprocedure;
BEGIN
    FOR old IN SELECT oid::regprocedure FROM pg_proc
        WHERE proname IN ('ledger_post', 'ledger_post_one', 'ledger_payload', 'ledger_seal_journal') AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END $body$;

-- A key is compared and never sorted for people. What a journal reverses is looked up when it is booked, as its postings are; the checks of one statement each are
-- made by the functions below, for they would be read anew each time.
ALTER TABLE journal DROP CONSTRAINT journal_reverses_fkey;
ALTER TABLE journal ALTER COLUMN idempotency_key TYPE varchar(120) COLLATE "C";

ALTER TABLE posting DROP CONSTRAINT ck_posting_side;
ALTER TABLE ledger_account DROP CONSTRAINT ck_ledger_account_normal;
-- PostgreSQL adds bigints up as numeric; amounts of the books are whole and far from the end of bigint, which is an error and never wraps around.
CREATE AGGREGATE ledger_sum(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', PARALLEL = SAFE, COMBINEFUNC = int8pl);

CREATE FUNCTION ledger_writes_alone() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF current_setting('fanfare.books', true) IS DISTINCT FROM 'written' THEN
        RAISE EXCEPTION 'only ledger_post writes %', TG_TABLE_NAME USING ERRCODE = 'FA003';
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER journal_written BEFORE INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION ledger_writes_alone();
CREATE TRIGGER posting_written BEFORE INSERT ON posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_writes_alone();
CREATE TRIGGER account_moved BEFORE UPDATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_writes_alone();

CREATE OR REPLACE FUNCTION ledger_account_begins() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ledger_rule(NEW.code) AS rule
        WHERE rule.normal = NEW.normal AND rule.may_go_negative = NEW.may_go_negative
          AND rule.owner_kind = NEW.owner_kind AND (NEW.owner_kind = '') = (NEW.owner_id = '')
    ) THEN
        RAISE EXCEPTION 'account % of % is not in the chart', NEW.code, NEW.owner_kind USING ERRCODE = 'FA006';
    END IF;
    IF NEW.balance <> 0 OR NEW.version <> 0 OR NEW.head <> ledger_zeros() THEN
        RAISE EXCEPTION 'an account begins at zero' USING ERRCODE = 'FA005';
    END IF;
    RETURN NEW;
END $body$;
CREATE FUNCTION ledger_zeros() RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea;

-- A moment as the 64 bits in which PostgreSQL keeps it: microseconds since 2000-01-01 in UTC, in hexadecimal.
CREATE FUNCTION ledger_moment(moment timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN encode(timestamptz_send(moment), 'hex');

CREATE FUNCTION ledger_at(micros bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    RETURN '1970-01-01 00:00:00+00'::timestamptz + micros * '1 microsecond'::interval;

-- What a journal says: what many of a batch have in common, and what is its own. Fields are divided by a character that no text of the books has.
CREATE FUNCTION ledger_said(kind text, source_kind text, rule_version text, actor text, memo text, reverses bigint, booked_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
    RETURN kind || chr(31) || source_kind || chr(31) || rule_version || chr(31) || actor || chr(31) || memo || chr(31) || coalesce(reverses::text, '') || chr(31)
        || ledger_moment(booked_at) || chr(31);
CREATE FUNCTION ledger_digest_of(said text, period text, event_at timestamptz, key text, source_id text, lines text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(convert_to(
        said || period || chr(31) || ledger_moment(event_at) || chr(31) || key || chr(31) || source_id || chr(31) || lines, 'UTF8'));

-- The month that takes what is booked: that of the fact while it is open, else that of the booking. Whoever closes it waits for the end of this transaction.
CREATE FUNCTION ledger_month(event_at timestamptz, booked_at timestamptz) RETURNS text LANGUAGE plpgsql AS $body$
DECLARE
    month text;
    standing text;
    moment timestamptz;
BEGIN
    FOREACH moment IN ARRAY ARRAY[event_at, booked_at] LOOP
        month := to_char(moment AT TIME ZONE 'Europe/Paris', 'YYYY-MM');
        SELECT status INTO standing FROM period WHERE id = month FOR KEY SHARE;
        IF NOT FOUND THEN
            INSERT INTO period (id, status) VALUES (month, 'open') ON CONFLICT DO NOTHING;
            SELECT status INTO standing FROM period WHERE id = month FOR KEY SHARE;
        END IF;
        IF standing = 'open' THEN
            RETURN month;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'period % is closed', month USING ERRCODE = 'FA004';
END $body$;

-- Whether a journal says the same as a fact that is told again: raises when it does not.
CREATE FUNCTION ledger_same(
    key text, kind text, event_at timestamptz, source_kind text, source_id text, rule_version text, lines text
) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
    found_id bigint;
    same boolean;
BEGIN
    SELECT j.id, (j.kind, j.event_at, j.source_kind, j.source_id, j.rule_version) = (ledger_same.kind, ledger_same.event_at, ledger_same.source_kind, ledger_same.source_id, ledger_same.rule_version)
        AND lines = (
            SELECT string_agg(p.account::text || ':' || (CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END)::text, ',' ORDER BY p.account)
            FROM posting p WHERE p.journal = j.id
        )
    INTO found_id, same FROM journal j WHERE j.idempotency_key = key;
    IF found_id IS NOT NULL AND NOT same THEN
        RAISE EXCEPTION 'key % was used for another fact', key USING ERRCODE = 'FA001';
    END IF;
    RETURN found_id;
END $body$;

-- Opens an account, or locks it when somebody else was quicker: accounts are taken in one order by all, whether they are there or not.
CREATE FUNCTION ledger_open(codes text[], kinds text[], owners text[], currencies text[]) RETURNS void LANGUAGE sql AS $body$
    INSERT INTO ledger_account AS known (code, owner_kind, owner_id, currency, normal, may_go_negative, balance, version, head)
    SELECT w.code, w.kind, w.owner, w.currency, coalesce(rule.normal, ''), coalesce(rule.may_go_negative, false), 0, 0, ledger_zeros()
    FROM unnest(codes, kinds, owners, currencies) WITH ORDINALITY AS w (code, kind, owner, currency, n) LEFT JOIN LATERAL ledger_rule(w.code) AS rule ON true
    ORDER BY w.n
    ON CONFLICT (code, owner_kind, owner_id, currency) DO UPDATE SET version = known.version WHERE false
$body$;

-- Raises when one of these journals is not in the books.
CREATE FUNCTION ledger_has(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(ids) AS w (id) WHERE w.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.id = w.id)) THEN
        RAISE EXCEPTION 'there is no such journal to reverse' USING ERRCODE = 'FA006';
    END IF;
END $body$;

-- Books one journal of two lines in the fewest steps: its two accounts in the order in which all callers lock them, and what the first of them gets, a debit above zero, a
-- credit below; the other gets the opposite. Answers with the journal's id, below zero when the same fact was in the books already.
CREATE FUNCTION ledger_post_two(
    a_code text, a_kind text, a_owner text, b_code text, b_kind text, b_owner text, the_currency text, the_amount bigint,
    j_key text, j_kind text, j_event timestamptz, j_source_kind text, j_source text, j_actor text, j_memo text, j_rule text, j_reverses bigint, booked timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET fanfare.books = 'written' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $body$
DECLARE
    month text := to_char(j_event AT TIME ZONE 'Europe/Paris', 'YYYY-MM');
    a_id bigint;
    a_after bigint;
    a_version bigint;
    a_head bytea;
    b_id bigint;
    b_after bigint;
    b_version bigint;
    b_head bytea;
    said text;
    the_id bigint;
    the_link bytea;
BEGIN
    FOR attempt IN 1 .. 3 LOOP
        SELECT id, balance + CASE normal WHEN 'D' THEN the_amount ELSE -the_amount END, version + 1, head INTO a_id, a_after, a_version, a_head
        FROM ledger_account WHERE code = a_code AND owner_kind = a_kind AND owner_id = a_owner AND currency = the_currency FOR NO KEY UPDATE;
        IF FOUND THEN
            SELECT id, balance - CASE normal WHEN 'D' THEN the_amount ELSE -the_amount END, version + 1, head INTO b_id, b_after, b_version, b_head
            FROM ledger_account WHERE code = b_code AND owner_kind = b_kind AND owner_id = b_owner AND currency = the_currency FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            PERFORM ledger_open(ARRAY[b_code], ARRAY[b_kind], ARRAY[b_owner], ARRAY[the_currency]);
        ELSE
            PERFORM ledger_open(ARRAY[a_code], ARRAY[a_kind], ARRAY[a_owner], ARRAY[the_currency]);
        END IF;
    END LOOP;
    PERFORM 1 FROM period WHERE id = month AND status = 'open' FOR KEY SHARE;
    IF NOT FOUND THEN
        month := ledger_month(j_event, booked);
    END IF;
    IF the_amount = 0 OR a_id = b_id OR j_reverses IS NOT NULL THEN
        IF j_reverses IS NULL THEN
            RAISE EXCEPTION 'journal % moves nothing', j_key USING ERRCODE = 'FA005';
        END IF;
        PERFORM ledger_has(ARRAY[j_reverses]);
    END IF;

    said := CASE WHEN a_id < b_id THEN a_id::text || ':' || the_amount::text || ',' || b_id::text || ':' || (-the_amount)::text
        ELSE b_id::text || ':' || (-the_amount)::text || ',' || a_id::text || ':' || the_amount::text END;
    INSERT INTO journal (idempotency_key, kind, event_at, booked_at, period, reverses, source_kind, source_id, actor, memo, rule_version, digest, link)
    SELECT j_key, j_kind, j_event, booked, month, j_reverses, j_source_kind, j_source, j_actor, j_memo, j_rule, d.digest,
        sha256(CASE WHEN a_id < b_id THEN a_head || b_head ELSE b_head || a_head END || d.digest)
    FROM (
        SELECT ledger_digest_of(
            ledger_said(j_kind, j_source_kind, j_rule, j_actor, j_memo, j_reverses, booked), month, j_event, j_key, j_source, said
        ) AS digest OFFSET 0
    ) AS d
    ON CONFLICT (idempotency_key) DO NOTHING RETURNING id, link INTO the_id, the_link;
    IF NOT FOUND THEN
        RETURN -ledger_same(j_key, j_kind, j_event, j_source_kind, j_source, j_rule, said);
    END IF;
    INSERT INTO posting (journal, account, currency, side, amount, balance_after, account_version) VALUES
        (the_id, a_id, the_currency, CASE WHEN the_amount > 0 THEN 'D' ELSE 'C' END, abs(the_amount), a_after, a_version),
        (the_id, b_id, the_currency, CASE WHEN the_amount > 0 THEN 'C' ELSE 'D' END, abs(the_amount), b_after, b_version);
    UPDATE ledger_account SET balance = CASE id WHEN a_id THEN a_after ELSE b_after END, version = CASE id WHEN a_id THEN a_version ELSE b_version END,
        head = the_link WHERE id = ANY (ARRAY[a_id, b_id]);
    RETURN the_id;
END $body$;

-- Books a batch of journals, all or none. Texts of one kind come in one text, divided by chr(31), numbers as the text of an array: that is the quickest for both sides.
-- a_ are the accounts that the batch touches, each once and in the order in which all callers lock them; j_ the journals, their moments as microseconds since 1970, with the place of what they say among
-- s_; l_ the lines, by journals: places of journal and account (from 1), and the amount, a debit above zero, a credit below. Answers with the ids of the journals, below zero
-- for those that were in the books already.
CREATE FUNCTION ledger_post(
    a_codes text, a_kinds text, a_owners text, a_currencies text, j_keys text, j_sources text, j_events text, j_said text,
    s_kinds text[], s_source_kinds text[], s_actors text[], s_memos text[], s_rules text[], s_reverses bigint[],
    booked timestamptz, l_journals text, l_accounts text, l_amounts text
) RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET fanfare.books = 'written' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $body$
DECLARE
    codes constant text[] := string_to_array(a_codes, chr(31));
    kinds constant text[] := string_to_array(a_kinds, chr(31));
    owners constant text[] := string_to_array(a_owners, chr(31));
    currencies constant text[] := string_to_array(a_currencies, chr(31));
    keys constant text[] := string_to_array(j_keys, chr(31));
    sources constant text[] := CASE j_sources WHEN '' THEN ARRAY[''] ELSE string_to_array(j_sources, chr(31)) END;
    micros constant bigint[] := j_events;
    said constant integer[] := j_said;
    journals constant integer[] := l_journals;
    places constant integer[] := l_accounts;
    amounts constant bigint[] := l_amounts;
    size constant integer := cardinality(keys);
    lines constant integer := cardinality(journals);
    ids bigint[];
    month text;
    months text[];
    saids text[];
    digests bytea[];
    fit boolean;
    debits boolean[];
    balances bigint[];
    versions bigint[];
    the_link bytea;
    new_ids bigint[];
    known bigint[];
BEGIN
    -- First what needs no lock: which accounts, and what is said.
    FOR attempt IN 1 .. 2 LOOP
        SELECT array_agg(a.id ORDER BY n) INTO ids FROM generate_series(1, cardinality(codes)) AS n
        JOIN ledger_account a ON a.code = codes[n] AND a.owner_kind = kinds[n] AND a.owner_id = owners[n] AND a.currency = currencies[n];
        EXIT WHEN cardinality(ids) = cardinality(codes) OR attempt = 2;
        PERFORM ledger_open(codes, kinds, owners, currencies);
    END LOOP;
    IF cardinality(ids) <> cardinality(codes) OR cardinality(kinds) <> cardinality(codes) OR cardinality(owners) <> cardinality(codes)
        OR cardinality(currencies) <> cardinality(codes) THEN
        RAISE EXCEPTION 'an account of this batch is not in the chart' USING ERRCODE = 'FA006';
    END IF;
    PERFORM ledger_has(s_reverses);
    SELECT ledger_month(ledger_at(min(m)), booked) INTO month FROM unnest(micros) AS m
    HAVING to_char(ledger_at(min(m)) AT TIME ZONE 'Europe/Paris', 'YYYY-MM') = to_char(ledger_at(max(m)) AT TIME ZONE 'Europe/Paris', 'YYYY-MM');
    IF NOT FOUND THEN
        SELECT array_agg(ledger_month(ledger_at(m), booked) ORDER BY n) INTO months FROM unnest(micros) WITH ORDINALITY AS e (m, n);
    END IF;
    SELECT array_agg(ledger_said(s_kinds[n], s_source_kinds[n], s_rules[n], s_actors[n], s_memos[n], s_reverses[n], booked) ORDER BY n)
    INTO saids FROM generate_series(1, cardinality(s_kinds)) AS n;

    SELECT array_agg(one.digest), bool_and(one.net = 0 AND one.lines > 1 AND NOT one.empty AND one.digest IS NOT NULL) AND min(one.journal) = 1 AND max(one.journal) = size AND count(*) = size
    INTO digests, fit FROM (
        SELECT l.journal, ledger_sum(l.amount) AS net, count(*) AS lines, bool_or(l.amount = 0) AS empty,
            ledger_digest_of(saids[said[l.journal]], coalesce(month, months[l.journal]), ledger_at(micros[l.journal]), keys[l.journal], sources[l.journal],
                string_agg(l.account::text || ':' || l.amount::text, ',')) AS digest
        FROM (SELECT journals[n] AS journal, ids[places[n]] AS account, amounts[n] AS amount FROM generate_series(1, lines) AS n ORDER BY 1, 2) AS l
        GROUP BY l.journal ORDER BY l.journal
    ) AS one;
    IF (SELECT count(DISTINCT c) FROM unnest(currencies) AS a (c)) > 1 AND fit THEN
        fit := NOT EXISTS (
            SELECT 1 FROM generate_series(1, lines) AS n GROUP BY journals[n], currencies[places[n]] HAVING ledger_sum(amounts[n]) <> 0
        );
    END IF;
    IF fit IS NOT TRUE OR cardinality(sources) <> size OR cardinality(said) <> size OR cardinality(micros) <> size OR cardinality(amounts) <> lines OR cardinality(places) <> lines THEN
        RAISE EXCEPTION 'a journal of this batch does not balance or has fewer than two postings' USING ERRCODE = 'FA005';
    END IF;

    SELECT array_agg(found.normal = 'D' ORDER BY found.n), array_agg(found.balance ORDER BY found.n), array_agg(found.version ORDER BY found.n),
        string_agg(found.head, '' ORDER BY found.id)
    INTO debits, balances, versions, the_link
    FROM (
        SELECT w.n, a.id, a.normal, a.balance, a.version, a.head FROM unnest(ids) WITH ORDINALITY AS w (id, n)
        JOIN ledger_account a ON a.id = w.id ORDER BY w.n FOR NO KEY UPDATE OF a
    ) AS found;
    the_link := sha256(the_link || (SELECT string_agg(d, '') FROM unnest(digests) AS d));
    SELECT array_agg(nextval('journal_id_seq')) INTO new_ids FROM generate_series(1, size);

    BEGIN
        INSERT INTO journal (id, batch, idempotency_key, kind, event_at, booked_at, period, reverses, source_kind, source_id, actor, memo, rule_version, digest, link)
        SELECT new_ids[n], new_ids[1], keys[n], s_kinds[s], ledger_at(micros[n]), booked, coalesce(month, months[n]), s_reverses[s], s_source_kinds[s], sources[n], s_actors[s], s_memos[s],
            s_rules[s], digests[n], CASE WHEN n = 1 THEN the_link END
        FROM (SELECT n, said[n] AS s FROM generate_series(1, size) AS n OFFSET 0) AS j;
    EXCEPTION WHEN unique_violation THEN
        known := ledger_known(keys, sources, micros, said, s_kinds, s_source_kinds, s_rules, journals, amounts, ids, places);
    END;
    IF known IS NOT NULL THEN
        RETURN ledger_post_rest(
            known, codes, kinds, owners, currencies, keys, sources, micros, said, s_kinds, s_source_kinds, s_actors, s_memos, s_rules, s_reverses,
            booked, journals, places, amounts
        );
    END IF;

    INSERT INTO posting (journal, account, currency, side, amount, balance_after, account_version)
    SELECT new_ids[l.journal], ids[l.place], currencies[l.place], CASE WHEN l.amount > 0 THEN 'D' ELSE 'C' END, abs(l.amount),
        balances[l.place] + ledger_sum(CASE WHEN debits[l.place] THEN l.amount ELSE -l.amount END) OVER steps, versions[l.place] + row_number() OVER steps
    FROM (SELECT journals[n] AS journal, places[n] AS place, amounts[n] AS amount FROM generate_series(1, lines) AS n OFFSET 0) AS l
    WINDOW steps AS (PARTITION BY l.place ORDER BY l.journal ROWS UNBOUNDED PRECEDING);

    UPDATE ledger_account a SET version = a.version + moved.steps, head = the_link,
        balance = a.balance + CASE WHEN a.normal = 'D' THEN moved.net ELSE -moved.net END
    FROM (
        SELECT ids[l.place] AS id, ledger_sum(l.amount) AS net, count(*) AS steps
        FROM (SELECT places[n] AS place, amounts[n] AS amount FROM generate_series(1, lines) AS n OFFSET 0) AS l GROUP BY l.place
    ) AS moved WHERE a.id = moved.id;
    RETURN new_ids;
END $body$;

-- Which journals of a batch are in the books already, by place; null when none is. Raises when one of them says something else.
CREATE FUNCTION ledger_known(
    keys text[], sources text[], micros bigint[], said integer[], s_kinds text[], s_source_kinds text[], s_rules text[],
    journals integer[], amounts bigint[], ids bigint[], places integer[]
) RETURNS bigint[] LANGUAGE sql AS $body$
    SELECT array_agg(ledger_same(keys[l.journal], s_kinds[said[l.journal]], ledger_at(micros[l.journal]), s_source_kinds[said[l.journal]],
        sources[l.journal], s_rules[said[l.journal]], l.lines) ORDER BY l.journal)
    FROM (
        SELECT journals[n] AS journal, string_agg(ids[places[n]]::text || ':' || amounts[n]::text, ',' ORDER BY ids[places[n]]) AS lines
        FROM generate_series(1, cardinality(journals)) AS n GROUP BY 1
    ) AS l
$body$;

-- Books what of a batch is not in the books yet, and answers for the whole batch.
CREATE FUNCTION ledger_post_rest(
    known bigint[], codes text[], kinds text[], owners text[], currencies text[], keys text[], sources text[], micros bigint[], said integer[],
    s_kinds text[], s_source_kinds text[], s_actors text[], s_memos text[], s_rules text[], s_reverses bigint[],
    booked timestamptz, journals integer[], places integer[], amounts bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $body$
DECLARE
    rest integer[];
    kept integer[];
    booked_ids bigint[];
BEGIN
    SELECT array_agg(n ORDER BY n) INTO rest FROM generate_series(1, cardinality(keys)) AS n WHERE known[n] IS NULL;
    IF rest IS NOT NULL THEN
        SELECT array_agg(place ORDER BY place) INTO kept FROM (SELECT DISTINCT places[n] AS place FROM generate_series(1, cardinality(journals)) AS n WHERE journals[n] = ANY (rest)) AS p;
        SELECT ledger_post(
            (SELECT string_agg(codes[k], chr(31) ORDER BY k) FROM unnest(kept) AS k), (SELECT string_agg(kinds[k], chr(31) ORDER BY k) FROM unnest(kept) AS k),
            (SELECT string_agg(owners[k], chr(31) ORDER BY k) FROM unnest(kept) AS k), (SELECT string_agg(currencies[k], chr(31) ORDER BY k) FROM unnest(kept) AS k),
            (SELECT string_agg(keys[r], chr(31) ORDER BY r) FROM unnest(rest) AS r), (SELECT string_agg(sources[r], chr(31) ORDER BY r) FROM unnest(rest) AS r),
            (SELECT array_agg(micros[r] ORDER BY r)::text FROM unnest(rest) AS r), (SELECT array_agg(said[r] ORDER BY r)::text FROM unnest(rest) AS r),
            s_kinds, s_source_kinds, s_actors, s_memos, s_rules, s_reverses, booked,
            array_agg(array_position(rest, journals[n]) ORDER BY n)::text, array_agg(array_position(kept, places[n]) ORDER BY n)::text, array_agg(amounts[n] ORDER BY n)::text
        ) INTO booked_ids FROM generate_series(1, cardinality(journals)) AS n WHERE journals[n] = ANY (rest);
    END IF;
    RETURN (SELECT array_agg(coalesce(-known[n], booked_ids[array_position(rest, n)]) ORDER BY n) FROM generate_series(1, cardinality(keys)) AS n);
END $body$;

-- What was booked before is sealed anew in its order, as it would have been booked by these functions.
ALTER TABLE journal DISABLE TRIGGER USER;
ALTER TABLE ledger_account DISABLE TRIGGER USER;
UPDATE journal j SET link = NULL, digest = ledger_digest_of(
    ledger_said(j.kind, j.source_kind, j.rule_version, j.actor, j.memo, j.reverses, j.booked_at), j.period, j.event_at, j.idempotency_key, j.source_id,
    (SELECT string_agg(p.account::text || ':' || (CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END)::text, ',' ORDER BY p.account) FROM posting p WHERE p.journal = j.id));
UPDATE ledger_account SET head = ledger_zeros();
DO $body$
DECLARE
    opening bigint;
    members bigint[];
    accounts bigint[];
    sealed bytea;
BEGIN
    FOR opening, members IN SELECT coalesce(batch, id), array_agg(id ORDER BY id) FROM journal GROUP BY 1 ORDER BY 1 LOOP
        SELECT array_agg(DISTINCT account) INTO accounts FROM posting WHERE journal = ANY (members);
        sealed := sha256((SELECT string_agg(head, '' ORDER BY id) FROM ledger_account WHERE id = ANY (accounts))
            || (SELECT string_agg(digest, '' ORDER BY id) FROM journal WHERE id = ANY (members)));
        UPDATE journal SET link = sealed WHERE id = opening;
        UPDATE ledger_account SET head = sealed WHERE id = ANY (accounts);
    END LOOP;
END $body$;
ALTER TABLE journal ENABLE TRIGGER USER;
ALTER TABLE ledger_account ENABLE TRIGGER USER;

-- The role of the programs writes the books through the functions alone.
DO $body$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'fanfare_app') THEN
        REVOKE INSERT ON journal, posting, ledger_account FROM fanfare_app;
        REVOKE UPDATE ON ledger_account FROM fanfare_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'this user may not take rights from fanfare_app';
END $body$;
