"""Figures in words of the reader's language: what a key counts, what a claim says, an estimate with its bounds.

No figure is made here: each is one that a claim holds, with the bound that its source gave it.
"""

from collections.abc import Mapping
from typing import Any

from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.names import Names

Document = Mapping[str, Any]


def population_name(language: Language, population: Document, names: Names) -> str:
    """Return whom a population counts, such as “civilians, children”; empty for everyone."""
    if not population:
        return ""
    parts = [label(language, "status", each) for each in population.get("status", ())]
    parts += [label(language, name, population[name]) for name in ("sex", "age") if name in population]
    parts += [names.actor(population["of"])] if "of" in population else []
    parts += list(population.get("group", ())) + list(population.get("occupation", ()))
    return language.comma.join(parts)


def key_name(language: Language, key: Document, names: Names) -> str:
    """Return what a key counts, such as “Killed, civilians, by execution”; `key` has measure, population, scope, manner."""
    parts = [
        label(language, "measure", key["measure"]),
        population_name(language, key["population"], names),
        label(language, "manner", key["manner"]) if key["manner"] else "",
        names.scope(key["scope"]),
    ]
    return language.comma.join(each for each in parts if each)


def claim_figure(language: Language, claim: Document) -> str:
    """Return what a claim says, such as “at least 1,700” or, in quotation marks, its words: “dozens”."""
    lower, upper, best, bound = (claim[name] for name in ("lower", "upper", "best", "bound"))
    number = language.number
    if bound == "worded":
        return f"“{claim['verbatim']}”"
    if bound == "at_least":
        return language.text("at least %(figure)s", figure=number(lower))
    if bound == "more_than":
        return language.text("more than %(figure)s", figure=number(lower - 1))
    if bound == "at_most":
        return language.text("at most %(figure)s", figure=number(upper))
    if bound == "fewer_than":
        return language.text("fewer than %(figure)s", figure=number(upper + 1))
    if bound == "about":
        return language.text("about %(figure)s", figure=number(best))
    if bound == "between":
        return language.text("%(lower)s to %(upper)s", lower=number(lower), upper=number(upper))
    if bound == "none":
        return language.text("none")
    return number(best if best is not None else lower)
