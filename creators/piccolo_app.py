"""The creators storey as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="creators",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(
        modules=[
            "creators.tables",
            "creators.link_tables",
            "creators.conversion_tables",
            "creators.audience_tables",
            "creators.counter_offer_tables",
            "creators.attribution_tables",
            "creators.consent_tables",
            "creators.shop_tables",
            "creators.shop_standing_tables",
            "creators.fraud_tables",
            "creators.touch_tables",
            "creators.clip_tables",
            "creators.fee_tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["marketplace.piccolo_app"],
)
