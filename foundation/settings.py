"""Every setting of a process, read once from its environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class SettingError(Exception):
    """A setting is missing or wrong; the sentence names it."""


def _setting(variable: str, default: str, doc: str, *, secret: bool = False) -> str:
    """Declare one setting: its environment variable, its default as text and the sentence that documents it."""
    return field(default=default, repr=not secret, metadata={"variable": variable, "doc": doc, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process. Empty text means "not set". See `docs/operations.md` for the table."""

    environment: str = _setting("FANFARE_ENV", "development", "development, test or production.")
    data_dir: str = _setting(
        "FANFARE_DATA_DIR", str(ROOT / ".fanfare"), "Folder of the embedded engines, uploads and generated files."
    )
    cache_dir: str = _setting(
        "FANFARE_CACHE_DIR",
        "",
        "Folder of what may be lost at any time: compiled templates and compressed files. Empty: `cache` in the data folder.",
    )
    base_url: str = _setting(
        "FANFARE_BASE_URL", "http://127.0.0.1:8000", "Public address of the site, without a slash at its end."
    )
    host: str = _setting("FANFARE_HOST", "127.0.0.1", "Address on which the web process listens.")
    port: str = _setting("FANFARE_PORT", "8000", "Port on which the web process listens.")
    web_workers: str = _setting("FANFARE_WEB_WORKERS", "1", "Number of web processes.")
    proxies: str = _setting(
        "FANFARE_PROXIES", "0", "Number of reverse proxies in front; each appends the client's address to X-Forwarded-For."
    )
    secret_key: str = _setting(
        "FANFARE_SECRET_KEY",
        "",
        "Key that signs links and form tokens; at least 32 characters. Required in production.",
        secret=True,
    )
    log_format: str = _setting("FANFARE_LOG_FORMAT", "text", "text or json.")
    log_level: str = _setting("FANFARE_LOG_LEVEL", "info", "debug, info, warning or error.")
    database_url: str = _setting(
        "DATABASE_URL", "", "Address of PostgreSQL 16 or later. Empty: an embedded server is started.", secret=True
    )
    database_pool: str = _setting("FANFARE_DATABASE_POOL", "10", "Largest number of database connections of one process.")
    database_role: str = _setting(
        "FANFARE_DATABASE_ROLE",
        "",
        "Role that the programs take on in the database, such as `fanfare_app`, which can only read and add journals. Empty: that of the address.",
    )
    redis_url: str = _setting("REDIS_URL", "", "Address of Valkey or Redis. Empty: an embedded server is started.", secret=True)
    mail_url: str = _setting(
        "FANFARE_MAIL_URL",
        "",
        "smtp://user:password@host:port or smtps://. Empty: mail is kept and shown at /dev/mail.",
        secret=True,
    )
    mail_from: str = _setting("FANFARE_MAIL_FROM", "Fanfare <hello@fanfare.example>", "Sender of the mails.")
    platform_vat_id: str = _setting(
        "FANFARE_VAT_ID", "", "VAT id of the company that runs the house. Empty: its fee carries no VAT."
    )
    platform_legal_name: str = _setting(
        "FANFARE_LEGAL_NAME", "Fanfare", "Name of the company that runs the house, on its invoices."
    )
    platform_legal_address: str = _setting("FANFARE_LEGAL_ADDRESS", "", "Its address in one line, on its invoices.")
    stripe_secret_key: str = _setting(
        "STRIPE_SECRET_KEY", "sk_test_sandbox", "Secret key of Stripe. The default is the key of the stand-in.", secret=True
    )
    stripe_publishable_key: str = _setting("STRIPE_PUBLISHABLE_KEY", "pk_test_sandbox", "Publishable key of Stripe.")
    stripe_api_base: str = _setting("STRIPE_API_BASE", "http://127.0.0.1:8011", "Address of Stripe's API. Empty: Stripe itself.")
    stripe_js_url: str = _setting("STRIPE_JS_URL", "http://127.0.0.1:8011/v3/", "Address of Stripe.js.")
    stripe_webhook_secret: str = _setting(
        "STRIPE_WEBHOOK_SECRET",
        "whsec_sandbox_platform",
        "Signing secret of the platform's webhooks; two, with a comma, while rolling.",
        secret=True,
    )
    stripe_connect_webhook_secret: str = _setting(
        "STRIPE_CONNECT_WEBHOOK_SECRET",
        "whsec_sandbox_connect",
        "Signing secret of the connected accounts' webhooks.",
        secret=True,
    )
    mux_token_id: str = _setting("MUX_TOKEN_ID", "sandbox", "Access token of Mux.")
    mux_token_secret: str = _setting("MUX_TOKEN_SECRET", "sandbox-secret", "Secret of the access token of Mux.", secret=True)
    mux_api_base: str = _setting("MUX_API_BASE", "http://127.0.0.1:8012", "Address of Mux's API. Empty: Mux itself.")
    mux_stream_base: str = _setting(
        "MUX_STREAM_BASE", "http://127.0.0.1:8012/stream", "Address of Mux's HLS playback. Empty: Mux itself."
    )
    mux_image_base: str = _setting(
        "MUX_IMAGE_BASE", "http://127.0.0.1:8012/image", "Address of Mux's pictures. Empty: Mux itself."
    )
    mux_stats_base: str = _setting(
        "MUX_STATS_BASE", "http://127.0.0.1:8012/stats", "Address of Mux's viewer counts. Empty: Mux itself."
    )
    mux_rtmp_url: str = _setting("MUX_RTMP_URL", "rtmp://127.0.0.1:8013/app", "Address to which encoders publish.")
    mux_webhook_secret: str = _setting(
        "MUX_WEBHOOK_SECRET", "mux_sandbox_webhook", "Signing secret of Mux's webhooks.", secret=True
    )
    mux_signing_key_id: str = _setting("MUX_SIGNING_KEY_ID", "", "Signing key for private playback. Empty: playback is public.")
    mux_signing_private_key: str = _setting(
        "MUX_SIGNING_PRIVATE_KEY", "", "Private part of the signing key, base64 of PEM, as Mux shows it once.", secret=True
    )
    oidc_issuer: str = _setting("OIDC_ISSUER", "", "Issuer of an OpenID Connect provider. Empty: only e-mail and password.")
    oidc_client_id: str = _setting("OIDC_CLIENT_ID", "", "Client id at the OpenID Connect provider.")
    oidc_client_secret: str = _setting("OIDC_CLIENT_SECRET", "", "Client secret at the OpenID Connect provider.", secret=True)
    oidc_name: str = _setting("OIDC_NAME", "OpenID Connect", "Name on the sign-in button of the provider.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check all settings. Raises `SettingError` with one sentence that names the wrong one."""
        values = {f.name: environ.get(f.metadata["variable"], str(f.default)).strip() for f in fields(cls)}
        settings = cls(**values)
        settings._check()
        return settings

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def sandbox(self) -> bool:
        """True when money and video go to the stand-ins; pages show it in a banner."""
        return self.stripe_api_base != "" or self.mux_api_base != ""

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir)

    @property
    def cache_path(self) -> Path:
        return Path(self.cache_dir) if self.cache_dir else self.data_path / "cache"

    def signing_key(self) -> str:
        """The secret key; outside production one is made once and kept in the data folder."""
        return self.secret_key or _kept_key(self.data_path)

    def _check(self) -> None:
        _one_of("FANFARE_ENV", self.environment, ("development", "test", "production"))
        _one_of("FANFARE_LOG_FORMAT", self.log_format, ("text", "json"))
        _one_of("FANFARE_LOG_LEVEL", self.log_level, ("debug", "info", "warning", "error"))
        _whole_number("FANFARE_PORT", self.port, 0, 65535)
        _whole_number("FANFARE_WEB_WORKERS", self.web_workers, 1, 64)
        _whole_number("FANFARE_PROXIES", self.proxies, 0, 9)
        _whole_number("FANFARE_DATABASE_POOL", self.database_pool, 1, 200)
        for variable, url, schemes in (
            ("FANFARE_BASE_URL", self.base_url, ("http", "https")),
            ("DATABASE_URL", self.database_url, ("postgres", "postgresql")),
            ("REDIS_URL", self.redis_url, ("redis", "rediss", "unix")),
            ("FANFARE_MAIL_URL", self.mail_url, ("smtp", "smtps")),
            ("STRIPE_API_BASE", self.stripe_api_base, ("http", "https")),
            ("MUX_API_BASE", self.mux_api_base, ("http", "https")),
            ("MUX_RTMP_URL", self.mux_rtmp_url, ("rtmp", "rtmps")),
            ("OIDC_ISSUER", self.oidc_issuer, ("http", "https")),
        ):
            _address(variable, url, schemes)
        if self.stripe_secret_key.startswith(("sk_live_", "rk_live_")) and self.stripe_api_base:
            raise SettingError("STRIPE_API_BASE must be empty when STRIPE_SECRET_KEY is a live key.")
        if self.oidc_issuer and not self.oidc_client_id:
            raise SettingError("OIDC_CLIENT_ID is needed when OIDC_ISSUER is set.")
        if self.production:
            self._check_production()

    def _check_production(self) -> None:
        if len(self.secret_key) < 32:
            raise SettingError("FANFARE_SECRET_KEY needs at least 32 characters in production.")
        if not self.base_url.startswith("https://"):
            raise SettingError("FANFARE_BASE_URL must begin with https:// in production.")
        if self.oidc_issuer and not self.oidc_issuer.startswith("https://"):
            raise SettingError("OIDC_ISSUER must begin with https:// in production.")
        for variable, value in (
            ("DATABASE_URL", self.database_url),
            ("REDIS_URL", self.redis_url),
            ("FANFARE_MAIL_URL", self.mail_url),
        ):
            if not value:
                raise SettingError(f"{variable} is needed in production.")
        if not self.stripe_api_base and self.stripe_secret_key == "sk_test_sandbox":
            raise SettingError("STRIPE_SECRET_KEY is needed when STRIPE_API_BASE is empty.")
        if not self.mux_api_base and self.mux_token_id == "sandbox":
            raise SettingError("MUX_TOKEN_ID is needed when MUX_API_BASE is empty.")


def _one_of(variable: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingError(f"{variable} is {value!r}; it must be one of: {', '.join(allowed)}.")


def _whole_number(variable: str, value: str, low: int, high: int) -> None:
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise SettingError(f"{variable} is {value!r}; it must be a whole number from {low} to {high}.")


def _address(variable: str, value: str, schemes: tuple[str, ...]) -> None:
    parts = urlsplit(value)
    if value and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
        raise SettingError(f"{variable} must be an address that begins with {' or '.join(s + '://' for s in schemes)}.")


def _kept_key(data_path: Path) -> str:
    path = data_path / "secret-key"
    if not path.exists():
        data_path.mkdir(parents=True, exist_ok=True)
        fresh = data_path / f"secret-key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # atomic: the first of two processes wins, both read the same key
        except FileExistsError:
            pass
        fresh.unlink()
    return path.read_text()


@cache
def current() -> Settings:
    """The settings of this process, read from its environment at the first call."""
    return Settings.from_env(os.environ)
