"""The lexicon `und/1`: figures in digits and signs alone, for reports in a language that no lexicon knows."""

from domain.values.counts.lexicons.lexicon import Numerals, PhraseTable, Vocabulary, classified, with_enclosed

_BOUNDS = classified(
    {
        "at_least": "≥ | > =",
        "more_than": ">",
        "at_most": "≤ | < =",
        "fewer_than": "<",
        "about.one": "~ ≈ \u223c",
    }
)

UND_1 = Vocabulary(
    name="und/1",
    grouping=",.'\u2019\u00a0\u202f\u2009\u066c",
    decimal="",
    numerals=Numerals(),
    bounds=PhraseTable(_BOUNDS),
    suffixes=PhraseTable(with_enclosed(classified({"at_least": "+"}))),
    hint=", as it reads digits alone; the words of English, Arabic and French are read by en/2, ar/1 and fr/1, which"
    " “lexicon” beside the words names",
)
