"""Refusals of counts: sentences that say what to write instead."""

from domain.values.counts.english_1_numbers import CountError, shown, unreadable
from domain.values.counts.lexicons.lexicon import Vocabulary

_INSTEAD = "write the count alone, such as “at least 200” or “80 to 100”, or give lower and upper beside the words"
_WHY = {
    "group": "counts groups or containers, not people, because of “{word}”; give lower and upper for the people",
    "rate": "is a rate or a share of each, not a count, because of “{word}”; write the whole count",
    "unit": "is not a count of people, because of “{word}” behind the figure; write the count alone",
    "age": "tells an age or a time, because of “{word}”, and not how many; write the count alone",
    "period": "tells a time or a measure beside the count, “{word}”; write the count without it, and a time in the"
    " claim's “period” or its “counted_until”",
    "doubt": "cannot be read with certainty, because of “{word}”; write the figure that the source gives, or give lower"
    " and upper",
    "count": "holds a second figure (“{word}”); make it a claim of its own, or give lower and upper",
    "change": "tells a change, because of “{word}”; write the count that it came to",
    "alive": "counts people who live, because of “{word}”; write the count of the claim's measure",
    "equipment": "counts equipment, because of “{word}”, which only a claim of the measure “strength” may; give"
    " lower and"
    " upper for the people",
    "place": "counts places or things, because of “{word}”; give lower and upper for the people",
}
SECOND = "holds a second figure; make it a claim of its own, or give lower and upper"
SIDE_BY_SIDE = "has two figures side by side; write 1,500 for one figure, 80 to 100 for a range"
NO_FIGURE = "gives no figure; leave the claim out, or give lower and upper"
ELLIPTIC = (
    "may leave out thousands at its lower end; write “at least {low:,} and at most {high:,}” or"
    " “{thousands:,} to {high:,}”"
)
NO_PLAIN_FIGURE = f"has “{{word}}” where its figure, or a bound such as “at least”, should stand; {_INSTEAD}"
TWO_RANGES = "could mean two ranges; write both figures out"
BACKWARDS = "runs backwards; put the smaller figure first"
BOUND_AND_RANGE = "puts a bound before or after a range; say one or the other"
TWO_BOUNDS = "has one bound before its figure and another behind it"
NOT_NONE = "does not say for certain that there were none; write 0, or leave the claim out"
ONE_OR_SEVERAL = "may be one of that or several; say “a hundred” or “hundreds”"
PART_TOO_LARGE = "names a part that is larger than the whole; make each a claim of its own"
TWO_MEASURES = (
    "says more than one thing of those counted ({measures}), so it is a count of neither alone; a claim of the measure"
    " “killed_or_injured” may say both of these, and lower and upper may be given beside any words"
)
INCREASE = (
    "is an increase and no total; give the claim “accumulation”: “incremental”, or write the whole count without that"
    " word"
)
NO_NOUN = f"does not say what the figure counts; {_INSTEAD}"
NO_FATE = f"does not say what befell those counted, such as “dead”; {_INSTEAD}"
UNFINISHED = f"breaks off behind “{{word}}”; {_INSTEAD}"


def because(verbatim: str, reason: str, word: str) -> CountError:
    """Refuse a phrase for a word of a refused class: a rate, a group, a unit, a doubt."""
    return unreadable(verbatim, _WHY[reason].format(word=shown(word)))


def unknown_word(verbatim: str, word: str, vocabulary: Vocabulary) -> CountError:
    """Refuse a phrase for a word or sign that its lexicon does not know."""
    return unreadable(
        verbatim,
        f"cannot be read as a count: the lexicon {vocabulary.name} does not know “{shown(word)}”{vocabulary.hint};"
        f" {_INSTEAD}",
    )


def unfinished(verbatim: str, word: str) -> CountError:
    """Refuse a phrase that ends in the middle."""
    return unreadable(verbatim, UNFINISHED.format(word=shown(word)))
