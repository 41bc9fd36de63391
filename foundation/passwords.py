"""Passwords: how they are kept, and which are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, partial
from unicodedata import combining, normalize

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from foundation import settings
from foundation.errors import InvalidField
from foundation.i18n import _

SHORTEST = 10
LONGEST = 200


class PasswordTooShort(InvalidField):
    """data: `min` characters."""

    code = "password_too_short"
    message = _("At least %(min)s characters, please. A sentence is easy to remember.")
    field = "password"


class PasswordTooLong(InvalidField):
    """data: `max` characters."""

    code = "password_too_long"
    message = _("At most %(max)s characters, please.")
    field = "password"


class PasswordEasy(InvalidField):
    """A password that is tried first by those who break in."""

    code = "password_easy"
    message = _("This password is easy to guess. Add a word or two that have nothing to do with you.")
    field = "password"


def check_strength(password: str, *, known: Iterable[str] = ()) -> None:
    """Refuse a weak password; `known` are words that belong to the person (name, e-mail), which count for nothing.

    Length and a list of usual passwords, no rules about kinds of characters: NIST SP 800-63B, 3.1.1.2.
    Raises `PasswordTooShort`, `PasswordTooLong`, `PasswordEasy`.
    """
    if len(password) < SHORTEST:
        raise PasswordTooShort(min=SHORTEST)
    if len(password) > LONGEST:
        raise PasswordTooLong(max=LONGEST)
    if zxcvbn(password[:72], user_inputs=["fanfare", *_words(known)])["score"] < 2:
        raise PasswordEasy


def _words(known: Iterable[str]) -> set[str]:
    """The parts of what is known, as they are and without accents."""
    parts = {part.lower() for word in known for part in (word, *re.split(r"[\s@.]+", word)) if len(part) > 2}
    bare = {"".join(sign for sign in normalize("NFD", part) if not combining(sign)) for part in parts}
    return parts | bare


async def hashed(password: str) -> str:
    """The argon2id hash to keep. Takes some 50 ms of a thread."""
    return await to_thread.run_sync(_hasher().hash, password, limiter=_threads())


async def matches(password: str, kept: str | None) -> bool:
    """Whether the password is the one of this hash; takes as long when there is no hash at all."""
    good = await to_thread.run_sync(partial(_verify, password[:LONGEST], kept or _nobody()), limiter=_threads())
    return good and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with parameters that we have left behind."""
    return _hasher().check_needs_rehash(kept)


def _verify(password: str, kept: str) -> bool:
    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _hasher() -> PasswordHasher:
    return _hasher_of(settings.current().environment)


@cache
def _hasher_of(environment: str) -> PasswordHasher:
    """argon2id as RFC 9106 asks where memory is short (64 MiB, three passes); in tests the least that it can do."""
    return PasswordHasher.from_parameters(profiles.CHEAPEST if environment == "test" else profiles.RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    return _hasher().hash("the hash of nobody, so that an unknown address takes as long as a known one")


@cache
def _threads() -> CapacityLimiter:
    """Two at once: each takes 64 MiB."""
    return CapacityLimiter(2)
