"""The ground as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="foundation",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(
        modules=["foundation.tables", "foundation.number_series_tables", "foundation.attachment_tables"], exclude_imported=True
    ),
    migration_dependencies=[],
)
