"""Structured logs with a request id that follows the work into its jobs."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from structlog.typing import EventDict, Processor

from foundation.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")

_SECRETS = re.compile(
    r"(sk|rk|whsec|pi|seti|cuss)_[A-Za-z0-9_]*(secret|live|test)[A-Za-z0-9_]*|stream_key['\"=: ]+\S+|password['\"=: ]+\S+"
)


_TOKENS = re.compile(r"(/(?:confirm|reset|claim)/)[\w-]+")
"""Addresses out of mails: whoever reads such a path opens the account."""


def new_request_id() -> str:
    return secrets.token_hex(8)


@contextmanager
def requested_by(identifier: str) -> Iterator[None]:
    """Everything logged and published in the block carries this request id."""
    token = request_id.set(identifier)
    try:
        yield
    finally:
        request_id.reset(token)


def configure(settings: Settings) -> None:
    """Send the logs of this process, and of the libraries, to standard error in one format."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_request_id,
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "stripe", "urllib3", "asyncio"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))


def _with_request_id(_logger: object, _method: str, event: EventDict) -> EventDict:
    if identifier := request_id.get():
        event.setdefault("request_id", identifier)
    return event


def _without_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}


def redacted(text: str) -> str:
    """The text without keys, secrets and the tokens of mailed links."""
    return _TOKENS.sub(r"\1[secret]", _SECRETS.sub("[secret]", text))
