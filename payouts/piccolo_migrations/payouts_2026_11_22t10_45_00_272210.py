from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Bytea
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T10:45:00:272210"
VERSION = "1.38.0"
DESCRIPTION = "the chain of a batch"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="payouts", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Journal",
        tablename="journal",
        column_name="hash",
        db_column_name="hash",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Journal",
        tablename="journal",
        column_name="payload_hash",
        db_column_name="payload_hash",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Journal",
        tablename="journal",
        column_name="previous_hash",
        db_column_name="previous_hash",
        schema=None,
    )

    manager.drop_column(
        table_class_name="LedgerAccount",
        tablename="ledger_account",
        column_name="head_hash",
        db_column_name="head_hash",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Posting",
        tablename="posting",
        column_name="id",
        db_column_name="id",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Matched",
        tablename="matched",
        column_name="leg",
        db_column_name="leg",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Matched",
        tablename="matched",
        column_name="amount_minor",
        db_column_name="amount_minor",
        schema=None,
    )

    manager.add_column(
        table_class_name="Journal",
        tablename="journal",
        column_name="digest",
        db_column_name="digest",
        column_class_name="Bytea",
        column_class=Bytea,
        params={
            "default": b"",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_column(
        table_class_name="Journal",
        tablename="journal",
        column_name="link",
        db_column_name="link",
        column_class_name="Bytea",
        column_class=Bytea,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_column(
        table_class_name="LedgerAccount",
        tablename="ledger_account",
        column_name="head",
        db_column_name="head",
        column_class_name="Bytea",
        column_class=Bytea,
        params={
            "default": b"",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.alter_column(
        table_class_name="Posting",
        tablename="posting",
        column_name="journal",
        db_column_name="journal",
        params={"primary_key": True},
        old_params={"primary_key": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )

    manager.drop_constraint(
        table_class_name="Posting",
        tablename="posting",
        constraint_name="ck_posting_amount",
        schema=None,
    )

    return manager
