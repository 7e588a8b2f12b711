"""What the press writes and what it means: read with certainty, or refused in a sentence that quotes it."""

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.values.counts.count import BOUNDS, Count, CountError, read_count, words_for
from domain.values.counts.english_1_numbers import BIGGEST
from domain.values.explanation import explained_document
from tests.domain.given import counted

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "counts.json"
vectors = json.loads(VECTORS.read_text("utf-8")) if VECTORS.is_file() else {"accepted": [], "refused": []}

Ends = tuple[int | None, int | None, int | None]


def exact(figure: int) -> tuple[str, Ends]:
    return "exact", (figure, figure, figure)


def about(figure: int) -> tuple[str, Ends]:
    return "about", (figure, figure, figure)


def from_(figure: int, bound: str = "at_least") -> tuple[str, Ends]:
    return bound, (figure, None, None)


def to(figure: int, bound: str = "at_most") -> tuple[str, Ends]:
    return bound, (None, figure, None)


def between(lower: int, upper: int) -> tuple[str, Ends]:
    return "between", (lower, upper, None)


def worded(lower: int | None, upper: int | None) -> tuple[str, Ends]:
    return "worded", (lower, upper, None)


NONE = ("none", (0, 0, 0))

READ = [
    ("48", exact(48)),
    ("  48  ", exact(48)),
    ("48.", exact(48)),
    ("“48”", exact(48)),
    ("\u200f48\u200f", exact(48)),
    ("1,383 civilians", exact(1383)),
    ("1.383", exact(1383)),
    ("1'383", exact(1383)),
    ("1’383", exact(1383)),
    ("1\u00a0383", exact(1383)),
    ("1\u202f383", exact(1383)),
    ("1\u2009383", exact(1383)),
    ("1 007", exact(1007)),
    ("2 000 500", exact(2_000_500)),
    ("١٬٣٨٣", exact(1383)),
    ("۱٬۳۸۳", exact(1383)),
    ("۸۳۰", exact(830)),
    ("1,000,000,000,000", exact(10**12)),
    ("seventeen", exact(17)),
    ("Forty-Five", exact(45)),
    ("FORTY FIVE DEAD", exact(45)),
    ("one hundred and eleven", exact(111)),
    ("a hundred and eleven civilians", exact(111)),
    ("another hundred", exact(100)),
    ("more than 200 killed since 6 March 2025", from_(200, "more_than")),
    ("1,000-plus", from_(1000)),
    ("nearly hundred", about(100)),
    ("thirteen hundred", exact(1300)),
    ("one thousand three hundred eighty-three", exact(1383)),
    ("two million three hundred thousand", exact(2_300_000)),
    ("ten-thousand", exact(10_000)),
    ("three dozen", exact(36)),
    ("2 dozen fighters", exact(24)),
    ("a score", exact(20)),
    ("a half-dozen", exact(6)),
    ("half a million people", exact(500_000)),
    ("a pair of brothers", exact(2)),
    ("1.3 thousand", exact(1300)),
    ("2.25 million", exact(2_250_000)),
    ("0.5 million", exact(500_000)),
    ("1,200 million", exact(1_200_000_000)),
    ("13 hundred", exact(1300)),
    ("2k", exact(2000)),
    ("1.5K", exact(1500)),
    ("one man", exact(1)),
    ("an officer", exact(1)),
    ("a young woman", exact(1)),
    ("an army officer killed in Jableh", exact(1)),
    ("a child soldier", exact(1)),
    ("exactly 13", exact(13)),
    ("a total of 1,426", exact(1426)),
    ("another 24 bodies", exact(24)),
    ("five more", exact(5)),
    ("16 killed or wounded", exact(16)),
    ("13, all of them civilians", exact(13)),
    ("1,426, most of them civilians", exact(1426)),
    ("13 members of the 25th Division", exact(13)),
    ("13 security personnel (police)", exact(13)),
    ("zero casualties", exact(0)),
    ("at least 13 security personnel", from_(13)),
    ("At Least sixteen dead", from_(16)),
    ("at least one soldier", from_(1)),
    ("a total of at least 200", from_(200)),
    ("at least another 24", from_(24)),
    ("1,700+", from_(1700)),
    ("1,700 + people", from_(1700)),
    ("≥ 200", from_(200)),
    (">= 200", from_(200)),
    ("1,700 or more civilians", from_(1700)),
    ("20 people or more", from_(20)),
    ("200 (at least)", from_(200)),
    ("at least 200+", from_(200)),
    ("200 plus", from_(200)),
    ("upward of two dozen", from_(24)),
    ("no less than a hundred", from_(100)),
    ("over a thousand", from_(1000, "more_than")),
    ("well over a hundred", from_(100, "more_than")),
    ("just over 300 people", from_(300, "more_than")),
    ("far more than 1,000", from_(1000, "more_than")),
    ("more than 2k", from_(2000, "more_than")),
    (">70", from_(70, "more_than")),
    ("as many as 2,400", to(2400)),
    ("≤ 30", to(30)),
    ("30 or fewer", to(30)),
    ("30 dead at most", to(30)),
    ("not exceeding thirty", to(30)),
    ("up to half a dozen", to(6)),
    ("< 50", to(50, "fewer_than")),
    ("just under 50", to(50, "fewer_than")),
    ("well below one hundred", to(100, "fewer_than")),
    ("some 1,500 people", about(1500)),
    ("close to 800", about(800)),
    ("nearly 1,400", about(1400)),
    ("around two dozen", about(24)),
    ("≈70", about(70)),
    ("approx. 200", about(200)),
    ("c. 200", about(200)),
    ("a hundred or so", about(100)),
    ("an estimated half a million people", about(500_000)),
    ("80 – 100", between(80, 100)),
    ("80–100 people", between(80, 100)),
    ("twenty to thirty", between(20, 30)),
    ("twenty–thirty", between(20, 30)),
    ("a dozen or two dozen", between(12, 24)),
    ("between 80-100", between(80, 100)),
    ("between one hundred and five and two hundred", between(105, 200)),
    ("between two hundred and five thousand", between(200, 5000)),
    ("some 20 to 30 fighters", between(20, 30)),
    ("20 to 30 or so", between(20, 30)),
    ("٨٠-١٠٠", between(80, 100)),
    ("two to three hundred", between(200, 300)),
    ("10-20k", between(10_000, 20_000)),
    ("1.5 to 2 million", between(1_500_000, 2_000_000)),
    ("two or three dozen", between(24, 36)),
    ("80 to one hundred", between(80, 100)),
    ("500 to one thousand", between(500, 1000)),
    ("scores of people", worded(40, 99)),
    ("Hundreds dead", worded(200, 999)),
    ("dozens more were wounded", worded(24, 99)),
    ("several", worded(3, 9)),
    ("several hundreds", worded(300, 999)),
    ("a few dozen", worded(36, 71)),
    ("tens of thousands of supporters", worded(20_000, 99_999)),
    ("multiple casualties", worded(None, None)),
    ("more than several hundred", worded(300, None)),
    ("up to several hundred", worded(None, 999)),
    ("no one was killed", NONE),
    ("None so far", NONE),
    ("no civilian deaths", NONE),
    ("no injuries", NONE),
]

