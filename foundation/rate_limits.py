"""How often somebody may try: one atomic counter in Valkey for each key and window."""

from __future__ import annotations

import hashlib

from foundation import valkey
from foundation.errors import Refusal, TooManyForLong, TooManyRequests
from foundation.i18n import _

IN_SECONDS = 90
"""A longer wait is said in minutes."""

# One step on the server: count, start the window with the first try, answer with the count and the milliseconds left.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""


class LimitsAway(Refusal):
    """Nobody counts at the moment, so nobody may try: Valkey does not answer."""

    code = "limits_away"
    status = 503
    message = _("This does not work right now. Please try again in a moment.")


async def spend(key: str, *, limit: int, seconds: int) -> None:
    """Count one try for `key`; the window of `seconds` begins with its first try.

    The key may hold an e-mail address: only its hash is kept. Raises `TooManyRequests` with the `seconds` until the next
    window when there were more than `limit`, and `LimitsAway`.
    """
    count_once = valkey.client().register_script(_COUNT)
    try:
        count, left = await count_once(keys=[_key(key)], args=[seconds * 1000])
    except valkey.AWAY as error:
        raise LimitsAway from error
    if count > limit:
        raise _wait(max(1, -(-left // 1000)))


def _wait(seconds: int) -> TooManyRequests:
    return (
        TooManyForLong(seconds=seconds, minutes=-(-seconds // 60)) if seconds > IN_SECONDS else TooManyRequests(seconds=seconds)
    )


async def forgive(key: str) -> None:
    """Forget the tries of `key`: it went well in the end."""
    await valkey.client().delete(_key(key))


def _key(key: str) -> str:
    return "limit:" + hashlib.sha256(key.encode()).hexdigest()
