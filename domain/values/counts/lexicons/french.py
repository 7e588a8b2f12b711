"""The lexicon `fr/1`, of the French-language press. Frozen once released."""

import re
from fractions import Fraction

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.french_people import AROUND, SINGULAR
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

_ELIDED = {"d": "de", "l": "le", "n": "ne", "s": "se", "j": "je", "m": "me", "c": "ce", "qu": "que", "jusqu": "jusque"}
_ELISION = re.compile(r"\b(d|l|n|s|j|m|c|qu|jusqu)['\u2019](?=\w)", re.IGNORECASE)

_ONES = ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
_TEENS = ["dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"]
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 70: "septante", 90: "nonante"}
_EIGHTIES = ("huitante", "octante")


def _elided(text: str) -> str:
    """Expand elisions: `d'une` is `de une`; a capital stays with its word."""
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
    halves=PhraseTable(dict.fromkeys(phrases("et demi | et demie"), "")),
    named=PhraseTable(_NAMED),
    rounded=PhraseTable(_ROUNDED),
    words=all_words([_BELOW_100, _HUNDREDS]) | {"zéro", "mille"},
)

_BOUNDS = classified(
    {
        "exact": "exactement précisément",
        "at_least": """
    minimum ≥ | au moins | pas moins de | un minimum de | au minimum | à tout le moins | au bas mot | > =""",
        "more_than": "dépassant > | plus de | bien plus de | un peu plus de | au delà de | au dessus de",
        "at_most": "maximum ≤ | au plus | tout au plus | au maximum | un maximum de | jusque à | pas plus de | < =",
        "fewer_than": "< | moins de | un peu moins de | en dessous de",
        "about": """
    environ quelque approximativement | autour de | à peu près | aux alentours de | aux environs de | de l ordre de""",
        "about.one": "presque env ~ ≈ ∼ | près de | env .",
    }
)
_SUFFIXES = classified(
    {
        "at_least": "minimum + | au moins | ou plus | et plus | au minimum | au bas mot",
        "at_most": "maximum | au plus | tout au plus | au maximum | ou moins",
        "about": "environ approximativement estimation | à peu près | ou presque | ou à peu près",
    }
)
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
_LEADS = classified(
    {
        word_class.NEUTRAL: "les le la ces seulement | un total de | total de | au total | tous les | toutes les",
        word_class.LEFT: "fait font faisant | a fait | ont fait",
        word_class.PERSON: """
    compte | il y a | se compte | un bilan de | nouveau bilan de | un nouveau bilan de | bilan de | bilan provisoire de
    | un bilan provisoire de | dernier bilan | un groupe de | une famille de | la famille de | le équipage de | les
    corps de | le corps de | les cadavres de | la vie de""",
        word_class.MORE: "encore | de nouveau",
        word_class.KILLED: """
    tue tuent tué tuant | la mort de | mort de | le décès de | la exécution de | le assassinat de | le massacre de | a
    tué | ont tué | a coûté la vie à | ont coûté la vie à | coûtant la vie à | coûté la vie à | coûte la vie à""",
        word_class.INJURED: "blesse blessent blessant | a blessé | ont blessé",
        word_class.DETAINED: "| la arrestation de | arrestation de | arrestations de",
        word_class.ABDUCTED: "| le enlèvement de | enlèvement de | la disparition de",
        word_class.DISPLACED: "| le déplacement de",
    }
)
_SUBJECTS = classified(
    {
        word_class.NEUTRAL: """
    le la les un des de du provisoire officiel nouveau dernier humain actuel selon à au en et global lourd séisme
    attaque attentat guerre civiles civils""",
        word_class.PERSON: "bilan nombre chiffre total décompte victimes | nombre de personnes | nombre de victimes",
        word_class.KILLED: "morts décès tués mort | nombre de morts | nombre des morts | bilan des morts",
        word_class.INJURED: "blessés | nombre de blessés",
        word_class.MISSING: "disparus | nombre de disparus",
        word_class.DISPLACED: "déplacés | nombre de déplacés",
    }
)
_VERBS = classified(
    {
        "": """
    atteint : compte totalise | revu à la baisse à | revu à la hausse à | passe à | est passé à | se élève à | se
    élevait à | se établit à | se alourdit à | se est alourdi à | monte à | est monté à | grimpe à | a atteint | est de
    | était de | est porté à | porté à | revu à | ramené à | est à""",
        "more_than": "dépasse dépassait franchit excède | a dépassé | a franchi",
        "about.one": "approche avoisine frôle",
        "at_least": "| est de au moins",
    }
)
_BESIDE = """
    ne a à été n ont était est sont eu y il ni ou et de des du parmi les la le jusque présent ce jour pour
    instant en aucune
    aucun déplorer
"""
_ATTACK_VERBS: dict[Phrase, str] = classified(
    {
        word_class.KILLED: "tue tuent | a tué | ont tué | coûte la vie à | a coûté la vie à | ont coûté la vie à",
        word_class.INJURED: "blesse blessent | a blessé | ont blessé",
        word_class.ABDUCTED: "enlève enlèvent | a enlevé | ont enlevé",
        word_class.DETAINED: "arrête arrêtent | a arrêté | ont arrêté",
        word_class.LEFT: "fait font | a fait | ont fait",
    }
)
"""What an attack, or those who attack, did; “fait” does not say what, as the words behind it must."""
_OPENS = all_words([_ATTACK_VERBS]) | {":"}

