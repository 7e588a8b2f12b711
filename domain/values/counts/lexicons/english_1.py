"""The lexicon `en/1`, of the English-language press.

A lexicon is frozen once released, as stored counts name it; a changed word is a new version. Worded counts get
numbers for sorting only. Where a phrase could mean two things it is missing here on purpose, and so is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.values.counts.lexicons.lexicon import Phrase, PhraseTable, phrases


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One frozen version of the words; a phrase is a tuple of lower-case words and signs.

    Before a figure: `silent` changes nothing, `prefixes` name a bound. After it: `suffixes` name a bound; a noun holds
    none of `hedges` and none of `counting` (a second figure), does not begin with one of `starts` (units, fractions,
    `months`) and does not end in one of `edges`. `worded` sorts as (lower, upper); `scales` multiply what stands before
    them; `sets` are a number under a name. “a” counts one of `persons`, with `prepositions` or `participles` after it.
    `none`, and “no” before one of `victims`, are a zero as long as nothing but `victims` and `beside` follows.
    `no_figure` says that nobody knows.
    """

    name: str
    silent: PhraseTable[str]
    prefixes: PhraseTable[str]
    suffixes: PhraseTable[str]
    worded: PhraseTable[tuple[int | None, int | None]]
    scales: dict[str, int]
    sets: dict[Phrase, int]
    numerals: frozenset[str]
    counting: frozenset[str]
    persons: frozenset[str]
    prepositions: frozenset[str]
    participles: frozenset[str]
    none: PhraseTable[str]
    victims: frozenset[str]
    beside: frozenset[str]
    hedges: frozenset[str]
    edges: frozenset[str]
    starts: frozenset[str]
    months: frozenset[str]
    no_figure: frozenset[str]


def _bounds(listed: dict[str, str]) -> dict[Phrase, str]:
    return {phrase: bound for bound, text in listed.items() for phrase in phrases(text)}


def _alike(found: Iterable[Phrase]) -> PhraseTable[str]:
    return PhraseTable(dict.fromkeys(found, ""))


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ABOVE = "more than | greater than | over | above"
_BELOW = "fewer than | less than | under | below"
_DEGREES = "just | well | far | much | slightly | somewhat | considerably | significantly | a little | a bit"

_PREFIXES = {
    "exact": "exactly | precisely | just",
    "at_least": "at least | at the least | at the very least | no fewer than | not fewer than | no less than"
    " | not less than | a minimum of | minimum of | upwards of | upward of | ≥ | > =",
    "more_than": f"{_ABOVE} | in excess of | exceeding | >",
    "at_most": "at most | at the most | up to | as many as | as much as | no more than | not more than"
    " | a maximum of | maximum of | not exceeding | ≤ | < =",
    "fewer_than": f"{_BELOW} | <",
    "about": "about | around | some | approximately | approx | approx . | roughly | circa | ca | ca . | c . | ~ | ≈"
    " | \u223c | nearly | almost | close to | just about | an estimated | estimated | in the region of"
    " | on the order of | in the order of | something like",
}

_SUFFIXES = {
    "at_least": "or more | and more | at least | at the least | at the very least | or over | or above | and above"
    " | and over | and up | plus | - plus | +",
    "at_most": "or less | or fewer | or under | and under | or below | and below | at most | at the most",
    "about": "or so | or thereabouts",
}

_GRADED = {
    (*degree, *phrase): bound
    for bound, text in (("more_than", _ABOVE), ("fewer_than", _BELOW))
    for degree in phrases(_DEGREES)
    for phrase in phrases(text)
}

_WORDED: dict[str, tuple[int | None, int | None]] = {
    "several": (3, 9),
    "a few": (3, 5),
    "a handful": (3, 5),
    "tens": (20, 99),
    "dozens": (24, 99),
    "scores": (40, 99),
    "hundreds": (200, 999),
    "thousands": (2_000, 9_999),
    "tens of thousands": (20_000, 99_999),
    "hundreds of thousands": (200_000, 999_999),
    "millions": (2_000_000, 9_999_999),
    "tens of millions": (20_000_000, 99_999_999),
    "several dozen | several dozens": (36, 99),
    "several hundred | several hundreds": (300, 999),
    "several thousand | several thousands": (3_000, 9_999),
    "several tens of thousands": (30_000, 99_999),
    "several hundred thousand": (300_000, 999_999),
    "several million": (3_000_000, 9_999_999),
    "a few dozen": (36, 71),
    "a few hundred": (300, 599),
    "a few thousand": (3_000, 5_999),
    "many | numerous | multiple | countless | a number | a large number | large numbers": (None, None),
}

