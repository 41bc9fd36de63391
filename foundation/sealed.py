"""Secrets that must be read again (to check signatures) lie sealed in the database: a copy of it alone opens nothing."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet

from foundation import settings


def seal(secret: str) -> str:
    """The secret, encrypted and authenticated under a key drawn from the site's secret key."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again. Raises `cryptography.fernet.InvalidToken` when the site's secret key has changed."""
    return _box().decrypt(sealed.encode()).decode()


def _box() -> Fernet:
    key = hashlib.sha256(b"sealed secrets|" + settings.current().signing_key().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