REFUSED = [
    ("", "is empty"),
    ("\u200f\n\t", "is empty"),
    ("unknown number of people", "gives no figure"),
    ("unclear", "gives no figure"),
    ("people", "cannot be read as a count"),
    ("killed 13", "cannot be read as a count"),
    ("the 13", "cannot be read as a count"),
    ("as many as", "cannot be read as a count"),
    ("a lot", "cannot be read as a count"),
    ("some people", "cannot be read as a count"),
    ("+5", "cannot be read as a count"),
    ("(13)", "cannot be read as a count"),
    ("third", "cannot be read as a count"),
    ("reportedly 13", "cannot be read as a count"),
    ("a group of soldiers", "cannot be read as a count"),
    ("a rebel group", "cannot be read as a count"),
    ("a death toll", "cannot be read as a count"),
    ("a man and a woman", "cannot be read as a count"),
    ("almost nobody", "cannot be read as a count"),
    ("½", "cannot be read as a count"),
    ("Ⅻ", "cannot be read as a count"),
    ("१२", "cannot be read as a count"),
    ("\u043ene", "cannot be read as a count"),
    ("minus five", "is negative"),
    ("-5 to 10", "is negative"),
    ("−5", "is negative"),
    ("one to two and three", "because of “and”"),
    ("13 dead, 24 wounded", "second figure"),
    ("thirteen dead and twenty-four wounded", "second figure"),
    ("13 soldiers and a civilian", "second figure"),
    ("13 soldiers and several civilians", "second figure"),
    ("13 of 20", "second figure"),
    ("1,383 civilians (683 in Latakia)", "second figure"),
    ("a 12-year-old boy", "cannot be read as a count"),
    ("a mother of three", "second figure"),
    ("a couple of hundred", "second figure"),
    ("dozens or hundreds", "behind the figure"),
    ("zero zero five", "second figure"),
    ("sixty-ten", "second figure"),
    ("80 100", "two figures side by side"),
    ("1 500", "two figures side by side"),
    ("13?", "because of “?”"),
    ("hundred of people", "may be one of that or several"),
    ("dozen killed", "may be one of that or several"),
    ("5%", "because of “%”"),
    ("5 percent", "because of “percent”"),
    ("five per cent of them", "because of “per”"),
    ("13/20", "because of “/”"),
    ("10:30", "because of “:”"),
    ("13 days", "because of “days”"),
    ("a two-week siege", "cannot be read as a count"),
    ("7 March", "because of “march”"),
    ("7 March 2025", "because of “march”"),
    ("two thirds", "because of “thirds”"),
    ("a third", "cannot be read as a count"),
    ("21st", "because of “st”"),
    ("13killed", "because of “killed”"),
    ("1e3", "because of “e”"),
    ("100s", "because of “s”"),
    ("5 m", "because of “m”"),
    ("one and a half million", "because of “and”"),
    ("sixty and five million", "because of “and”"),
    ("20 more than yesterday", "because of “than”"),
    ("20 people, possibly more", "because of “possibly”"),
    ("30 max", "because of “max”"),
    ("200 على الأقل", "because of “ع”"),
    ("200 au moins", "because of “moins”"),
    ("1\u200b3", "because of “\ufffd”"),
    ("12,34", "exactly three digits"),
    ("1,0000", "exactly three digits"),
    ("1,234.567", "exactly three digits"),
    ("1,234.5", "exactly three digits"),
    ("0,500", "exactly three digits"),
    ("2.5", "a decimal"),
    ("0.500", "a decimal"),
    ("2.5 people", "a decimal"),
    ("1.23456789 million", "a whole number"),
    ("1.5 dozen", "cannot follow a decimal"),
    ("1.018 million", "thousands or decimals"),
    ("007", "begins with a zero"),
    ("2025-03-06", "begins with a zero"),
    ("1٢3", "two scripts"),
    ("1,000,000,000,001", "above 10^12"),
    ("two thousand billion", "second figure"),
    ("9" * 299, "above 10^12"),
    ("13" + " " * 299, "longer than 300"),
    ("thirty to twenty", "runs backwards"),
    ("1,300-400", "runs backwards"),
    ("one hundred to two hundred thousand", "two ranges"),
    ("two to three hundred and fifty", "two ranges"),
    ("between 80", "without two figures"),
    ("from 80", "without two figures"),
    ("at least 80 to 100", "before or after a range"),
    ("80-100+", "before or after a range"),
    ("about 200 or more", "one bound before its figure and another behind"),
    ("exactly 20 or more", "one bound before its figure and another behind"),
    ("no survivors", "for certain"),
    ("no deaths reported", "for certain"),
    ("nobody survived", "for certain"),
    ("no information", "for certain"),
    ("no", "for certain"),
    ("no further casualties", "for certain"),
]


