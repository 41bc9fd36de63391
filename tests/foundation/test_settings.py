"""A wrong or missing setting is one sentence that names it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from foundation.settings import ROOT, SettingError, Settings

PRODUCTION = {
    "FANFARE_ENV": "production",
    "FANFARE_SECRET_KEY": "k" * 40,
    "FANFARE_BASE_URL": "https://fanfare.example",
    "DATABASE_URL": "postgresql://fanfare@db/fanfare",
    "REDIS_URL": "redis://valkey/0",
    "FANFARE_MAIL_URL": "smtp://mail:25",
}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FANFARE_ENV", "staging"),
        ("FANFARE_PORT", "http"),
        ("FANFARE_PORT", "70000"),
        ("FANFARE_WEB_WORKERS", "0"),
        ("FANFARE_LOG_FORMAT", "xml"),
        ("FANFARE_LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://db/fanfare"),
        ("REDIS_URL", "memcached://cache"),
        ("STRIPE_API_BASE", "127.0.0.1:8011"),
        ("MUX_RTMP_URL", "http://127.0.0.1"),
        ("OIDC_ISSUER", "ftp://issuer"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=variable):
        Settings.from_env({variable: value})


@pytest.mark.parametrize("variable", sorted(set(PRODUCTION) - {"FANFARE_ENV"}))
def test_production_needs_its_settings(variable: str) -> None:
    with pytest.raises(SettingError, match=variable):
        Settings.from_env({name: value for name, value in PRODUCTION.items() if name != variable})


def test_a_live_key_never_meets_the_stand_in() -> None:
    with pytest.raises(SettingError, match="STRIPE_API_BASE"):
        Settings.from_env({**PRODUCTION, "STRIPE_SECRET_KEY": "sk_live_" + "x" * 20})


def test_secrets_do_not_show_in_a_printed_settings_object() -> None:
    settings = Settings.from_env({"STRIPE_SECRET_KEY": "sk_test_very_secret", "DATABASE_URL": "postgresql://me:very_secret@db/x"})
    assert "very_secret" not in repr(settings)


def test_the_key_that_is_made_is_kept_and_is_private(tmp_path: Path) -> None:
    first = Settings.from_env({"FANFARE_DATA_DIR": str(tmp_path)}).signing_key()
    assert len(first) >= 32
    assert Settings.from_env({"FANFARE_DATA_DIR": str(tmp_path)}).signing_key() == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_the_command_line_ends_with_one_sentence_and_code_2() -> None:
    environment = {**os.environ, "FANFARE_PORT": "eighty"}
    done = subprocess.run([ROOT / "bin" / "fanfare", "run"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "FANFARE_PORT is 'eighty'; it must be a whole number from 0 to 65535."
