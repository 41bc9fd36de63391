"""The payouts storey as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="payouts",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(
        modules=[
            "payouts.tables",
            "payouts.bank_tables",
            "payouts.bank_sharing_tables",
            "payouts.freeze_tables",
            "payouts.off_platform_tables",
            "payouts.commission_tables",
            "payouts.payee_tables",
            "payouts.adjustment_tables",
            "payouts.document_tables",
            "payouts.connected_tables",
            "payouts.exchange_tables",
            "payouts.tax_tables",
            "payouts.run_tables",
            "payouts.platform_rule_tables",
            "payouts.tax_payment_tables",
            "payouts.house_move_tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["creators.piccolo_app"],
)
