"""What was issued stays as it was issued."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from foundation.database import DB

ID = "2026-11-22T01:46:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "documents are only ever added"

SQL = """
create function document_is_final() returns trigger language plpgsql as $$
begin
    raise exception 'a document that was issued is never changed; issue a credit note' using errcode = 'P0001';
end $$;
create trigger document_is_final before update or delete on document for each row execute function document_is_final();
create trigger document_line_is_final before update or delete on document_line for each row execute function document_is_final();
create trigger document_file_is_final before update or delete on document_file for each row execute function document_is_final();
create unique index uq_invoicing_mandate_open on invoicing_mandate (creator) where withdrawn_at is null;
create index ix_document_line_source on document_line (source, source_id);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="payouts", description=DESCRIPTION)

    async def run() -> None:
        async with DB.connection() as connection:
            await connection.execute(SQL)

    manager.add_raw(run)
    return manager
