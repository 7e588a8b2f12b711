"""Whole headlines: an opening of known words is read up to its verb or colon, and doubt anywhere in it refuses."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.values.counts.count import CountError, read_count, wording_remarks
from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.registry import VOCABULARIES
from tests.domain.test_counting import FIGURES, KNOWN, LETTERS, WORDS, Meaning, read_or_none

OPENINGS = {
    "en/2": ["Israeli strike on Gaza kills", "gunmen killed", "Blast in Kabul leaves", "Sudan:", "Attack in Homs:"],
    "fr/1": ["Une frappe israélienne tue", "un attentat a fait", "Kaboul :", "Attentat à Damas :"],
    "ar/1": ["غارة إسرائيلية على غزة تقتل", "انفجار في دمشق يوقع", "سوريا:", "هجوم في حمص:"],
}
DEAD = {"en/2": "dead", "fr/1": "morts", "ar/1": "قتيلا"}
BEFORE = {"en/2": ["at least", "more than", "up to", ""], "fr/1": ["au moins", ""], "ar/1": ["أكثر من", ""]}
SPOILING = (
    *(word_class.DOUBT, word_class.RATE, word_class.UNIT, word_class.AGE),
    *(word_class.ALIVE, word_class.CHANGE, word_class.COUNTING),
)
IN_ALL = st.sampled_from(sorted(OPENINGS))


@given(data=st.data(), lexicon=IN_ALL, figure=st.integers(2, 10**6))
def test_behind_an_opening_a_count_means_what_it_means_alone(data: st.DataObject, lexicon: str, figure: int) -> None:
    opening = data.draw(st.sampled_from(OPENINGS[lexicon]))
    count = f"{data.draw(st.sampled_from(BEFORE[lexicon]))} {figure} {DEAD[lexicon]}"
    alone = read_or_none(count, lexicon)
    assert alone is not None
    assert read_or_none(f"{opening} {count}", lexicon) == alone


def spoiling(lexicon: str) -> list[str]:
    """Every word of the lexicon that makes a figure doubtful, a rate, a second figure or something else."""
    around, subjects = VOCABULARIES[lexicon].around.entries, VOCABULARIES[lexicon].subjects.entries
    spoiling = {phrase for phrase, kind in around.items() if kind in SPOILING} - subjects.keys()
    letters = sorted(phrase for phrase in spoiling if phrase[0].isalpha())  # “number of dead: 12” has a subject
    return [" ".join(phrase) for phrase in letters]


@given(data=st.data(), lexicon=IN_ALL, figure=st.integers(2, 10**6), begins=st.booleans())
def test_a_doubt_a_rate_or_a_second_figure_in_an_opening_refuses_it(
    data: st.DataObject, lexicon: str, figure: int, *, begins: bool
) -> None:
    words = data.draw(st.sampled_from(OPENINGS[lexicon])).split()
    spoilt = data.draw(st.sampled_from(spoiling(lexicon)))
    at = 0 if begins else data.draw(st.integers(1, len(words) - 1 if len(words) > 1 else 1))
    if words[-1] == ":":
        at = min(at, len(words) - 1)
    phrase = " ".join([*words[:at], spoilt, *words[at:], f"{figure}", DEAD[lexicon]])
    alone = read_or_none(" ".join([spoilt, f"{figure}", DEAD[lexicon]]), lexicon)
    assume(alone is None)
    assert read_or_none(phrase, lexicon) is None


@given(data=st.data(), lexicon=IN_ALL, figure=FIGURES, word=st.sampled_from(WORDS) | LETTERS, capital=st.booleans())
def test_an_unknown_first_word_refuses_a_headline_capital_or_not(
    data: st.DataObject, lexicon: str, figure: str, word: str, *, capital: bool
) -> None:
    vocabulary = VOCABULARIES[lexicon]
    known = KNOWN[lexicon] | {part for phrase in vocabulary.places.entries for part in phrase}
    assume(word not in known)
    opening = data.draw(st.sampled_from(OPENINGS[lexicon]))
    written = word.capitalize() if capital else word
    assert read_or_none(f"{written} {opening} {figure} {DEAD[lexicon]}", lexicon) is None


@pytest.mark.parametrize(
    ("phrase", "lexicon"),
    [
        ("leaves 12 people", "en/2"),
        ("Attack leaves 12", "en/2"),
        ("Attack leaves 12 homes", "en/2"),
        ("claims 12 soldiers", "en/2"),
        ("Islamic State claims 12 attacks", "en/2"),
        ("Une frappe fait 12", "fr/1"),
        ("انفجار في دمشق يوقع 12", "ar/1"),
    ],
)
def test_a_verb_that_does_not_say_what_befell_them_needs_words_that_do(phrase: str, lexicon: str) -> None:
    with pytest.raises(CountError):
        read_count(phrase, lexicon)


@pytest.mark.parametrize("phrase", ["Syria: 12", "Attack in Kabul: 12", "Vehicles: 12", "Homes: 12"])
def test_behind_a_place_and_a_colon_a_bare_figure_counts_nobody(phrase: str) -> None:
    with pytest.raises(CountError) as refusal:
        read_count(phrase)
    assert "figure" in str(refusal.value)


@pytest.mark.parametrize(
    ("phrase", "meaning"),
    [
        ("12 killed, Gaza health ministry says", (12, 12, 12, "exact")),
        ("at least 12 killed: local officials", (12, None, None, "at_least")),
        ("12 killed, 3 of them children, police say", (12, 12, 12, "exact")),
        ("12 killed, police say 15", None),
        ("12 killed, hundreds say", None),
        ("12 killed, army denies", None),
        ("12 killed: police, 30 wounded", None),
    ],
)
def test_who_says_so_may_end_a_headline_and_no_second_figure_may(phrase: str, meaning: Meaning | None) -> None:
    assert read_or_none(phrase) == meaning


@given(data=st.data(), figure=st.integers(2, 999))
def test_nobody_but_a_source_may_stand_behind_the_last_dash(data: st.DataObject, figure: int) -> None:
    vocabulary = VOCABULARIES["en/2"]
    around = vocabulary.around.entries
    kinds = ("person", "noun", word_class.COUNTING, "!doubt", "!alive")
    words = [phrase[0] for phrase, kind in around.items() if len(phrase) == 1 and kind in kinds]
    word = data.draw(st.sampled_from([word for word in words if word.isalpha()]))
    assume(word not in vocabulary.attribution_nouns)
    read = read_or_none(f"{figure} killed: {word}")
    assert read is None
    assert not any(
        kind.startswith((word_class.FATE, word_class.REFUSED))
        for kind in [around.get((s,), "") for s in vocabulary.attribution_nouns]
    )


@given(figure=st.integers(1, 999), rest=st.integers(1, 10**6), noun=st.sampled_from(["شخص", "قتيلا", ""]))
def test_digits_joined_to_a_thousand_in_arabic_are_added_to_it_or_refused(figure: int, rest: int, noun: str) -> None:
    meaning = read_or_none(f"{figure} ألفا و{rest} {noun}", "ar/1")
    value = 1_000 * figure + rest
    assert meaning == ((value, value, value, "exact") if rest < 1_000 else None)
    assert read_or_none(f"{figure} ألفا و {rest} {noun}", "ar/1") is None


@pytest.mark.parametrize(
    ("phrase", "lexicon", "meaning"),
    [
        ("قتيل على الأقل", "ar/1", (1, None, None, "at_least")),
        ("مقتل شخصين على الأقل في انفجار", "ar/1", (2, None, None, "at_least")),
        ("مقتل شخص على الأقل و3 جرحى", "ar/1", None),
        ("12 morts au moins dans une frappe", "fr/1", (12, None, None, "at_least")),
        ("12 morts au moins et 30 blessés", "fr/1", None),
        ("12 people at least in Homs", "en/2", (12, None, None, "at_least")),
        ("12 morts le 12 mars 2025 à Homs", "fr/1", (12, 12, 12, "exact")),
        ("12 morts le 12", "fr/1", None),
        ("nearly hundreds", "en/2", None),
        ("~ dozens", "en/2", None),
    ],
)
def test_a_bound_or_a_day_behind_the_noun_is_read_where_no_second_figure_hides(
    phrase: str, lexicon: str, meaning: Meaning | None
) -> None:
    assert read_or_none(phrase, lexicon) == meaning


@pytest.mark.parametrize("phrase", ["12 children orphaned", "12 people trapped", "12 affected"])
def test_words_that_say_what_no_measure_counts_are_remarked_on(phrase: str) -> None:
    assert [code for code, _ in wording_remarks(read_count(phrase), "killed")] == ["other_measure"]


@pytest.mark.parametrize("phrase", ["12 orphaned children killed", "12 trapped miners died", "12 people killed"])
def test_words_that_only_describe_those_killed_are_not_remarked_on(phrase: str) -> None:
    assert list(wording_remarks(read_count(phrase), "killed")) == []
