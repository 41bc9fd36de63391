"""The word list of the chat filter, kept by moderators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation import audit, clock
from foundation.accounts import Principal
from foundation.database import DB
from foundation.errors import InvalidField, NotFound
from foundation.i18n import _
from moderation.chat_filter import LONGEST_WORD, Word, plain
from moderation.tables import FilterWord, WordAction


class WordKnown(InvalidField):
    """The word is on the list already."""

    code = "word_known"
    status = 409
    message = _("This word is on the list already.")
    field = "word"


class WordEmpty(InvalidField):
    """Nothing is left of the word in its plain form."""

    code = "word_empty"
    message = _("Please write letters or figures.")
    field = "word"


async def add_word(*, word: str, action: WordAction, by: Principal | None) -> UUID:
    """Put a word or a phrase on the list, kept in its plain form. Raises `WordEmpty`, `WordKnown`."""
    text = " ".join(plain(word).split())[:LONGEST_WORD].strip()
    if not any(sign.isalnum() for sign in text):
        raise WordEmpty
    row = FilterWord(word=text, action=action, added_at=clock.now(), added_by=by.id if by else None)
    async with DB.transaction():
        if await FilterWord.exists().where(FilterWord.word == text):
            raise WordKnown
        await row.save()
        await audit.record(by=by, action="filter_word.add", kind="filter_word", id=row.id, word=text, rule=str(action))
    return row.id


async def remove_word(*, word_id: UUID, by: Principal) -> None:
    """Take a word off the list. Raises `NotFound`."""
    async with DB.transaction():
        gone = await FilterWord.delete().where(FilterWord.id == word_id).returning(FilterWord.word)
        if not gone:
            raise NotFound
        await audit.record(by=by, action="filter_word.remove", kind="filter_word", id=word_id, word=gone[0]["word"])


async def word_list() -> list[Word]:
    """The list as the filter takes it."""
    rows = await FilterWord.select(FilterWord.word, FilterWord.action)
    return [Word(row["word"], WordAction(row["action"])) for row in rows]


async def listed_words() -> list[dict[str, Any]]:
    """The list for the console, in alphabetical order."""
    return await FilterWord.select(FilterWord.id, FilterWord.word, FilterWord.action, FilterWord.added_at).order_by(
        FilterWord.word
    )
