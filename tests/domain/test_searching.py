"""The words that a text is found by: cut the same way, whatever letters stand beside them."""

from hypothesis import given
from hypothesis import strategies as st

from domain.values.search_words import words_of

ASCII = st.text(st.characters(max_codepoint=127), max_size=60)


@given(st.lists(ASCII, max_size=3))
def test_plain_letters_make_the_same_words_beside_others(texts: list[str]) -> None:
    assert words_of([*texts, "é"]) == sorted({*words_of(texts), "é"})


def test_words_are_folded_and_each_is_told_once() -> None:
    assert words_of(["Al-Haffa, al-haffa_2", None, "", "HAFFA\x1fX"]) == ["al", "haffa", "haffa_2", "x"]