@pytest.mark.parametrize(("verbatim", "meaning"), READ)
def test_the_first_lexicon_reads_as_it_always_did(verbatim: str, meaning: tuple[str, Ends]) -> None:
    count = read_count(verbatim, "en/1")
    assert (count.bound, (count.lower, count.upper, count.best)) == meaning
    assert (count.verbatim, count.lexicon) == (verbatim, "en/1")


@pytest.mark.parametrize(("verbatim", "why"), REFUSED)
def test_the_first_lexicon_refuses_as_it_always_did(verbatim: str, why: str) -> None:
    with pytest.raises(CountError) as refusal:
        read_count(verbatim, "en/1")
    assert why in str(refusal.value)
    assert str(refusal.value).startswith("“")


@pytest.mark.skipif(not vectors["accepted"], reason="the shared cases are not beside the project")
@pytest.mark.parametrize("case", vectors["accepted"], ids=lambda case: case["verbatim"])
def test_every_shared_case_is_read(case: dict[str, Any]) -> None:
    count = read_count(case["verbatim"])
    assert {name: getattr(count, name) for name in ("lower", "upper", "best", "bound")} == {
        name: case[name] for name in ("lower", "upper", "best", "bound")
    }


@pytest.mark.skipif(not vectors["refused"], reason="the shared cases are not beside the project")
@pytest.mark.parametrize("case", vectors["refused"], ids=lambda case: case["verbatim"])
def test_every_shared_refusal_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(CountError):
        read_count(case["verbatim"])


