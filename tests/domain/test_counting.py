"""Counts in words in three languages: each phrase is read as a careful reader would, or refused in a sentence."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from domain.values.counts.count import Count, CountError, lexicon_of, read_count, words_for
from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Vocabulary
from domain.values.counts.lexicons.registry import DEFAULT, VOCABULARIES
from tests.domain.given import counted

HERE = Path(__file__).parent / "vectors"
LEXICONS = {"en": "en/2", "ar": "ar/1", "fr": "fr/1"}
WORDS = (HERE / "english-words.txt").read_text("utf-8").split()

Meaning = tuple[int | None, int | None, int | None, str | None]


def meaning_of(count: Count) -> Meaning:
    return count.lower, count.upper, count.best, count.bound


def read_or_none(phrase: str, lexicon: str = DEFAULT) -> Meaning | None:
    try:
        return meaning_of(read_count(phrase, lexicon))
    except CountError:
        return None


def vectors(language: str) -> dict[str, Meaning | None]:
    cases = json.loads((HERE / f"counts-{language}.json").read_text("utf-8"))
    return {case["phrase"]: tuple(case["expected"]) if case["expected"] else None for case in cases}


def reading_or_refusal(phrase: str, language: str) -> tuple[Meaning, str, str | None] | str:
    """Return the meaning of a phrase with its words and lexicon, or the sentence that refuses it."""
    try:
        count = read_count(phrase, language)
    except CountError as refusal:
        return str(refusal)
    return meaning_of(count), count.verbatim, count.lexicon


def is_right(found: tuple[Meaning, str, str | None] | str, phrase: str, meaning: Meaning | None, language: str) -> bool:
    if meaning is None:
        return isinstance(found, str) and found.endswith(".") and len(found) < 600
    return found == (meaning, phrase, LEXICONS[language])


@pytest.mark.parametrize("language", LEXICONS)
def test_phrases_of_the_press_are_read_as_a_careful_reader_would_or_refused(language: str) -> None:
    read = [(phrase, meaning, reading_or_refusal(phrase, language)) for phrase, meaning in vectors(language).items()]
    assert [each for each in read if not is_right(each[2], each[0], each[1], language)] == []


@pytest.mark.parametrize(("language", "least"), [("en", 250), ("ar", 150), ("fr", 150)])
def test_each_lexicon_is_held_to_many_phrases(language: str, least: int) -> None:
    assert len(vectors(language)) >= least


REFUSALS = [
    ("38 mila", ["“mila”", "en/2", "write the count alone"]),
    ("two families", ["“families”", "groups", "lower and upper for the people"]),
    ("3 truckloads of bodies", ["“truckloads”"]),
    ("10 a day", ["rate", "“a day”"]),
    ("12 of 30", ["does not say what the figure counts"]),
    ("12 soldiers and three policemen", ["second figure"]),
    ("12 soldiers and the driver", ["second figure"]),
    ("12 killed and wounded", ["injured, killed", "killed_or_injured"]),
    ("12 (unconfirmed)", ["certainty", "“unconfirmed”"]),
    ("12 more", ["incremental"]),
    ("12 survivors", ["“survivors”"]),
    ("12 killed in 24 hours", ["“24 hours”", "“period”"]),
    ("nearly 300 killed in two days", ["“two days”", "“period”"]),
    ("Attack leaves 12 people", ["what befell", "“dead”"]),
    ("12 young", ["breaks off", "“young”"]),
    ("5 to 30,000", ["at least 5 and at most 30,000", "5,000 to 30,000"]),
    ("1\u200b3", ["U+200B"]),
    ("1\u200e3", ["mark of direction"]),
    ("at least 12, including 15 children", ["part", "larger"]),
    ("half of the 30", ["“half”", "where its figure"]),
    ("unknown", ["gives no figure"]),
    ("hundred dead", ["a hundred"]),
]


@pytest.mark.parametrize(("phrase", "says"), REFUSALS)
def test_a_refusal_names_the_word_and_says_what_to_write(phrase: str, says: list[str]) -> None:
    with pytest.raises(CountError) as refusal:
        read_count(phrase)
    assert [part for part in says if part not in str(refusal.value)] == []


WRONG_IN_THE_FIRST = [
    ("10-80,000", (10_000, 80_000, None, "between")),
    ("12 lakh", (1_200_000, 1_200_000, 1_200_000, "exact")),
    ("14 (est.)", (14, 14, 14, "about")),
    ("12 frobnicates", None),
    ("38 mila", None),
    ("two families", None),
    ("10 a day", None),
    ("20 each", None),
    ("dozens killed and wounded", None),
    ("12 police stations", None),
]


@pytest.mark.parametrize(("phrase", "meaning"), WRONG_IN_THE_FIRST)
def test_what_the_first_lexicon_misread_the_second_reads_or_refuses(phrase: str, meaning: Meaning | None) -> None:
    assert read_or_none(phrase, "en/1") not in (None, meaning)
    assert read_or_none(phrase) == meaning


# Words outside of the lexicons.


def known_words(vocabulary: Vocabulary) -> frozenset[str]:
    tables = (
        vocabulary.bounds, vocabulary.suffixes, vocabulary.lead_ins, vocabulary.subjects, vocabulary.verbs,
        vocabulary.worded, vocabulary.around, vocabulary.zero_words, vocabulary.numerals.scales,
        vocabulary.numerals.named,
    )  # fmt: skip
    found = {word for table in tables for phrase in table.entries for word in phrase}
    return frozenset(found) | vocabulary.numerals.words | frozenset(vocabulary.numerals.glued)


KNOWN = {name: known_words(vocabulary) for name, vocabulary in VOCABULARIES.items()}
FIGURES = st.one_of(st.integers(0, 2_000), st.integers(0, 10**7)).map(lambda figure: f"{figure:,}")
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)


@pytest.mark.parametrize("lexicon", sorted(VOCABULARIES))
@given(figure=FIGURES, word=st.sampled_from(WORDS) | LETTERS, before=st.booleans(), capital=st.booleans())
@example(figure="38", word="mila", before=False, capital=False)
def test_an_unknown_word_beside_a_figure_never_passes_for_a_noun(
    lexicon: str, figure: str, word: str, *, before: bool, capital: bool
) -> None:
    assume(word not in KNOWN[lexicon])
    written = word.capitalize() if capital else word
    assert read_or_none(f"{written} {figure}" if before else f"{figure} {written}", lexicon) is None


@pytest.mark.parametrize("lexicon", ["en/2", "fr/1", "ar/1"])
@given(figure=FIGURES, words=st.lists(st.sampled_from(WORDS) | LETTERS, min_size=1, max_size=4), data=st.data())
def test_an_unknown_word_anywhere_refuses_even_beside_a_known_noun(
    lexicon: str, figure: str, words: list[str], data: st.DataObject
) -> None:
    assume(KNOWN[lexicon].isdisjoint(words))
    noun = {"en/2": "people", "fr/1": "personnes", "ar/1": "شخصا"}[lexicon]
    parts = data.draw(st.permutations([figure, noun, *words]))
    assert read_or_none(" ".join(parts), lexicon) is None


def counts_nobody(vocabulary: Vocabulary) -> list[str]:
    """Every phrase that may stand behind a figure and is neither a noun nor ends a count."""
    nouns = (word_class.PERSON, word_class.THING, word_class.CLOSING, word_class.MORE, "!alive")
    return [
        " ".join(phrase)
        for phrase, kind in vocabulary.around.entries.items()
        if kind not in nouns and not kind.startswith(word_class.FATE) and any(map(str.isalnum, phrase))
    ]


@pytest.mark.parametrize("lexicon", ["en/2", "fr/1", "ar/1"])
@given(data=st.data(), figure=st.integers(2, 999))
def test_without_a_noun_no_words_behind_a_figure_leave_it_exact(lexicon: str, data: st.DataObject, figure: int) -> None:
    words = data.draw(st.lists(st.sampled_from(counts_nobody(VOCABULARIES[lexicon])), min_size=1, max_size=4))
    read = read_or_none(f"{figure} {' '.join(words)}", lexicon)
    assert read is None or read[3] != "exact" or read[0] != figure


# Phrases from a grammar, of which the right reading is known.


class Grammar(NamedTuple):
    """Pieces of a language: bounds, scales, people, tails that change nothing, and what spoils a count."""

    bounds: dict[str, str]
    scales: dict[str, int]
    people: list[str]
    tails: list[str]
    spoilers: list[str]
    to: str
    between: tuple[str, str]


GRAMMARS = {
    "en/2": Grammar(
        {"": "exact", "at least": "at_least", "more than": "more_than", "up to": "at_most", "fewer than": "fewer_than",
         "about": "about", "nearly": "about", "no fewer than": "at_least", "Over": "more_than", "~": "about"},
        {"": 1, "thousand": 1_000, "lakh": 10**5, "million": 10**6, "crore": 10**7, "hundred": 100, "dozen": 12},
        ["", "people", "civilians", "soldiers killed", "killed", "Palestinians", "members of the security forces",
         "aid workers", "dead", "men, women and children", "people were killed", "Alawites"],
        ["", "in Homs", "since 6 March", "by gunmen", "so far", ", mostly children", "on Friday"],
        ["a day", "per day", "each", "daily", "families", "km", "%", "hours", "of 30", "and 5 soldiers",
         "and a soldier", "and many others", "not", "per 100,000", "in each town", "?", "dollars", "or possibly 20",
         "and their families", "every week", "and wounded and missing", "rescued", "on average", "years old"],
        "to", ("between", "and"),
    ),
    "fr/1": Grammar(
        {"": "exact", "au moins": "at_least", "plus de": "more_than", "au plus": "at_most", "moins de": "fewer_than",
         "environ": "about", "près de": "about", "jusqu'à": "at_most"},
        {"": 1, "mille": 1_000, "millions": 10**6, "milliards": 10**9},
        ["", "personnes", "civils", "soldats tués", "tués", "Palestiniens", "membres des forces de sécurité"],
        ["", "à Alep", "depuis le 7 octobre", "lundi", ", dont des enfants"],
        ["par jour", "chacun", "familles", "km", "%", "heures", "sur 30", "et 5 soldats", "et un soldat",
         "ans", "euros", "ou peut-être 20", "par semaine", "en moyenne", "et blessés et disparus", "secourus", "?"],
        "à", ("entre", "et"),
    ),
    "ar/1": Grammar(
        {"": "exact", "ما لا يقل عن": "at_least", "أكثر من": "more_than", "ما لا يزيد عن": "at_most",
         "أقل من": "fewer_than", "نحو": "about", "حوالي": "about", "قرابة": "about"},
        {"": 1, "ألف": 1_000, "مليون": 10**6, "آلاف": 1_000},
        ["", "شخص", "قتيلا", "مدنيا", "فلسطينيا", "من عناصر قوات الأمن", "مدنيا قتلوا", "جنود"],
        ["", "في حلب", "منذ 7 أكتوبر", "حتى الآن", "، بينهم أطفال"],
        ["يوميا", "كل يوم", "عائلات", "كيلومترا", "%", "ساعة", "من 30", "و5 جنود", "وجندي", "عاما", "دولار",
         "في المئة", "أسبوعيا", "في اليوم", "و 20 جريحا", "ناجيا", "?", "شاحنة"],
        "إلى", ("بين", "و"),
    ),
}  # fmt: skip
NOT_SCALED = {"", ",", "~"}


def bounded(value: int, bound: str) -> Meaning:
    lower = None if bound in {"at_most", "fewer_than"} else value
    upper = None if bound in {"at_least", "more_than"} else value
    return lower, upper, value if bound in {"exact", "about"} else None, bound


def phrase_of(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part).replace(" ,", ",").replace(" ،", "،")


def scaled(grammar: Grammar, figure: int, scale: str) -> int:
    return figure * grammar.scales[scale]


@st.composite
def parts_of_phrases(draw: st.DrawFn, grammar: Grammar) -> tuple[str, str, int, str, str]:
    bound = draw(st.sampled_from(sorted(grammar.bounds)))
    scale = draw(st.sampled_from(sorted(grammar.scales)))
    figure = draw(st.integers(2, 999)) if scale else draw(st.integers(0, 10**6))
    noun, tail = draw(st.sampled_from(grammar.people)), draw(st.sampled_from(grammar.tails))
    return bound, scale, figure, noun, tail


@pytest.mark.parametrize("lexicon", sorted(GRAMMARS))
@given(data=st.data())
def test_a_bound_a_figure_a_scale_a_noun_and_a_tail_are_read_together(lexicon: str, data: st.DataObject) -> None:
    grammar = GRAMMARS[lexicon]
    bound, scale, figure, noun, tail = data.draw(parts_of_phrases(grammar))
    assume(noun or not tail)
    of = "de" if lexicon == "fr/1" and noun and scale in {"millions", "milliards"} else ""
    phrase = phrase_of([bound, str(figure), scale, of, noun, tail])
    assert read_or_none(phrase, lexicon) == bounded(scaled(grammar, figure, scale), grammar.bounds[bound])


@pytest.mark.parametrize("lexicon", sorted(GRAMMARS))
@given(data=st.data())
def test_what_spoils_a_count_refuses_it_wherever_it_stands_behind_the_figure(lexicon: str, data: st.DataObject) -> None:
    grammar = GRAMMARS[lexicon]
    bound, scale, figure, noun, tail = data.draw(parts_of_phrases(grammar))
    spoiler = data.draw(st.sampled_from(grammar.spoilers))
    ends = data.draw(st.permutations([noun, spoiler])) if not tail else [noun, spoiler, tail]
    assert read_or_none(phrase_of([bound, str(figure), scale, *ends]), lexicon) is None


@pytest.mark.parametrize("lexicon", sorted(GRAMMARS))
@given(data=st.data(), low=st.integers(0, 10**5), high=st.integers(0, 10**5), grouped=st.booleans())
def test_a_range_is_never_narrower_or_lower_than_it_was_said(
    lexicon: str, data: st.DataObject, low: int, high: int, *, grouped: bool
) -> None:
    grammar = GRAMMARS[lexicon]
    opening, join = data.draw(st.sampled_from([("", "-"), ("", "\u2013"), ("", grammar.to), grammar.between]))
    noun = data.draw(st.sampled_from(grammar.people))
    first, second = (f"{low:,}", f"{high:,}") if grouped else (str(low), str(high))
    joined = f"{first}{join}{second}" if join in {"-", "\u2013"} else f"{first} {join} {second}"
    read = read_or_none(phrase_of([opening, joined, noun]), lexicon)
    elliptic = 0 < low < 1_000 and low * 1_000 <= high
    if low > high or (elliptic and not (grouped and join in {"-", "\u2013"} and high % 1_000 == 0)):
        assert read is None
    else:
        assert read == (low * 1_000 if elliptic else low, high, None, "between")


@pytest.mark.parametrize("lexicon", sorted(VOCABULARIES))
@given(figure=st.integers(0, 10**12), zero=st.sampled_from("0٠۰०০๐０"))
def test_a_figure_alone_is_exact_in_the_digits_of_any_script(lexicon: str, figure: int, zero: str) -> None:
    written = "".join(chr(ord(zero) + int(digit)) for digit in str(figure))
    assert read_or_none(written, lexicon) == bounded(figure, "exact")


@given(figure=st.integers(10, 10**6).map(str), zeros=st.permutations("0٠۰०০"), at=st.integers(1, 5))
def test_digits_of_two_scripts_are_never_one_figure(figure: str, zeros: list[str], at: int) -> None:
    split = min(at, len(figure) - 1)
    written = [chr(ord(zeros[place >= split]) + int(digit)) for place, digit in enumerate(figure)]
    assert read_or_none("".join(written)) is None


@given(
    figure=st.integers(10, 9_999).map(str),
    unseen=st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u202d\u200e\u200f\u2066"),
    at=st.integers(1, 3),
)
def test_a_character_that_nobody_sees_never_parts_a_figure(figure: str, unseen: str, at: int) -> None:
    place = min(at, len(figure) - 1)
    assert read_or_none(f"{figure[:place]}{unseen}{figure[place:]} dead") is None


@pytest.mark.parametrize("lexicon", sorted(VOCABULARIES))
@given(
    text=st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            ["12", " ", "1,000", "-", "(", ")", "[3]", ",", "٣", "and", "or", "une", "de", "و", "بين", "killed",
             "people",
             "morts", "قتيل", "at", "least", "million", "a", "including", "dont", "بينهم", ".", "half"]
        ),
        max_size=12,
    ).map(" ".join)
)  # fmt: skip
@example(text="dont")
@example(text="12 (")
@example(text="12 killed (")
@example(text="12 killed ,")
@example(text="at least")
@example(text="including")
def test_any_text_is_read_or_refused(lexicon: str, text: str) -> None:
    try:
        count = read_count(text, lexicon)
    except CountError as refusal:
        sentence = str(refusal)
        assert len(sentence.encode()) < 900
    else:
        assert not count.inconsistent
        assert count.lexicon == lexicon


@pytest.mark.parametrize("language", ["", "en", "EN-gb", "eng", "und"])
def test_english_and_no_language_are_read_by_the_default(language: str) -> None:
    assert lexicon_of(language or "en") == DEFAULT


@pytest.mark.parametrize(
    ("language", "lexicon"),
    [("ar", "ar/1"), ("ar-SY", "ar/1"), ("apc", "ar/1"), ("fr", "fr/1"), ("fr-FR", "fr/1"), ("fre", "fr/1"),
     ("de", "und/1"), ("frr", "und/1"), ("art-x", "und/1"), ("fa", "und/1"), ("x-own", "und/1")],
)  # fmt: skip
def test_a_language_chooses_its_lexicon_by_its_first_subtag(language: str, lexicon: str) -> None:
    assert lexicon_of(language) == lexicon


@pytest.mark.parametrize(
    ("phrase", "meaning"),
    [
        ("1.200", bounded(1_200, "exact")),
        ("~200", bounded(200, "about")),
        ("200+", bounded(200, "at_least")),
        ("> 200", bounded(200, "more_than")),
        ("80-100", (80, 100, None, "between")),
        ("۲۵", bounded(25, "exact")),
        ("12 Tote", None),
        ("dozens", None),
        ("12 to 15", None),
        ("1,2", None),
    ],
)
def test_in_other_languages_figures_and_signs_are_read_and_words_refused(phrase: str, meaning: Meaning | None) -> None:
    assert read_or_none(phrase, "de") == meaning


def test_a_refused_word_of_another_language_names_the_lexicons_there_are() -> None:
    with pytest.raises(CountError, match=r"“tote”.*en/2, ar/1 and fr/1"):
        read_count("12 Tote", "de")


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [(10, 80_000, "at least 10 and at most 80,000"), (10, 9_999, "10\u20139,999"), (0, 5_000, "0\u20135,000")],
)
def test_a_range_that_could_be_taken_for_thousands_is_written_out_and_read_back(
    lower: int, upper: int, words: str
) -> None:
    assert words_for(counted(lower=lower, upper=upper, bound="between")) == words
    assert read_or_none(words) == (lower, upper, None, "between")
