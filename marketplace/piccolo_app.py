"""The marketplace storey as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="marketplace",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(
        modules=[
            "marketplace.tables",
            "marketplace.bag_tables",
            "marketplace.delivery_tables",
            "marketplace.discount_tables",
            "marketplace.invoice_tables",
            "marketplace.credit_note_tables",
            "marketplace.vat_tables",
            "marketplace.offer_tables",
            "marketplace.waitlist_tables",
            "marketplace.shipping_tables",
            "marketplace.returns_tables",
            "marketplace.dispute_tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["moderation.piccolo_app"],
)