FIGURES = st.one_of(st.integers(0, 2_000), st.integers(0, BIGGEST))
UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spell(number: int, *, join: str, hyphen: str) -> str:
    """Spell a number below 10^12 as English does: `join` stands after the hundreds, `hyphen` inside the tens."""
    for scale, name in ((10**9, " billion"), (10**6, " million"), (1000, " thousand"), (100, " hundred")):
        if number >= scale:
            head, rest = divmod(number, scale)
            tail = (join if scale == 100 else " ") + spell(rest, join=join, hyphen=hyphen) if rest else ""
            return spell(head, join=join, hyphen=hyphen) + name + tail
    if number < len(UNITS):
        return UNITS[number]
    tens, ones = divmod(number, 10)
    return TENS[tens - 2] + (hyphen + UNITS[ones] if ones else "")


@given(st.integers(0, BIGGEST - 1), st.sampled_from([" and ", " "]), st.sampled_from(["-", " "]))
@example(1_383, " and ", "-")
@example(999_999_999_999, " ", " ")
def test_every_number_in_words_is_read_back(number: int, join: str, hyphen: str) -> None:
    assert read_count(spell(number, join=join, hyphen=hyphen)).best == number


@given(
    FIGURES, st.sampled_from([",", ".", "'", "’", "\u00a0", "\u202f", "\u2009", "\u066c", ""]), st.sampled_from("0٠۰")
)
def test_every_figure_is_read_back_in_every_script_and_grouping(figure: int, separator: str, zero: str) -> None:
    digits = f"{figure:,}".replace(",", separator)
    written = digits.translate({ord("0") + digit: ord(zero) + digit for digit in range(10)})
    assert read_count(written).best == figure


@given(
    FIGURES,
    FIGURES,
    st.sampled_from(
        ["{}-{}", "{}\u2013{}", "{} \u2014 {}", "{} to {}", "{} or {}", "between {} and {}", "from {} to {}"]
    ),
)
def test_a_range_is_read_forwards_and_refused_backwards(low: int, high: int, shape: str) -> None:
    if low > high:
        with pytest.raises(CountError, match="runs backwards"):
            read_count(shape.format(low, high))
    elif 0 < low < 1000 and low * 1000 <= high:
        with pytest.raises(CountError, match="may leave out thousands"):
            read_count(shape.format(low, high))
    else:
        count = read_count(shape.format(low, high))
        assert (count.lower, count.upper, count.best, count.bound) == (low, high, None, "between")


def counts() -> st.SearchStrategy[Count]:
    """Every count that may be printed as figures, made from its figures alone."""
    one = st.builds(
        lambda figure, bound: counted(best=figure, bound=bound), FIGURES, st.sampled_from(["exact", "about"])
    )
    low = st.builds(
        lambda figure, bound: counted(lower=figure, bound=bound), FIGURES, st.sampled_from(["at_least", "more_than"])
    )
    high = st.builds(
        lambda figure, bound: counted(upper=figure, bound=bound), FIGURES, st.sampled_from(["at_most", "fewer_than"])
    )
    both = st.builds(
        lambda figures: counted(lower=min(figures), upper=max(figures), bound="between"), st.tuples(FIGURES, FIGURES)
    )
    return st.one_of(one, low, high, both, st.just(counted(bound="none")))


@given(counts())
def test_a_printed_count_reads_as_the_count_it_was(count: Count) -> None:
    again = read_count(words_for(count))
    assert (again.lower, again.upper, again.best, again.bound) == (count.lower, count.upper, count.best, count.bound)


@pytest.mark.parametrize(
    ("verbatim", "words"),
    [
        ("1383", "1,383"),
        ("upwards of 1.700", "at least 1,700"),
        ("over 1,000", "more than 1,000"),
        ("up to thirty", "at most 30"),
        ("under fifty", "fewer than 50"),
        ("nearly 1400", "about 1,400"),
        ("80 to 100", "80\u2013100"),
        ("nobody", "none"),
        ("dozens of young men", "dozens of young men"),
    ],
)
def test_a_count_is_printed_as_a_sentence_needs_it(verbatim: str, words: str) -> None:
    assert words_for(read_count(verbatim)) == words


