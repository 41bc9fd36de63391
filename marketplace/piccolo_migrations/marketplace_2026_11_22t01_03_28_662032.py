from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T01:03:28:662032"
VERSION = "1.38.0"
DESCRIPTION = "first tables"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="marketplace", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Product",
        tablename="product",
        column_name="vat_bp",
        db_column_name="vat_bp",
        schema=None,
    )

    manager.drop_constraint(
        table_class_name="Product",
        tablename="product",
        constraint_name="ck_product_vat",
        schema=None,
    )

    return manager
