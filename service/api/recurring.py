"""Parts of reports that are said again and again: read once, and the same object after that."""

from typing import Any, Final, cast

import orjson
from pydantic import BaseModel, ValidationError

from domain.reports.claims.claim import with_count_context
from domain.reports.kind import with_lexicon_of_language
from domain.values.counts.count import Count, CountInContext
from domain.values.places import Place
from domain.values.populations import Population

MOST_KEPT: Final = 20_000
"""How many parts are remembered; then it begins anew."""
_OF_A_CLAIM: Final = (("count", Count), ("population", Population))

_known: dict[tuple[type[BaseModel], bytes, object], BaseModel] = {}


def with_recurring(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a report with counts, populations and places read already, where they can be.

    They never change, so reports may share them. What cannot be read stays as it is, for the report's own shape to
    complain about.
    """
    found = dict(with_lexicon_of_language(body))
    if isinstance(places := body.get("places"), list):
        found["places"] = [_read(Place, each) for each in cast("list[object]", places)]
    if isinstance(claims := found.get("claims"), list):
        found["claims"] = [_claim(each) for each in cast("list[object]", claims)]
    return found


def _claim(given: object) -> object:
    if not isinstance(given, dict):
        return given
    claim = dict(with_count_context(cast("dict[str, object]", given)))
    for name, model in _OF_A_CLAIM:
        if name in claim:
            claim[name] = _read(model, claim[name])
    return claim


def _read(model: type[BaseModel], given: object) -> object:
    if not isinstance(given, dict):
        return given
    try:
        key = model, orjson.dumps(given), given.context if isinstance(given, CountInContext) else None
        found = _known.get(key)
        if found is None:
            if len(_known) >= MOST_KEPT:
                _known.clear()
            found = _known[key] = model.model_validate(given)
    except (ValidationError, TypeError):
        return cast("object", given)
    return found