def errors(body: object) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as refusal:
        Count.validate(body)
    return [(".".join(map(str, e["loc"])), e["type"], e["msg"]) for e in refusal.value.errors()]


def test_a_count_from_its_words_alone_stores_what_was_derived() -> None:
    assert Count.prepared({"verbatim": "more than 1,000", "also_said": ("hundreds",)}) == {
        "verbatim": "more than 1,000",
        "also_said": ("hundreds",),
        "lower": 1000,
        "upper": None,
        "best": None,
        "bound": "more_than",
        "lexicon": "en/2",
    }


@pytest.mark.parametrize(
    ("figures", "derived"),
    [
        ({"lower": 3, "upper": 3}, exact(3)),
        ({"lower": 3, "upper": 5}, between(3, 5)),
        ({"lower": 3}, from_(3)),
        ({"upper": 5}, to(5)),
        ({"best": 4}, exact(4)),
        ({"lower": 3, "best": 4, "upper": 5}, ("between", (3, 5, 4))),
        ({"lower": 3, "best": 4}, ("at_least", (3, None, 4))),
        ({"lower": 5, "best": 4, "upper": 3}, ("between", (5, 3, 4))),
        ({"lower": 3, "best": 4, "upper": 3}, ("between", (3, 3, 4))),
        ({"lower": 3, "bound": "more_than"}, from_(3, "more_than")),
        ({"best": 4, "bound": "about"}, about(4)),
        ({"lower": 0, "upper": 0}, exact(0)),
        ({"bound": "none"}, NONE),
    ],
)
@pytest.mark.parametrize("words", [{}, {"verbatim": "plusieurs morts"}])
def test_given_figures_stand_and_need_no_readable_words(
    figures: dict[str, Any], derived: tuple[str, Ends], words: dict[str, str]
) -> None:
    count = Count.validate(words | figures)
    assert (count.bound, (count.lower, count.upper, count.best)) == derived
    assert (count.verbatim, count.lexicon) == (words.get("verbatim"), None)


