"""The lexicon `fr/1`: what the French-language press writes around its figures. Frozen once released."""

import re
from fractions import Fraction

from domain.values.counts.lexicons.english_1 import Phrase, PhraseTable
from domain.values.counts.lexicons.french_headlines import FELLING, OPENS, PLACES
from domain.values.counts.lexicons.french_people import AROUND, SINGULAR
from domain.values.counts.lexicons.lexicon import (
    FATE,
    LEFT,
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

_ELIDED = {"d": "de", "l": "le", "n": "ne", "s": "se", "j": "je", "m": "me", "c": "ce", "qu": "que", "jusqu": "jusque"}
_ELISION = re.compile(r"\b(d|l|n|s|j|m|c|qu|jusqu)['\u2019](?=\w)", re.IGNORECASE)

_ONES = ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
_TEENS = ["dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"]
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 70: "septante", 90: "nonante"}
_EIGHTIES = ("huitante", "octante")


def _elided(text: str) -> str:
    """Part what an apostrophe joins: `d'une` is `de une`; a capital stays with its word."""
    return _ELISION.sub(lambda found: _ELIDED[found[1].lower()] + " ", text)


def _phrase(words: str) -> Phrase:
    return tuple(words.replace("-", " ").split())


def _below_100() -> dict[Phrase, int]:
    spelled = {word: value for value, word in enumerate([*_ONES, *_TEENS], 1)}
    below_20 = dict(spelled)
    for tens, word in [*_TENS.items(), *((80, eighty) for eighty in _EIGHTIES)]:
        spelled[word] = tens
        spelled |= {f"{word} {one}": tens + value for value, one in enumerate(_ONES, 1)}
        spelled |= {f"{word} et un": tens + 1}
    spelled |= {f"soixante {teen}": 60 + value for teen, value in below_20.items() if value >= 10}  # noqa: PLR2004
    spelled |= {"soixante et onze": 71, "quatre-vingts": 80, "quatre-vingt": 80}
    spelled |= {f"quatre-vingt {word}": 80 + value for word, value in below_20.items()}
    feminine = {f"{words[:-2]}une": value for words, value in spelled.items() if words.split()[-1] == "un"}
    return {_phrase(words): value for words, value in (spelled | feminine).items()}


_BELOW_100 = _below_100()
_TIMES = {phrase: value for phrase, value in _BELOW_100.items() if value in range(2, 17) and value != 10}  # noqa: PLR2004
_HUNDREDS: dict[Phrase, int] = {("cent",): 100, ("cents",): 100} | {
    (*phrase, hundred): 100 * value for phrase, value in _TIMES.items() for hundred in ("cent", "cents")
}
_SCALES = {
    ("mille",): 1_000, ("million",): 10**6, ("millions",): 10**6, ("milliard",): 10**9, ("milliards",): 10**9,
}  # fmt: skip
_ROUND = {
    "huitaine": 8, "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1_000,
}  # fmt: skip
_ROUNDED: dict[Phrase, int] = {
    **{("une", word): value for word, value in _ROUND.items() if word != "millier"},
    ("un", "millier"): 1_000,
    ("une", "demi", "douzaine"): 6,
    **{
        (*times, f"{word}s"): count * _ROUND[word]
        for word in ("douzaine", "centaine", "millier")
        for times, count in _BELOW_100.items()
        if count in range(2, 10)
    },
}
_NAMED: dict[Phrase, int | Fraction] = {
    ("zéro",): 0,
    ("un", "demi", "million"): 500_000,
    ("un", "demi", "milliard"): 500_000_000,
    ("un", "quart", "de", "million"): 250_000,
    ("trois", "quarts", "de", "million"): 750_000,
}
_NUMERALS = Numerals(
    below_100=PhraseTable(_BELOW_100),
    hundreds=PhraseTable(_HUNDREDS),
    carried=True,
    scales=PhraseTable(_SCALES),
    glued={"k": 1_000, "m": 10**6, "md": 10**9},
    alone=PhraseTable({("mille",): (1, 1_000)}),
    bare=PhraseTable({}),
    halves=PhraseTable(to_one("et demi | et demie", "")),
    named=PhraseTable(_NAMED),
    rounded=PhraseTable(_ROUNDED),
    words=firsts([_BELOW_100, _HUNDREDS]) | {"zéro", "mille"},
)

