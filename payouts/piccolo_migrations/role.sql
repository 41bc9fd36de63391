-- The role of the programs: it reads and adds journals and postings, and nothing else of them (docs/operations.md).
DO $body$
BEGIN
    BEGIN
        CREATE ROLE fanfare_app NOLOGIN;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN RAISE NOTICE 'this user may not make roles: FANFARE_DATABASE_ROLE stays empty here';
    END;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'fanfare_app') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA public TO fanfare_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fanfare_app;
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO fanfare_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fanfare_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO fanfare_app;
    REVOKE UPDATE, DELETE ON journal, posting FROM fanfare_app;
    REVOKE DELETE ON ledger_account, period FROM fanfare_app;
    REVOKE INSERT, UPDATE, DELETE ON migration FROM fanfare_app;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'this user may not grant to fanfare_app';
END $body$;
