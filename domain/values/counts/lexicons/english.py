"""The lexicon `en/2`: what the English-language press writes around its figures.

A lexicon is frozen once released, as stored counts name it; a changed word is a new version. Where a phrase could mean
two things it is missing here on purpose, and so is refused.
"""

from fractions import Fraction

from domain.values.counts.lexicons.english_1 import Phrase, PhraseTable
from domain.values.counts.lexicons.english_headlines import FELLING, OPENS, PLACES, SAYERS, SAYING
from domain.values.counts.lexicons.english_people import AROUND, SINGULAR
from domain.values.counts.lexicons.lexicon import (
    FATE,
    LEFT,
    LIVES,
    MORE,
    FigureRange,
    Numerals,
    Vocabulary,
    bounds,
    enclosed,
    ends,
    firsts,
    phrases,
    to_one,
)

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _below_100() -> dict[Phrase, int]:
    plain: dict[Phrase, int] = {(word,): value for value, word in enumerate([*_ONES, *_TEENS], 1)}
    for tens, word in enumerate(_TENS, 2):
        plain[word,] = 10 * tens
        plain |= {(word, one): 10 * tens + value for value, one in enumerate(_ONES, 1)}
    return plain


_BELOW_100 = _below_100()
_SCALES = {
    "dozen": 12,
    "score": 20,
    "thousand": 1_000,
    "lakh": 10**5,
    "million": 10**6,
    "crore": 10**7,
    "billion": 10**9,
}
_PLURAL_SCALES = {
    ("lakhs",): 10**5, ("lac",): 10**5, ("lacs",): 10**5, ("crores",): 10**7, ("mn",): 10**6, ("mln",): 10**6,
    ("bn",): 10**9, ("hundred",): 100, ("trillion",): 10**12, ("cr",): 10**7,
}  # fmt: skip
_MANY = {"thousand": 1_000, "lakh": 10**5, "million": 10**6, "crore": 10**7, "billion": 10**9}
_NAMED: dict[Phrase, int | Fraction] = {
    ("zero",): 0,
    ("a", "couple"): 2,
    ("a", "pair"): 2,
    **{
        (*half, word): Fraction(scale, 2)
        for word, scale in _SCALES.items()
        for half in phrases("half a | a half | half")
    },
    **{
        (*part, word): Fraction(scale, 4)
        for word, scale in _MANY.items()
        for part in phrases("a quarter of a | quarter of a")
    },
    **{("three", "quarters", "of", "a", word): Fraction(3 * scale, 4) for word, scale in _MANY.items()},
}
_HUNDREDS: dict[Phrase, int] = {
    **{(*times, "hundred"): 100 * value for times, value in _BELOW_100.items()},
    ("a", "hundred"): 100,
}

_NUMERALS = Numerals(
    below_100=PhraseTable(_BELOW_100),
    hundreds=PhraseTable(_HUNDREDS),
    carried=True,
    joins=frozenset({"and"}),
    scales=PhraseTable({**{(word,): scale for word, scale in _SCALES.items()}, **_PLURAL_SCALES}),
    glued={"k": 1_000, "m": 10**6, "mn": 10**6, "mln": 10**6, "b": 10**9, "bn": 10**9},
    alone=PhraseTable({("a", word): (1, scale) for word, scale in _SCALES.items()}),
    bare=PhraseTable({**{(word,): scale for word, scale in _SCALES.items()}, ("hundred",): 100}),
    halves=PhraseTable(to_one("and a half", "")),
    named=PhraseTable(_NAMED),
    words=firsts([_BELOW_100]) | {"zero", "a", "half", "quarter", "three"},
)

_ABOVE = "more than | greater than | over | above | in excess of | exceeding"
_BELOW = "fewer than | less than | under | below"
_DEGREES = "just | well | far | much | slightly | somewhat | considerably | significantly | a little | a bit"

