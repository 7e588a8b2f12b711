"""Figures in words of the reader's language: what a key counts, what a claim says, an estimate with its bounds.

No figure is made here: each is one that a claim holds, with the bound that its source gave it. Figures of documents are
as said, their strictness is the bound's: “more than 1,000” has lower 1000. What is returned is plain text, not HTML.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.isolation import isolated
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.parts.local_time import day_said
from service.web.parts.names import Names

_AGED: Final = {
    ("child", "female"): marked("girls"),
    ("child", "male"): marked("boys"),
    ("young_adult", "female"): marked("young women"),
    ("young_adult", "male"): marked("young men"),
    ("adult", "female"): marked("women"),
    ("adult", "male"): marked("men"),
    ("older", "female"): marked("older women"),
    ("older", "male"): marked("older men"),
}
"""What people of an age and a sex are called."""
_BOUNDED: Final = {
    "at_least": (marked("at least %(figure)s"), "lower"),
    "more_than": (marked("more than %(figure)s"), "lower"),
    "at_most": (marked("at most %(figure)s"), "upper"),
    "fewer_than": (marked("fewer than %(figure)s"), "upper"),
    "about": (marked("about %(figure)s"), "lower"),
    "exact": ("%(figure)s", "lower"),
}
"""The message of each bound that has one figure, and the end of the claim that is the figure."""


def population_name(language: Language, population: ApiDocument, names: Names) -> str:
    """Return whom a population counts, such as “civilians, children”; empty for everyone."""
    return language.comma.join(_limits(language, population, names))


def _limits(language: Language, population: ApiDocument, names: Names) -> Iterator[str]:
    status = [label(language, "status", each) for each in population.get("status", ())]
    role = [label(language, "role", each) for each in population.get("role", ())]
    people = [joined(language, each) for each in (status, role) if each]
    yield from people
    age, sex = population.get("age"), population.get("sex")
    if (age, sex) in _AGED:
        yield language.text(_AGED[age, sex])  # type: ignore[index]
    else:
        yield from (label(language, family, code) for family, code in (("age", age), ("sex", sex)) if code)
    yield from (
        [joined(language, [names.group(each) for each in population["group"]])] if "group" in population else ()
    )
    yield from ([names.actor(population["of"])] if "of" in population else ())


def joined(language: Language, parts: list[str]) -> str:
    """Join what is counted together: “a and b”, “a, b and c”."""
    if len(parts) < 2:  # noqa: PLR2004 - one alone
        return "".join(parts)
    first = language.comma.join(parts[:-1])
    return language.text("%(first)s and %(last)s") % {"first": first, "last": parts[-1]}


def key_name(language: Language, key: ApiDocument, names: Names) -> str:
    """Return what a key counts: “Killed, civilians, by execution”; `key` has measure, population, scope and manner."""
    parts = [
        label(language, "measure", key["measure"]),
        population_name(language, key["population"], names) or language.text("everyone"),
        label(language, "manner", key["manner"]) if key["manner"] else "",
        names.scope(key["scope"]),
    ]
    return language.comma.join(each for each in parts if each)


def claim_figure(language: Language, claim: ApiDocument) -> str:
    """Return what a claim says, such as “at least 1,700” or, in quotation marks, its words: “dozens”."""
    bound = claim["bound"]
    if bound == "worded":
        return language.text("“%(words)s”") % {"words": isolated(language, claim["verbatim"])}
    if bound == "none":
        return language.text("none")
    if bound == "between":
        return language.text("%(lower)s to %(upper)s") % {
            end: language.number(claim[end]) for end in ("lower", "upper")
        }
    message, end = _BOUNDED[bound]
    figure = claim[end] if claim["best"] is None or bound not in {"exact", "about"} else claim["best"]
    return language.text(message) % {"figure": language.number(figure)}


def least_most(language: Language, toll: ApiDocument) -> str:
    """Return the least and the most of an item of a list: “1,334 to 1,700 or more”; its words, where it has no figure.

    A single figure is told as a claim of its bound is.
    """
    lower, upper = toll["lower"], toll["upper"]
    if lower is not None and upper is not None and lower != upper:
        message = marked("%(lower)s to %(upper)s or more") if toll["upper_open"] else marked("%(lower)s to %(upper)s")
        return language.text(message) % {"lower": language.number(lower), "upper": language.number(upper)}
    if lower is None:
        usual, others = ("worded" if upper is None else "at_most"), {"fewer_than"} if upper is not None else set[str]()
    elif upper is None or toll["upper_open"]:
        usual, others = "at_least", {"more_than"}
    else:
        usual, others = "exact", {"about"}
    bound = toll["bound"] if toll["bound"] in others else usual
    return claim_figure(language, {**toll, "bound": bound, "best": None, "verbatim": toll["said"]})


@dataclass(frozen=True)
class Quote:
    """A figure as its source gave it, and who said it when; `worded` where it is words, `claim` its ref."""

    figure: str
    attribution: str
    worded: bool
    claim: str


class Quotes:
    """Quotes of the claims of one incident, each by its ref, with days of its `zone`."""

    def __init__(self, language: Language, names: Names, claims: Sequence[ApiDocument], zone: tzinfo) -> None:
        self._language, self._names, self._zone = language, names, zone
        self._claims = {each["claim"]: each for each in claims}

    def of_end(self, end: ApiDocument, key: ApiDocument) -> Quote:
        """Quote an end of the estimate of a key; one that another key's claim gives is at least so much of it."""
        claim = self._claims[end["claim"]]
        if claim["population"] == key["population"]:
            return self.of_claim(claim)
        text = self._language.text
        alone = population_name(self._language, claim["population"], self._names)
        figure = text("at least %(figure)s") % {"figure": self._language.number(end["figure"])}
        return self._quote(claim, figure, text("counting %(people)s alone") % {"people": alone})

    def of_claim(self, claim: ApiDocument) -> Quote:
        """Quote a claim of any document."""
        return self._quote(claim, claim_figure(self._language, claim))

    def of_ref(self, ref: str) -> Quote | None:
        """Quote a claim by its ref; None where it is not among those known."""
        found = self._claims.get(ref)
        return self.of_claim(found) if found else None

    def _quote(self, claim: ApiDocument, figure: str, *remarks: str) -> Quote:
        said = day_said(self._language, claim["reported_at"], self._zone)
        parts = [self._names.source(claim["source"]), *remarks, said]
        if claim["via"]:
            relays = self._language.comma.join(self._names.source(each) for each in claim["via"])
            parts.append(self._language.text("via %(relays)s") % {"relays": relays})
        return Quote(figure, self._language.comma.join(parts), claim["bound"] == "worded", claim["claim"])


def leading_end(estimate: ApiDocument) -> ApiDocument | None:
    """Return the end that answers: the best figure, else the upper, else the lower; None for words alone."""
    return estimate["best"] or estimate["upper"] or estimate["lower"]