_PLACES = classified(
    {
        word_class.COMPLEMENT: """
    afghanistan alep algérie arménie azerbaïdjan bagdad bamako bangladesh beyrouth birmanie biélorussie bruxelles brésil
    burundi bénin cameroun centrafrique chine cisjordanie colombie congo crimée cuba damas darfour djibouti donbass
    france gaza goma grèce guinée géorgie haïti homs idleb inde indonésie irak iran israël istanbul italie jordanie
    jénine jérusalem kaboul karachi kenya kharkiv khartoum kherson kiev kosovo koweït kyiv lattaquié liban libye mali
    manille maroc mauritanie mayotte mexique mogadiscio moldavie moscou mossoul mozambique naplouse niger nigeria
    nigéria népal odessa oman ouagadougou ouganda pakistan palestine philippines pérou qatar rafah rdc russie rwanda
    sahel serbie somalie soudan syrie sénégal tchad thaïlande tigré tunisie turquie téhéran ukraine venezuela vietnam
    yémen zimbabwe égypte équateur érythrée éthiopie hamas hezbollah onu osdh afp talibans fsr | boko haram | burkina
    faso | sri lanka | arabie saoudite | soudan du sud | nord kivu | sud liban | côte de ivoire | bande de gaza | el
    facher | port au prince | proche orient | tel aviv""",
    }
)

FR_1 = Vocabulary(
    name="fr/1",
    grouping=".,'\u2019\u00a0\u202f\u2009\u066c",
    decimal=",\u066b",
    numerals=_NUMERALS,
    bounds=PhraseTable(_BOUNDS),
    suffixes=PhraseTable(with_enclosed(_SUFFIXES)),
    lead_ins=PhraseTable(_LEADS),
    subjects=PhraseTable(_SUBJECTS),
    verbs=PhraseTable(_VERBS),
    worded=PhraseTable(ends(_SEVERAL)),
    around=PhraseTable(AROUND),
    zero_words=PhraseTable(
        {
            **dict.fromkeys(phrases("aucun mort | aucune victime | aucun blessé | personne ne | néant"), False),
            **dict.fromkeys(phrases("aucun | aucune | pas de"), True),
        }
    ),
    zero_context=frozenset(_BESIDE.split()),
    singular_people=SINGULAR,
    range_pairs={"entre": frozenset({"et"}), "de": frozenset({"à"})},
    range_joins=frozenset({"à", "ou"}),
    unknown_words=frozenset({"inconnu", "inconnue", "indéterminé", "indéterminée"}),
    hint=" (words of another language: name its lexicon beside them in “lexicon”, such as “en/2”)",
    spaced=True,
    names=True,
    attack_verbs=PhraseTable(_ATTACK_VERBS),
    places=PhraseTable(_PLACES),
    headline_marks=_OPENS,
    split=_elided,
)