_BOUNDS = {
    "exact": "exactly | precisely | just",
    "at_least": "at least | at the least | at the very least | no fewer than | not fewer than | no less than |"
    " not less than"
    " | a minimum of | minimum of | minimum | min | min . | upwards of | upward of | ≥ | > =",
    "more_than": f"{_ABOVE} | >",
    "at_most": "at most | at the most | up to | as many as | as much as | no more than | not more than | a maximum of"
    " | maximum of | maximum | max | max . | not exceeding | ≤ | < =",
    "fewer_than": f"{_BELOW} | <",
    "about": "about | around | some | approximately | approx | approx . | roughly | just about | an estimated |"
    " estimated"
    " | in the region of | on the order of | in the order of | something like",
    "about.one": "circa | ca | ca . | c . | ~ | ≈ | \u223c | nearly | almost | close to | est | est . | c",
}
_GRADED = {
    (*degree, *phrase): bound
    for bound, several in (("more_than", "more than | over | above"), ("fewer_than", _BELOW))
    for degree in phrases(_DEGREES)
    for phrase in phrases(several)
}
_SUFFIXES = {
    "at_least": "or more | and more | at least | at the least | at the very least | or over | or above | and above"
    " | and over | and up | plus | - plus | + | minimum | min | and counting | and rising",
    "at_most": "or less | or fewer | or under | and under | or below | and below | at most | at the most |"
    " maximum | max",
    "about": "or so | or thereabouts | approx | approx . | approximately | est | est . | estimated | odd | -"
    " odd | estimate"
    " | roughly | more or less",
}

_SEVERAL: dict[str, FigureRange] = {
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
    "hundreds of millions": (200_000_000, 999_999_999),
    "lakhs": (200_000, 9_999_999),
    "crores": (20_000_000, 999_999_999),
    "several dozen | several dozens": (36, 99),
    "several hundred | several hundreds": (300, 999),
    "several thousand | several thousands": (3_000, 9_999),
    "several tens of thousands": (30_000, 99_999),
    "several hundred thousand | several hundreds of thousands": (300_000, 999_999),
    "several million": (3_000_000, 9_999_999),
    "a few dozen": (36, 71),
    "a few hundred": (300, 599),
    "a few thousand": (3_000, 5_999),
    "many | numerous | multiple | countless | a number | a large number | large numbers | an unknown number"
    " | an unspecified number | an undetermined number": (None, None),
}

_LEADS = {
    **to_one(
        "a total of | total of | only | all | all of the | the | these | those | a reported | reportedly | a confirmed",
        "",
    ),
    **to_one("another | an additional | additional | a further | further | an extra", MORE),
    **to_one(
        "a group of | a crowd of | the entire crew of | the crew of | a crew of | a family of | the family of",
        "person",
    ),
    **to_one("the bodies of | bodies of | the remains of | the corpses of | the lives of | lives of", "person"),
    **to_one(
        "the deaths of | deaths of | the death of | death of | the killing of | killing of | the killings of",
        f"{FATE}killed",
    ),
    **to_one(
        "the loss of | loss of | kills | killed | killing | killing of | executes | executed | executing",
        f"{FATE}killed",
    ),
    **to_one("claims the lives of | claimed the lives of | claiming the lives of | has killed", f"{FATE}killed"),
    **to_one("has claimed the lives of | have claimed the lives of | have killed | death toll at", f"{FATE}killed"),
    **to_one("leaves | leaving | left | has left | have left", LEFT),
    **to_one("claims | claiming | claimed | has claimed | have claimed", LIVES),
    **to_one("rises to | rose to | rising to | climbs to | climbed to | reaches | reached | toll at", "person"),
    **to_one("injures | injured | injuring | wounds | wounded | wounding | injuries to", f"{FATE}injured"),
    **to_one(
        "the arrest of | arrest of | the arrests of | the detention of | arrested | arrests | detained",
        f"{FATE}detained",
    ),
    **to_one("arresting | detaining | arrest of | detention of | detains | detain | arrest", f"{FATE}detained"),
    **to_one("the abduction of | the kidnapping of | abducted | kidnapped", f"{FATE}abducted"),
    **to_one("abducting | abducts | kidnaps | kidnapping | kidnapping of | abduction of", f"{FATE}abducted"),
    **to_one("the displacement of | displaced | displaces | displacing", f"{FATE}displaced"),
}