_NUMERALS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million"
    " billion"
)

_PERSONS = _words(
    "activist adult aide baby boy brother bystander casualty child civilian colonel commander commuter conscript"
    " corporal daughter death detainee doctor driver engineer farmer fatality father fighter fisherman girl"
    " grandfather grandmother guard gunman hostage husband imam infant inmate insurgent journalist judge lawyer"
    " lieutenant man medic member merchant militant militiaman mother mourner nurse officer official paramedic"
    " passenger peacekeeper pedestrian person photographer pilot policeman policewoman priest prisoner protester"
    " rebel recruit refugee reporter resident sailor sergeant sheikh shepherd shopkeeper sister sniper soldier son"
    " student teacher teenager toddler tourist trader trooper victim villager volunteer widow wife woman worker"
    " youth body corpse"
)

_VICTIMS = _words(
    "casualty casualties death deaths dead fatality fatalities injury injuries injured wounded victim victims"
    " killed died hurt missing arrests arrested detained abducted displaced losses loss people person persons"
    " civilian civilians soldier soldiers fighter fighters officer officers member members child children woman"
    " women man men troops bodies"
)

_UNITS = _words(
    "percent percentage pct per cent cents times fold km kms kilometre kilometres kilometer kilometers mile miles m"
    " metre metres meter meters cm kg kgs tonne tonnes ton tons litre litres hectare hectares acre acres b bn mn mln"
    " k t second seconds minute minutes hour hours day days week weeks month months year years decade decades am pm"
    " gmt utc bc ad dollar dollars euro euros pound pounds usd st nd rd th"
)

_MONTHS = _words(
    "january february march april may june july august september october november december jan feb mar apr jun jul"
    " aug sep sept oct nov dec"
)

_FRACTIONS = _words(
    "half halves third thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh sevenths eighth"
    " eighths ninth ninths tenth tenths hundredth hundredths thousandth thousandths first twentieth"
)

EN_1 = Lexicon(
    name="en/1",
    silent=_alike(phrases("a total of | another | an additional | a further | only")),
    prefixes=PhraseTable(_bounds(_PREFIXES) | _GRADED),
    suffixes=PhraseTable(_bounds(_SUFFIXES)),
    worded=PhraseTable({phrase: ends for text, ends in _WORDED.items() for phrase in phrases(text)}),
    scales={"dozen": 12, "score": 20, "hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 10**9},
    sets={("a", "couple"): 2, ("a", "pair"): 2},
    numerals=_NUMERALS,
    counting=_NUMERALS
    | _words(
        "dozen score couple pair several few handful tens dozens scores hundreds thousands millions billions trillion"
        " trillions many numerous multiple countless number numbers both"
    ),
    persons=_PERSONS,
    prepositions=_words("of from in at by with who was is has had near on for to outside inside after during"),
    participles=_words(
        "killed dead wounded shot injured died missing detained abducted arrested executed kidnapped hurt found"
    ),
    none=_alike(phrases("none | nobody | no one | nil")),
    victims=_VICTIMS,
    beside=_words(
        "among from of on the either side both them these those were was are is been have has had so far there at all"
        " in life lives military security human forces harmed"
    ),
    hedges=_words(
        "than less fewer least max maximum minimum min approx approximately roughly nearly almost estimated estimate"
        " counting plus minus odd thereabouts upwards perhaps possibly probably maybe may might likely unlikely not"
        " percent percentage pct moins environ menos mindestens mehr weniger almeno"
    ),
    edges=_words("over above under below up so most about around"),
    starts=_UNITS | _MONTHS | _FRACTIONS | _words("and or to than"),
    months=_MONTHS,
    no_figure=_words("unknown unclear unspecified undetermined uncertain"),
)

LEXICONS = {lexicon.name: lexicon for lexicon in (EN_1,)}
