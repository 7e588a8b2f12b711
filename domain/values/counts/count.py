"""A count as a source gave it: its wording, and the figures and the bound that it means.

Figures are as said and their strictness lives in `bound`: “more than 1,000” is lower 1000, more_than, as 1,001 would be
a precision that nobody claimed. What was derived is stored with the lexicon's version, so that a later lexicon changes
no old report.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.values.counts import refusals
from domain.values.counts.english_1_numbers import BIGGEST, CountError, shown, unreadable
from domain.values.counts.english_1_reader import LONGEST, CountReading, read_english_1
from domain.values.counts.figure_shapes import FigureShapes
from domain.values.counts.lexicons.english_1 import LEXICONS
from domain.values.counts.lexicons.registry import DEFAULT, VOCABULARIES, lexicon_of
from domain.values.counts.phrase_reader import DetailedReading, read_phrase
from domain.values.counts.ranges import is_elliptic
from domain.values.declaration import DERIVED
from domain.values.statement import Statement
from domain.values.text_types import Label, Text, nearest

Bound = Literal["exact", "at_least", "more_than", "at_most", "fewer_than", "about", "between", "worded", "none"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)

Figure = Annotated[int, Field(strict=True, ge=0, le=BIGGEST)]
"""A number of people, 0 to 10^12."""

DEFAULT_LEXICON = DEFAULT
"""The lexicon of English, and of reports that name no language."""
KNOWN_LEXICONS = (*LEXICONS, *VOCABULARIES)
"""Every lexicon by name, `en/1` too: it stays for the counts that were read by it."""

_JOINT, _STRENGTH = "killed_or_injured", "strength"
PART_IN_WORDS = "part_in_words"
"""Code of a remark: the wording also counts a part."""
_COMPATIBLE = {
    "killed_or_injured": ("killed", "injured"),
    "bodies_found": ("killed", "bodies_found"),
    "missing": ("missing", "disappeared", "abducted"),
    "disappeared": ("missing", "disappeared", "abducted", "detained"),
    "abducted": ("missing", "disappeared", "abducted"),
}
"""Measures that the wording of a claim may name, other than the claim's own."""
_JOINED = frozenset({"killed", "injured"})
_ONE_FIGURE = ("exact", "about", "none")
_NEEDS = {
    "at_least": ("lower",),
    "more_than": ("lower",),
    "at_most": ("upper",),
    "fewer_than": ("upper",),
    "between": ("lower", "upper"),
}
_SENTENCES = {
    "exact": "{lower:,}",
    "at_least": "at least {lower:,}",
    "more_than": "more than {lower:,}",
    "at_most": "at most {upper:,}",
    "fewer_than": "fewer than {upper:,}",
    "about": "about {lower:,}",
    "between": "{lower:,}\u2013{upper:,}",
    "worded": "{verbatim}",
    "none": "none",
}


def _known_bound(word: object) -> object:
    if not isinstance(word, str) or word in BOUNDS:
        return word
    near = nearest(word, BOUNDS)
    hint = f"did you mean “{near}”?" if near else f"known: {', '.join(BOUNDS)}."
    context = {"word": shown(word), "hint": hint, "nearest": near}
    raise PydanticCustomError("unknown_word", "“{word}” is not a known bound; {hint}", context)


def _known_lexicon(name: object) -> object:
    if not isinstance(name, str) or name in KNOWN_LEXICONS:
        return name
    context = {"word": shown(name), "known": ", ".join(KNOWN_LEXICONS)}
    raise PydanticCustomError("unknown_word", "“{word}” is not a known lexicon; known: {known}.", context)