_EVENTS = (
    "attack attacks war bombing earthquake quake blast strike strikes airstrike airstrikes crash fire"
    " flood floods storm"
)
_SUBJECTS = {
    **{(*of, event): "" for of in phrases("from | from the | in | in the | of the") for event in _EVENTS.split()},
    **dict.fromkeys([(event,) for event in _EVENTS.split()], ""),
    **to_one("from | following | after", ""),
    **to_one(
        "the | a | an | official | confirmed | overall | total | current | latest | new | updated | provisional | its",
        "",
    ),
    **to_one(
        "preliminary | known | combined | civilian | number of | total number of | in | of | now | officially | has", ""
    ),
    **to_one(
        "certainly | already | have | had | since | by | and",
        "",
    ),
    **to_one(
        "toll | number | count | total | figure | figures | casualty toll | casualties | casualty count | body count",
        "person",
    ),
    **to_one(
        "number of people | number of civilians | number of victims | victims | estimates | estimate | bodies", "person"
    ),
    **to_one("bodies found | people | civilians | soldiers | children | women", "person"),
    **to_one(
        "death toll | deaths | dead | killed | fatalities | death count | number of dead | people killed",
        f"{FATE}killed",
    ),
    **to_one("wounded | injured | injuries", f"{FATE}injured"),
    **to_one("missing", f"{FATE}missing"),
    **to_one("displaced", f"{FATE}displaced"),
    **to_one("detained | arrested | arrests", f"{FATE}detained"),
    **to_one("abducted | kidnapped", f"{FATE}abducted"),
    **to_one("or", ""),
}
_VERBS = {
    "": "rises to | rose to | risen to | rising to | climbs to | climbed to | climbing to | jumps to | jumped"
    " to | grows to"
    " | grew to | grown to | reaches | reached | reaching | hits | hit | stands at | now stands at"
    " | now stood at | has stood at | stood at | standing at |"
    " now at | is | was"
    " | are | were | : | increases to | increased to | revised to | falls to | fell to | drops to | lowered to | put at"
    " | totals | totalled | totaled | came to | comes to | has reached | goes to | went to | raised to | revised up to"
    " | revised down to | revised upwards to | revised upward to"
    " | revised downwards to | revised downward to | mounts to | soars to | soared to | surges to | surged to"
    " | remains at | currently at | now",
    "more_than": "jumps past | jumped past | climbs past | climbed past | rises past | soars past"
    " | rises above | climbs above |"
    " exceeds | exceeded | tops | topped | passes | passed | surpasses | surpassed | crosses | crossed",
    "about": "estimated at | put at about | put at around",
    "about.one": "nears | approaches | approaching | nearing",
    "ranging": "ranging | range | ranges | vary | varying | ranged",
}

_BESIDE = """
    among from of on the either side both them these those were was are is been have has had so far there at all in life
    lives military security human forces harmed or and
"""
_UNKNOWN = "unknown unclear unspecified undetermined uncertain unconfirmed tbc tbd tba na"

EN_2 = Vocabulary(
    name="en/2",
    grouping=",.'\u2019\u00a0\u202f\u2009\u066c",
    decimal=".\u066b",
    numerals=_NUMERALS,
    bounds=PhraseTable(bounds(_BOUNDS) | _GRADED),
    suffixes=PhraseTable(enclosed(bounds(_SUFFIXES))),
    leads=PhraseTable(_LEADS),
    subjects=PhraseTable(_SUBJECTS),
    verbs=PhraseTable(bounds(_VERBS)),
    several=PhraseTable(ends(_SEVERAL)),
    around=PhraseTable(AROUND),
    nothing=PhraseTable(
        {
            **dict.fromkeys(phrases("none | nobody | no one | nil | none reported | none were reported"), False),
            **dict.fromkeys(phrases("no | there were no | there was no | there are no"), True),
        }
    ),
    beside=frozenset(_BESIDE.split()),
    singular=SINGULAR,
    pairs={"between": frozenset({"and", "to"}), "from": frozenset({"to"})},
    ranges=frozenset({"to", "or"}),
    unknown=frozenset(_UNKNOWN.split()),
    hint=" (a report in another language names it in “language”, such as “ar” or “fr”)",
    names=True,
    felling=PhraseTable(FELLING),
    places=PhraseTable(PLACES),
    saying=PhraseTable(SAYING),
    sayers=SAYERS,
    opens=OPENS,
)
