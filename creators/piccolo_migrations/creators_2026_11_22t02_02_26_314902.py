from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from enum import Enum
from piccolo.columns.column_types import Varchar

ID = "2026-11-22T02:02:26:314902"
VERSION = "1.38.0"
DESCRIPTION = "more kinds of touches"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="creators", description=DESCRIPTION
    )

    manager.alter_column(
        table_class_name="Touch",
        tablename="touch",
        column_name="kind",
        db_column_name="kind",
        params={
            "choices": Enum(
                "TouchKind",
                {
                    "SHOW_VIEW": "show_view",
                    "REPLAY_VIEW": "replay_view",
                    "CLIP_VIEW": "clip_view",
                    "WATCHED": "watched",
                    "LINK_CLICK": "link_click",
                    "PRODUCT_CLICK": "product_click",
                    "BUY_TAP": "buy_tap",
                },
            )
        },
        old_params={
            "choices": Enum(
                "TouchKind",
                {
                    "SHOW_VIEW": "show_view",
                    "PRODUCT_CLICK": "product_click",
                    "BUY_TAP": "buy_tap",
                },
            )
        },
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    return manager
