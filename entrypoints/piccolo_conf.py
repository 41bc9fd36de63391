"""What Piccolo's own commands need: `PICCOLO_CONF=entrypoints.piccolo_conf`."""

from piccolo.conf.apps import AppRegistry

from foundation.database import DB

APP_REGISTRY = AppRegistry(
    apps=[
        "foundation.piccolo_app",
        "moderation.piccolo_app",
        "marketplace.piccolo_app",
        "creators.piccolo_app",
        "payouts.piccolo_app",
    ]
)

__all__ = ["APP_REGISTRY", "DB"]