class Count(Statement, frozen=True, kw_only=True):
    """A count as stated: read from its words alone, or with figures given beside them, which then apply.

    `lower` and `upper` are null where not stated; `best` is set for exact, about and none, or as the source gives it.
    Without a bound, the words decide it if they say every figure given, else the figures do. A worded count has
    figures for sorting only. Refused with code `count`: words that cannot be read where no figures are given.
    """

    explaining_config: ClassVar[ConfigDict] = Statement.explaining_config | ConfigDict(
        json_schema_extra={"examples": [{"verbatim": "more than 1,000"}, {"verbatim": "plusieurs morts", "lower": 3}]},
    )

    verbatim: Label | None = None
    also_said: tuple[Label, ...] = ()
    lower: Annotated[Figure | None, DERIVED]
    upper: Annotated[Figure | None, DERIVED]
    best: Annotated[Figure | None, DERIVED]
    bound: Annotated[Bound | None, BeforeValidator(_known_bound, json_schema_input_type=Bound | None), DERIVED]
    lexicon: Annotated[str | None, BeforeValidator(_known_lexicon, json_schema_input_type=str | None), DERIVED]

    @classmethod
    def prepared(cls, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body with the figures, the bound and the lexicon that it means; raises PydanticCustomError."""
        verbatim = body.get("verbatim")
        if type(verbatim) is str and len(body) == 1 and len(verbatim) <= LONGEST:
            return _words_alone(verbatim, body.context if isinstance(body, CountInContext) else _NO_CONTEXT).copy()
        return _prepared(body)

    @property
    def inconsistent(self) -> bool:
        """Say whether low <= best <= high is broken: kept as the source gave it, and marked."""
        figures = [figure for figure in (self.lower, self.best, self.upper) if figure is not None]
        return any(low > high for low, high in pairwise(figures))


def _prepared(body: Mapping[str, Any]) -> dict[str, Any]:
    if not _well_formed(body):
        return {**body}  # the fields say what is wrong, each at its own place
    try:
        return {**body, **_completed(body)}
    except CountError as error:
        raise PydanticCustomError("count", "{sentence}", {"sentence": str(error)}) from None


class CountInContext(dict[str, Any]):
    """The body of a count with its reading context: the report's lexicon, the claim's measure and accumulation."""

    __slots__ = ("incremental", "lexicon", "measure")

    def __init__(self, body: Mapping[str, Any], lexicon: str | None, measure: str | None, *, incremental: bool) -> None:
        """`lexicon` is that of the report's language, None for the default."""
        super().__init__(body)
        self.lexicon, self.measure, self.incremental = lexicon, measure, incremental

    @property
    def context(self) -> tuple[str | None, str | None, bool]:
        """The reading context, part of the cache key of a body."""
        return self.lexicon, self.measure, self.incremental


_NO_CONTEXT = None, None, False


@lru_cache(maxsize=16_384)
def _words_alone(verbatim: str, context: tuple[str | None, str | None, bool]) -> dict[str, Any]:
    """Return the prepared body of words without figures; cached, as few wordings are common."""
    lexicon, measure, incremental = context
    return _prepared(CountInContext({"verbatim": verbatim}, lexicon, measure, incremental=incremental))


def read_count(verbatim: str, lexicon: str = DEFAULT, measure: str | None = None) -> Count:
    """Read a count from its words, by a lexicon (`en/2`) or that of a language (`ar-SY`), for a claim of a measure.

    Raises CountError, which quotes what is at fault and says what to write instead.
    """
    lexicon_name = lexicon if "/" in lexicon else lexicon_of(lexicon)
    if lexicon_name not in KNOWN_LEXICONS:
        raise unreadable(lexicon, f"is not a known lexicon; known: {', '.join(KNOWN_LEXICONS)}")
    reading = _check_for_measure(verbatim, _read_once(verbatim, lexicon_name), measure, incremental=False)
    return Count(verbatim=verbatim, **_derived(reading, lexicon_name))


def words_for(count: Count) -> str:
    """Print a count for a sentence: `1,383`, `at least 1,700`; a worded one by its own words, never by figures.

    A range whose lower end could be taken for thousands is written out: `at least 10 and at most 80,000`.
    """
    if count.bound == "between" and is_elliptic(count.lower or 0, count.upper or 0):
        return f"at least {count.lower:,} and at most {count.upper:,}"
    return _SENTENCES[count.bound or "exact"].format(lower=count.lower, upper=count.upper, verbatim=count.verbatim)


def wording_remarks(count: Count, measure: str) -> Iterator[tuple[str, str]]:
    """Yield warnings about the wording of a count: a code, and the end of a sentence about its claim.

    `part_in_words`: they count a part, which can be given as one; `other_measure`: they name another measure;
    `things_counted`: they count no people.
    """
    if count.verbatim is None or count.lexicon not in VOCABULARIES:
        return
    try:
        reading = _read_once(count.verbatim, count.lexicon)
    except CountError:  # figures were given, and the words cannot be read
        return
    if not isinstance(reading, DetailedReading):
        return
    for part in reading.parts:
        yield PART_IN_WORDS, f"also counts a part, “{shown(part)}”; give it in “parts” for it to count."
    others = [
        measure_named
        for measure_named in reading.measures_named
        if measure_named not in _COMPATIBLE.get(measure, (measure,))
    ]
    if others or (reading.measures_named and measure == _JOINT and len(reading.measures_named) == 1):
        names = ", ".join(reading.measures_named)
        yield "other_measure", f"is of the measure “{measure}”, and its words say “{names}”; check which it is."
    elif reading.other:
        word = shown(reading.other[0])
        yield "other_measure", f"is of the measure “{measure}”, and its words say “{word}”; check which it is."
    if reading.things:
        yield "things_counted", f"counts “{shown(reading.things[0])}”, not people; check its measure."


def _well_formed(body: Mapping[str, Any]) -> bool:
    verbatim, figures = body.get("verbatim"), [body.get(name) for name in ("lower", "upper", "best")]
    if verbatim is not None:
        if not isinstance(verbatim, str) or not 0 < len(verbatim) <= LONGEST:
            return False
        try:
            Text(LONGEST).check(verbatim)
        except PydanticCustomError:
            return False
    whole = all(figure is None or (type(figure) is int and 0 <= figure <= BIGGEST) for figure in figures)
    return whole and body.get("bound") in (None, *BOUNDS) and body.get("lexicon") in (None, *KNOWN_LEXICONS)


def _derived(reading: CountReading, lexicon: str | None) -> dict[str, Any]:
    ends = {"lower": reading.lower, "upper": reading.upper, "best": reading.best}
    return {**ends, "bound": reading.bound, "lexicon": lexicon}


def _completed(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return all five derived fields; a stored count is never derived again."""
    verbatim, bound, lexicon = body.get("verbatim"), body.get("bound"), body.get("lexicon")
    figures = (body.get("lower"), body.get("upper"), body.get("best"))
    if figures == (None, None, None) and bound not in {"worded", "none"}:
        return _from_words(body, verbatim, bound)
    if bound is None and verbatim is not None and (agreeing := _read_if_equal(body, verbatim, figures)):
        return agreeing
    bound = bound or _bound_of(*figures)
    if bound == "worded" and verbatim is None:
        raise CountError("A worded count needs its words; give `verbatim`.")
    return _derived(_from_figures(*figures, bound), lexicon)


_SHAPES = {
    **{name: FigureShapes(partial(read_english_1, lexicon=lexicon)) for name, lexicon in LEXICONS.items()},
    **{name: FigureShapes(partial(read_phrase, vocabulary=vocabulary)) for name, vocabulary in VOCABULARIES.items()},
}


@lru_cache(maxsize=16_384)
def _read_once(verbatim: str, lexicon: str) -> CountReading:
    """Read words by a lexicon; cached, as few wordings are common."""
    return _SHAPES[lexicon].read(verbatim)


def _in_context(body: Mapping[str, Any], verbatim: str) -> tuple[CountReading, str]:
    """Read words by the lexicon named beside them, else by that of the report's language."""
    if not isinstance(body, CountInContext):
        lexicon = body.get("lexicon") or DEFAULT
        return _check_for_measure(verbatim, _read_once(verbatim, lexicon), None, incremental=False), lexicon
    lexicon = body.get("lexicon") or body.lexicon or DEFAULT
    reading = _read_once(verbatim, lexicon)
    return _check_for_measure(verbatim, reading, body.measure, incremental=body.incremental), lexicon


def _check_for_measure(verbatim: str, reading: CountReading, measure: str | None, *, incremental: bool) -> CountReading:
    """Refuse an increase where a total is counted, two measures where one is, and equipment where people are.

    In “'Dozens' killed and wounded” the words after the quotation are not its source's: it is read, with a warning.
    """
    if not isinstance(reading, DetailedReading):
        return reading
    if reading.is_increase and not incremental:
        raise unreadable(verbatim, refusals.INCREASE)
    if reading.equipment and measure != _STRENGTH:
        raise refusals.because(verbatim, "equipment", reading.equipment[0])
    together = measure == _JOINT and _JOINED.issuperset(reading.measures_named)
    quoted = reading.quoted and reading.bound == "worded"
    if len(reading.measures_named) > 1 and not together and not quoted:
        raise unreadable(verbatim, refusals.TWO_MEASURES.format(measures=", ".join(reading.measures_named)))
    return reading


def _from_words(body: Mapping[str, Any], verbatim: str | None, bound: str | None) -> dict[str, Any]:
    if verbatim is None:
        raise CountError("A count needs its words or its figures; give `verbatim`, or `lower`, `upper` or `best`.")
    reading, lexicon = _in_context(body, verbatim)
    if bound not in (None, reading.bound):
        raise unreadable(verbatim, f"reads as {reading.bound}, not as {bound}; give lower, upper or best beside it")
    return _derived(reading, lexicon)


def _read_if_equal(body: Mapping[str, Any], verbatim: str, figures: tuple[int | None, ...]) -> dict[str, Any] | None:
    """Read the words if they agree with every figure: only words tell “more than 200” from “at least 200”."""
    try:
        reading, lexicon = _in_context(body, verbatim)
    except CountError:
        return None
    read_figures = (reading.lower, reading.upper, reading.best)
    same = all(figure in (None, read_figure) for figure, read_figure in zip(figures, read_figures, strict=True))
    return _derived(reading, lexicon) if same else None


def _bound_of(lower: int | None, upper: int | None, best: int | None) -> Bound:
    if lower is None and upper is None:
        return "exact"
    if lower is None or upper is None:
        return "at_most" if lower is None else "at_least"
    return "exact" if lower == upper and best in (None, lower) else "between"


def _from_figures(lower: int | None, upper: int | None, best: int | None, bound: str) -> CountReading:
    """Check given figures against the bound given: an exact count has one figure, an open one only its own end."""
    if bound in _ONE_FIGURE:
        figures = {figure for figure in (lower, upper, best) if figure is not None} or {0}
        figure = figures.pop()
        if figures or (bound == "none" and figure):
            message = (
                f"The bound “{bound}” goes with {'0' if bound == 'none' else 'one figure'}, and others were given."
            )
            raise CountError(message)
        return CountReading(figure, figure, figure, bound)
    ends = {"lower": lower, "upper": upper}
    needed = _NEEDS.get(bound)
    if needed is not None and {name for name, figure in ends.items() if figure is not None} != set(needed):
        raise CountError(f"The bound “{bound}” goes with {' and '.join(needed)} alone; give that, or another bound.")
    return CountReading(lower, upper, best, bound)