_BOUNDS = {
    "exact": "exactement | précisément",
    "at_least": "au moins | pas moins de | un minimum de | au minimum | minimum | à tout le moins | au bas mot"
    " | ≥ | > =",
    "more_than": "plus de | bien plus de | un peu plus de | au delà de | au dessus de | dépassant | >",
    "at_most": "au plus | tout au plus | au maximum | un maximum de | maximum | jusque à | pas plus de | ≤ | < =",
    "fewer_than": "moins de | un peu moins de | en dessous de | <",
    "about": "environ | autour de | quelque | à peu près | approximativement | aux alentours de | aux environs de"
    " | de l ordre de",
    "about.one": "près de | presque | env | env . | ~ | ≈ | \u223c",
}
_SUFFIXES = {
    "at_least": "au moins | ou plus | et plus | au minimum | minimum | au bas mot | +",
    "at_most": "au plus | tout au plus | au maximum | maximum | ou moins",
    "about": "environ | à peu près | approximativement | ou presque | ou à peu près | estimation",
}
_SEVERAL: dict[str, FigureRange] = {
    "plusieurs": (2, 9),
    "quelques": (2, 9),
    "une poignée": (2, 9),
    "des dizaines | dizaines | les dizaines": (20, 99),
    "des vingtaines": (40, 99),
    "des centaines | centaines": (200, 999),
    "des milliers | milliers": (2_000, 9_999),
    "des dizaines de milliers | dizaines de milliers": (20_000, 99_999),
    "des centaines de milliers | centaines de milliers": (200_000, 999_999),
    "des millions": (2_000_000, 9_999_999),
    "des dizaines de millions": (20_000_000, 99_999_999),
    "plusieurs dizaines | quelques dizaines": (20, 99),
    "plusieurs centaines | quelques centaines": (200, 999),
    "plusieurs milliers | quelques milliers": (2_000, 9_999),
    "plusieurs dizaines de milliers": (20_000, 99_999),
    "plusieurs centaines de milliers": (200_000, 999_999),
    "plusieurs millions": (2_000_000, 9_999_999),
    "de nombreux | de nombreuses | nombreux | nombreuses | beaucoup | un grand nombre | un nombre indéterminé"
    " | un nombre inconnu | un certain nombre | un nombre": (None, None),
}
_LEADS = {
    **to_one("un total de | total de | au total | les | le | la | ces | tous les | toutes les | seulement", ""),
    **to_one("fait | font | a fait | ont fait | faisant", LEFT),
    **to_one("il y a | se compte | compte | un bilan de | nouveau bilan de | un nouveau bilan de", "person"),
    **to_one("bilan de | bilan provisoire de | un bilan provisoire de | dernier bilan", "person"),
    **to_one("encore | de nouveau", MORE),
    **to_one("un groupe de | une famille de | la famille de | le équipage de", "person"),
    **to_one("les corps de | le corps de | les cadavres de | la vie de", "person"),
    **to_one(
        "la mort de | mort de | le décès de | la exécution de | le assassinat de | le massacre de", f"{FATE}killed"
    ),
    **to_one(
        "tue | tuent | tué | a tué | ont tué | tuant | a coûté la vie à | ont coûté la vie à"
        " | coûtant la vie à | coûté la vie à | coûte la vie à",
        f"{FATE}killed",
    ),
    **to_one("blesse | blessent | a blessé | ont blessé | blessant", f"{FATE}injured"),
    **to_one("la arrestation de | arrestation de | arrestations de", f"{FATE}detained"),
    **to_one("le enlèvement de | enlèvement de | la disparition de", f"{FATE}abducted"),
    **to_one("le déplacement de", f"{FATE}displaced"),
}
_SUBJECTS = {
    **to_one(
        "le | la | les | un | des | de | du | provisoire | officiel | nouveau | dernier | humain | total | actuel", ""
    ),
    **to_one("selon | à | au | en | et | global | lourd | séisme | attaque | attentat | guerre | civiles | civils", ""),
    **to_one(
        "bilan | nombre | chiffre | total | décompte | nombre de personnes | nombre de victimes | victimes", "person"
    ),
    **to_one("nombre de morts | nombre des morts | morts | décès | tués | bilan des morts | mort", f"{FATE}killed"),
    **to_one("nombre de blessés | blessés", f"{FATE}injured"),
    **to_one("disparus | nombre de disparus", f"{FATE}missing"),
    **to_one("déplacés | nombre de déplacés", f"{FATE}displaced"),
}
_VERBS = {
    "": "revu à la baisse à | revu à la hausse à"
    " | passe à | est passé à | se élève à | se élevait à | se établit à | se alourdit à | se est alourdi à | monte à"
    " | est monté à | grimpe à | atteint | a atteint | est de | était de | est porté à | porté à | revu à |"
    " ramené à | :"
    " | est à | compte | totalise",
    "more_than": "dépasse | a dépassé | dépassait | franchit | a franchi | excède",
    "about.one": "approche | avoisine | frôle",
    "at_least": "est de au moins",
}
_BESIDE = """
    ne a à été n ont était est sont eu y il ni ou et de des du parmi les la le jusque présent ce jour pour
    instant en aucune
    aucun déplorer
"""

FR_1 = Vocabulary(
    name="fr/1",
    grouping=".,'\u2019\u00a0\u202f\u2009\u066c",
    decimal=",\u066b",
    numerals=_NUMERALS,
    bounds=PhraseTable(bounds(_BOUNDS)),
    suffixes=PhraseTable(enclosed(bounds(_SUFFIXES))),
    leads=PhraseTable(_LEADS),
    subjects=PhraseTable(_SUBJECTS),
    verbs=PhraseTable(bounds(_VERBS)),
    several=PhraseTable(ends(_SEVERAL)),
    around=PhraseTable(AROUND),
    nothing=PhraseTable(
        {
            **dict.fromkeys(phrases("aucun mort | aucune victime | aucun blessé | personne ne | néant"), False),
            **dict.fromkeys(phrases("aucun | aucune | pas de"), True),
        }
    ),
    beside=frozenset(_BESIDE.split()),
    singular=SINGULAR,
    pairs={"entre": frozenset({"et"}), "de": frozenset({"à"})},
    ranges=frozenset({"à", "ou"}),
    unknown=frozenset({"inconnu", "inconnue", "indéterminé", "indéterminée"}),
    hint=" (words of another language: name its lexicon beside them in “lexicon”, such as “en/2”)",
    spaced=True,
    names=True,
    felling=PhraseTable(FELLING),
    places=PhraseTable(PLACES),
    opens=OPENS,
    split=_elided,
)
