"""One order has one name, however a program, a file or a picture's address writes it."""

from __future__ import annotations

import unicodedata

MOST = 100


def one_name(text: str) -> str:
    """The name as it is kept: NFKC, without invisible signs and outer spaces, inner ones single. Case counts.

    What would be empty or too long that way stays as it was told.
    """
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(sign for sign in plain if sign.isspace() or unicodedata.category(sign) not in {"Cf", "Cc", "Cn", "Cs"})
    name = " ".join(seen.split())
    return name if 0 < len(name) <= MOST else text
