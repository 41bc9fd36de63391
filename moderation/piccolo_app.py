"""The moderation storey as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="moderation",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(modules=["moderation.tables"], exclude_imported=True),
    migration_dependencies=["foundation.piccolo_app"],
)
