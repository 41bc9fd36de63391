from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from enum import Enum
from piccolo.columns.column_types import Varchar

ID = "2026-11-22T02:05:40:202279"
VERSION = "1.38.0"
DESCRIPTION = "first tables"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="foundation", description=DESCRIPTION
    )

    manager.alter_column(
        table_class_name="RoleGrant",
        tablename="role_grant",
        column_name="role",
        db_column_name="role",
        params={
            "choices": Enum(
                "Role",
                {
                    "VIEWER": "viewer",
                    "CREATOR": "creator",
                    "BRAND_MEMBER": "brand_member",
                    "MODERATOR": "moderator",
                    "FINANCE_MAKER": "finance_maker",
                    "FINANCE_CHECKER": "finance_checker",
                    "AUDITOR": "auditor",
                    "ADMINISTRATOR": "administrator",
                },
            )
        },
        old_params={
            "choices": Enum(
                "Role",
                {
                    "VIEWER": "viewer",
                    "CREATOR": "creator",
                    "BRAND_MEMBER": "brand_member",
                    "MODERATOR": "moderator",
                    "FINANCE_MAKER": "finance_maker",
                    "FINANCE_CHECKER": "finance_checker",
                    "ADMINISTRATOR": "administrator",
                },
            )
        },
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    return manager
