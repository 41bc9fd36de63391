"""The word filter: what it catches, what it leaves alone, and that it never fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.chat_filter import LINK, Verdict, Word, check, plain
from moderation.tables import WordAction

LIST = [Word("connard", WordAction.REFUSE), Word("arnaque", WordAction.HOLD), Word("crypto facile", WordAction.HOLD)]


@pytest.mark.parametrize(
    "text",
    [
        "connard",
        "CONNARD !",
        "Quel c0nn4rd",
        "c o n n a r d",
        "c.o.n.n.a.r.d",
        "co\u200bnnard",
        "cónnärd",
        "connnnard",
        "connaaaard",
        "соnnard",  # two Cyrillic letters
        "ｃｏｎｎａｒｄ",
    ],
)
def test_a_refused_word_is_found_however_it_is_written(text: str) -> None:
    assert check(text, LIST) == Verdict(WordAction.REFUSE, ("connard",))


@pytest.mark.parametrize("text", ["arnaque", "une 4rn@qu3", "A R N A Q U E", "arnaquE!!!"])
def test_a_held_word_is_held(text: str) -> None:
    assert check(text, LIST) == Verdict(WordAction.HOLD, ("arnaque",))


def test_a_phrase_is_found_across_signs_and_capitals() -> None:
    assert check("Crypto - FACILE ici", LIST).words == ("crypto facile",)
    assert check("facile crypto", LIST).action is None


@pytest.mark.parametrize(
    "text",
    ["Bonsoir de Nantes", "les connards d'avant", "arnaqueur", "la 16 cm coûte 59 €", "I am in", "3 casseroles pour 2 !", ""],
)
def test_innocent_words_are_left_alone(text: str) -> None:
    assert check(text, LIST) == Verdict(None, ())


@pytest.mark.parametrize("text", ["voir https://exemple.test/x", "www.exemple.test", "promo sur bonplan.shop"])
def test_a_viewers_link_waits_for_a_person_and_a_hosts_does_not(text: str) -> None:
    assert check(text, LIST) == Verdict(WordAction.HOLD, (LINK,))
    assert check(text, LIST, links=False).action is None


def test_refuse_is_stronger_than_hold() -> None:
    assert check("arnaque de connard", LIST).action is WordAction.REFUSE


@given(st.text(max_size=500), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_and_any_list_get_a_verdict(text: str, listed: list[str]) -> None:
    check(text, [Word(word, WordAction.HOLD) for word in listed])


@given(st.text(alphabet="abcdefghijklmnop", min_size=2, max_size=12), st.text(max_size=40), st.text(max_size=40))
def test_a_word_of_the_list_between_spaces_is_always_found(word: str, before: str, after: str) -> None:
    assert word in check(f"{before}; {word} ;{after}", [Word(word, WordAction.HOLD)]).words


@given(st.text(max_size=100))
def test_the_plain_form_of_a_plain_form_is_itself(text: str) -> None:
    assert plain(plain(text)) == plain(text)