@pytest.mark.parametrize(
    ("body", "bound", "lexicon"),
    [
        ({"verbatim": "more than 1,000", "lower": 1000}, "more_than", "en/2"),
        ({"verbatim": "dozens", "lower": 24, "upper": 99}, "worded", "en/2"),
        ({"verbatim": "13", "lower": 13}, "exact", "en/2"),
        ({"verbatim": "more than 1,000", "lower": 1001}, "at_least", None),
        ({"verbatim": "dozens", "lower": 30}, "at_least", None),
        ({"verbatim": "about 70", "lower": 60, "upper": 80}, "between", None),
    ],
)
def test_words_decide_the_bound_only_where_they_say_the_figures_given(
    body: dict[str, Any], bound: str, lexicon: str | None
) -> None:
    count = Count.validate(body)
    assert (count.bound, count.lexicon) == (bound, lexicon)
    assert body.items() <= count.set_members().items()


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies as clients send them, good and bad: words of the table or nonsense, figures, a bound."""
    words = st.one_of(st.none(), st.sampled_from([row[0] for row in READ]), st.text(max_size=12))
    body: dict[str, Any] = {name: draw(st.one_of(st.none(), FIGURES)) for name in ("lower", "upper", "best")}
    body |= {"verbatim": draw(words), "bound": draw(st.one_of(st.none(), st.sampled_from(BOUNDS)))}
    return {name: body[name] for name in draw(st.sets(st.sampled_from(sorted(body))))}


@given(bodies())
def test_a_stored_count_is_never_derived_again(body: dict[str, Any]) -> None:
    try:
        count = Count.validate(body)
    except ValidationError:
        return
    stored = explained_document(Count, body)
    assert {"lower", "upper", "best", "bound", "lexicon"} <= stored.keys()
    assert Count.validate(json.loads(json.dumps(stored))) == count
    assert explained_document(Count, stored) == stored


def test_what_an_unknown_reading_once_gave_is_kept_as_it_was_stored() -> None:
    stored = {"verbatim": "dozens", "lower": 10, "upper": 60, "best": None, "bound": "worded", "lexicon": "en/1"}
    assert explained_document(Count, stored) == Count.prepared(stored) == stored


@given(st.none() | FIGURES, st.none() | FIGURES, st.none() | FIGURES)
def test_figures_that_break_their_order_are_kept_and_marked(
    low: int | None, best: int | None, high: int | None
) -> None:
    if (low, best, high) == (None, None, None):
        return
    count = counted(lower=low, best=best, upper=high)
    said = [figure for figure in (low, best, high) if figure is not None]
    assert count.inconsistent == (said != sorted(said))


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({}, "", "count"),
        ({"verbatim": "x"}, "", "count"),
        ({"verbatim": "x", "bound": "about"}, "", "count"),
        ({"verbatim": "13", "bound": "at_least"}, "", "count"),
        ({"bound": "worded"}, "", "count"),
        ({"lower": 1, "upper": 3, "bound": "exact"}, "", "count"),
        ({"lower": 1, "bound": "none"}, "", "count"),
        ({"lower": 1, "upper": 3, "bound": "at_least"}, "", "count"),
        ({"lower": 1, "bound": "at_most"}, "", "count"),
        ({"lower": 1, "bound": "between"}, "", "count"),
        ({"verbatim": ""}, "verbatim", "string_too_short"),
        ({"verbatim": "1" * 301}, "verbatim", "string_too_long"),
        ({"verbatim": "13\x00"}, "verbatim", "forbidden_character"),
        ({"verbatim": "\ud800"}, "verbatim", "string_unicode"),
        ({"verbatim": 13}, "verbatim", "string_type"),
        ({"lower": True}, "lower", "int_type"),
        ({"lower": 3.0}, "lower", "int_type"),
        ({"lower": "3"}, "lower", "int_type"),
        ({"upper": -1}, "upper", "greater_than_equal"),
        ({"best": 10**12 + 1}, "best", "less_than_equal"),
        ({"lower": 3, "bound": "atleast"}, "bound", "unknown_word"),
        ({"lower": 3, "bound": "\ud800"}, "bound", "unknown_word"),
        ({"lower": 3, "bound": 5}, "bound", "literal_error"),
        ({"verbatim": "13", "lexicon": "en/9"}, "lexicon", "unknown_word"),
        ({"verbatim": "13", "figure": 13}, "figure", "extra_forbidden"),
    ],
)
def test_a_bad_count_is_refused_at_its_place(body: dict[str, Any], where: str, code: str) -> None:
    assert [error[:2] for error in errors(body)] == [(where, code)]


def test_something_that_is_no_count_at_all_is_refused() -> None:
    for body in (None, 13, "13", ["13"]):
        assert errors(body)[0][1] == "model_type"


def test_the_nearest_known_bound_is_named() -> None:
    assert "did you mean “at_least”?" in errors({"lower": 3, "bound": "atleast"})[0][2]
    assert "known: exact, at_least" in errors({"lower": 3, "bound": "zzzz"})[0][2]


def test_an_unknown_lexicon_is_refused_by_name() -> None:
    with pytest.raises(CountError, match="“de/7” is not a known lexicon; known: en/1, en/2"):
        read_count("13", "de/7")


ALPHABET = st.sampled_from(
    [*"0123456789,.-'+~ٱ٢ ", " and ", " to ", "between ", "a ", "one ", "hundred ", "dozen ", "at least ", "some "]
)


@given(st.one_of(st.text(max_size=60), st.lists(ALPHABET, max_size=40).map("".join)))
@example("\ud800" * 300)
@example("13\x00")
@example("13\ud800")
@example("13 dead\ud800")
def test_any_text_is_read_or_refused_with_a_sentence_that_can_be_sent(text: str) -> None:
    try:
        count = read_count(text)
    except CountError as refusal:
        sentence = str(refusal)
        assert len(sentence.encode()) < 600
    else:
        assert not count.inconsistent


@pytest.mark.parametrize(
    "text",
    [
        "9" * 10_000,
        "1," * 150,
        "1 000 " * 50,
        "one and " * 37,
        "between " + "one hundred and " * 18,
        "one hundred thousand and " * 12,
        "a-" * 150,
        "half a " * 42,
        "dozen " * 50,
        "'a" * 150,
        "a\u0301" * 150,
        "13 " + "x" * 297,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_is_answered_in_milliseconds(text: str) -> None:
    begun = perf_counter()
    for _ in range(10):
        try:
            read_count(text)
        except CountError:
            continue
    assert perf_counter() - begun < 0.5
