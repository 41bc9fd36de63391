"""The word filter of the chat: a pure function of a message and a list of words.

People write around filters; before comparing, a message is brought to one plain form: without accents and case, with
look-alike signs and figures read as the letters they stand for, without invisible signs, with spelled-out letters joined
("c o n", "c.o.n") and drawn-out ones shortened ("cooon"). Words are compared whole, so that no innocent word is caught for
holding a bad one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from moderation.tables import WordAction

LINK = "link"
"""Stands for a web address among the words of a verdict: viewers' links wait for a person."""

LONGEST_WORD = 60

_LOOK_ALIKES = str.maketrans(
    {
        "а": "a", "в": "b", "е": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t", "у": "y", "х": "x",
        "і": "i", "ј": "j", "ѕ": "s", "ԁ": "d", "ɡ": "g", "ο": "o", "α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v",
        "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i",
    }
)  # fmt: skip
_LEET = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "€": "e",
}
_TOKEN = re.compile(r"[a-z0-9@$!|€]+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S|\b[a-z0-9-]{2,}\.(?:com|net|org|fr|io|shop|store|ru|cn|info|biz|xyz|me|ly|app|link)\b", re.IGNORECASE
)
_MOST_READINGS = 16


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the list and what happens to a message that holds it."""

    text: str
    action: WordAction


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filter says: nothing (`action` is None), hold or refuse, and the words it found."""

    action: WordAction | None
    words: tuple[str, ...]


def check(text: str, words: Iterable[Word], *, links: bool = True) -> Verdict:
    """Judge a message. Refuse is stronger than hold; `links` also holds messages with a web address.

    The words of the list may be given in any spelling and may be phrases.
    """
    readings = list(_readings(text))
    found = [word for word in words if any(_holds(reading, _plain_tokens(word.text)) for reading in readings)]
    names = tuple(sorted({word.text for word in found}))
    if any(word.action is WordAction.REFUSE for word in found):
        return Verdict(WordAction.REFUSE, names)
    if links and _ADDRESS.search(text):
        return Verdict(WordAction.HOLD, (*names, LINK))
    return Verdict(WordAction.HOLD, names) if found else Verdict(None, ())


def plain(text: str) -> str:
    """Lower case without accents, invisible signs and look-alikes: the form in which the list is kept."""
    decomposed = unicodedata.normalize("NFKD", text)
    visible = "".join(sign for sign in decomposed if unicodedata.category(sign) not in {"Mn", "Cf", "Me"})
    return unicodedata.normalize("NFKD", visible.casefold().translate(_LOOK_ALIKES))


def _readings(text: str) -> Iterator[list[str]]:
    """The ways a message can be read: as it is, with figures as letters, and spelled-out letters joined."""
    tokens = _TOKEN.findall(plain(text))
    for reading in (tokens, _joined(tokens)):
        yield [_short(token) for token in reading]
        yield from _as_letters(reading)


def _as_letters(tokens: Sequence[str]) -> Iterator[list[str]]:
    spelled = [_spellings(token) for token in tokens]
    for count in range(max((len(options) for options in spelled), default=0)):
        yield [_short(options[min(count, len(options) - 1)]) for options in spelled]


def _spellings(token: str) -> list[str]:
    """A token with its figures read as letters; "1" may be an i or an l, so there can be several."""
    if not any(sign in _LEET for sign in token):
        return [token]
    choices = [_LEET.get(sign, sign) for sign in token]
    spellings = ["".join(letters) for letters, _ in zip(product(*choices), range(_MOST_READINGS), strict=False)]
    bare = token.strip("!|")
    return spellings if bare == token else [*spellings, *_spellings(bare)]


def _joined(tokens: Sequence[str]) -> list[str]:
    """Runs of single letters become one word: "c", "o", "n" is "con"."""
    joined: list[str] = []
    run = ""
    for token in [*tokens, ""]:
        if len(token) == 1:
            run += token
            continue
        joined += [run, token] if run else [token]
        run = ""
    return [token for token in joined if token]


def _short(token: str) -> str:
    """Drawn-out letters once: "cooon" is "con"; a plain double letter stays."""
    return _DRAWN_OUT.sub(r"\1", token)


def _plain_tokens(word: str) -> list[str]:
    return _TOKEN.findall(plain(word[:LONGEST_WORD]))


def _holds(tokens: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    if not size:
        return False
    return any(
        all(_same(token, want) for token, want in zip(tokens[start : start + size], wanted, strict=True))
        for start in range(len(tokens) - size + 1)
    )


def _same(token: str, want: str) -> bool:
    """Equal, or equal once the drawn-out or doubled letters of the list's word are single as well ("asssshole")."""
    return token in (want, _short(want), _DOUBLED.sub(r"\1", want))
