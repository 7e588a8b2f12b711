"""The lexicon `en/2`, of the English-language press.

A lexicon is frozen once released, as stored counts name it; a changed word is a new version. Where a phrase could mean
two things it is missing here on purpose, and so is refused.
"""

from fractions import Fraction

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.english_headlines import (
    ATTACK_VERBS,
    ATTRIBUTION_NOUNS,
    ATTRIBUTION_VERBS,
    HEADLINE_MARKS,
    PLACES,
)
from domain.values.counts.lexicons.english_people import AROUND, SINGULAR
from domain.values.counts.lexicons.lexicon import (
    FigureRange,
    Numerals,
    Phrase,
    PhraseTable,
    Vocabulary,
    all_words,
    classified,
    ends,
    phrases,
    with_enclosed,
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
    halves=PhraseTable(dict.fromkeys(phrases("and a half"), "")),
    named=PhraseTable(_NAMED),
    words=all_words([_BELOW_100]) | {"zero", "a", "half", "quarter", "three"},
)

_BELOW = "fewer than | less than | under | below"
_DEGREES = "just | well | far | much | slightly | somewhat | considerably | significantly | a little | a bit"

_BOUNDS = classified(
    {
        "exact": "exactly precisely just",
        "at_least": """
    minimum min ≥ | at least | at the least | at the very least | no fewer than | not fewer than | no less than | not
    less than | a minimum of | minimum of | min . | upwards of | upward of | > =""",
        "more_than": "over above exceeding > | more than | greater than | in excess of",
        "at_most": """
    maximum max ≤ | at most | at the most | up to | as many as | as much as | no more than | not more than | a maximum
    of | maximum of | max . | not exceeding | < =""",
        "fewer_than": "under below < | fewer than | less than",
        "about": """
    about around some approximately approx roughly estimated | approx . | just about | an estimated | in the region of |
    on the order of | in the order of | something like""",
        "about.one": "circa ca ~ ≈ ∼ nearly almost est c | ca . | c . | close to | est .",
    }
)
_GRADED = {
    (*degree, *phrase): bound
    for bound, several in (("more_than", "more than | over | above"), ("fewer_than", _BELOW))
    for degree in phrases(_DEGREES)
    for phrase in phrases(several)
}
_SUFFIXES = classified(
    {
        "at_least": """
    plus + minimum min | or more | and more | at least | at the least | at the very least | or over | or above | and
    above | and over | and up | - plus | and counting | and rising""",
        "at_most": """
    maximum max | or less | or fewer | or under | and under | or below | and below | at most | at the most""",
        "about": """
    approx approximately est estimated odd estimate roughly | or so | or thereabouts | approx . | est . | - odd | more
    or less""",
    }
)

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

_LEADS = classified(
    {
        word_class.NEUTRAL: """
    only all the these those reportedly | a total of | total of | all of the | a reported | a confirmed""",
        word_class.MORE: "another additional further | an additional | a further | an extra",
        word_class.PERSON: """
    reaches reached | a group of | a crowd of | the entire crew of | the crew of | a crew of | a family of | the family
    of | the bodies of | bodies of | the remains of | the corpses of | the lives of | lives of | rises to | rose to |
    rising to | climbs to | climbed to | toll at""",
        word_class.KILLED: """
    kills killed killing executes executed executing | the deaths of | deaths of | the death of | death of | the killing
    of | killing of | the killings of | the loss of | loss of | claims the lives of | claimed the lives of | claiming
    the lives of | has killed | has claimed the lives of | have claimed the lives of | have killed | death toll at""",
        word_class.LEFT: "leaves leaving left | has left | have left",
        word_class.LIVES: "claims claiming claimed | has claimed | have claimed",
        word_class.INJURED: "injures injured injuring wounds wounded wounding | injuries to",
        word_class.DETAINED: """
    arrested arrests detained arresting detaining detains detain arrest | the arrest of | arrest of | the arrests of |
    the detention of | detention of""",
        word_class.ABDUCTED: """
    abducted kidnapped abducting abducts kidnaps kidnapping | the abduction of | the kidnapping of | kidnapping of |
    abduction of""",
        word_class.DISPLACED: "displaced displaces displacing | the displacement of",
    }
)

