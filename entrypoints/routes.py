"""Every address of the web application."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from entrypoints import files

ROUTES: list[ControllerRouterHandler] = [*files.ROUTES]