_EVENTS = (
    "attack attacks war bombing earthquake quake blast strike strikes airstrike airstrikes crash fire"
    " flood floods storm"
)
_SUBJECTS = {
    **{(*of, event): "" for of in phrases("from | from the | in | in the | of the") for event in _EVENTS.split()},
    **dict.fromkeys([(event,) for event in _EVENTS.split()], ""),
    **classified(
        {
            word_class.NEUTRAL: """
    from following after the a an official confirmed overall current latest new updated provisional its preliminary
    known combined civilian in of now officially has certainly already have had since by and or | number of | total
    number of""",
            word_class.PERSON: """
    toll number count total figure figures casualties victims estimates estimate bodies people civilians soldiers
    children women | casualty toll | casualty count | body count | number of people | number of civilians | number of
    victims | bodies found""",
            word_class.KILLED: """
    deaths dead killed fatalities | death toll | death count | number of dead | people killed""",
            word_class.INJURED: "wounded injured injuries",
            word_class.MISSING: "missing",
            word_class.DISPLACED: "displaced",
            word_class.DETAINED: "detained arrested arrests",
            word_class.ABDUCTED: "abducted kidnapped",
        }
    ),
}
_VERBS = classified(
    {
        "": """
    reaches reached reaching hits hit is was are were : totals totalled totaled now | rises to | rose to | risen to |
    rising to | climbs to | climbed to | climbing to | jumps to | jumped to | grows to | grew to | grown to | stands at
    | now stands at | now stood at | has stood at | stood at | standing at | now at | increases to | increased to |
    revised to | falls to | fell to | drops to | lowered to | put at | came to | comes to | has reached | goes to | went
    to | raised to | revised up to | revised down to | revised upwards to | revised upward to | revised downwards to |
    revised downward to | mounts to | soars to | soared to | surges to | surged to | remains at | currently at""",
        "more_than": """
    exceeds exceeded tops topped passes passed surpasses surpassed crosses crossed | jumps past | jumped past | climbs
    past | climbed past | rises past | soars past | rises above | climbs above""",
        "about": "| estimated at | put at about | put at around",
        "about.one": "nears approaches approaching nearing",
        "ranging": "ranging range ranges vary varying ranged",
    }
)

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
    bounds=PhraseTable(_BOUNDS | _GRADED),
    suffixes=PhraseTable(with_enclosed(_SUFFIXES)),
    lead_ins=PhraseTable(_LEADS),
    subjects=PhraseTable(_SUBJECTS),
    verbs=PhraseTable(_VERBS),
    worded=PhraseTable(ends(_SEVERAL)),
    around=PhraseTable(AROUND),
    zero_words=PhraseTable(
        {
            **dict.fromkeys(phrases("none | nobody | no one | nil | none reported | none were reported"), False),
            **dict.fromkeys(phrases("no | there were no | there was no | there are no"), True),
        }
    ),
    zero_context=frozenset(_BESIDE.split()),
    singular_people=SINGULAR,
    range_pairs={"between": frozenset({"and", "to"}), "from": frozenset({"to"})},
    range_joins=frozenset({"to", "or"}),
    unknown_words=frozenset(_UNKNOWN.split()),
    hint=" (a report in another language names it in “language”, such as “ar” or “fr”)",
    names=True,
    attack_verbs=PhraseTable(ATTACK_VERBS),
    places=PhraseTable(PLACES),
    attribution_verbs=PhraseTable(ATTRIBUTION_VERBS),
    attribution_nouns=ATTRIBUTION_NOUNS,
    headline_marks=HEADLINE_MARKS,
)
