"""Interning of validated counts, populations and places, which recur in many reports."""

from typing import Any, Final, cast

import orjson
from pydantic import BaseModel, ValidationError

from domain.reports.claims.claim import with_count_context
from domain.reports.kind import with_lexicon_of_language
from domain.values.counts.count import Count, CountInContext
from domain.values.places import Place
from domain.values.populations import Population

MAX_INTERNED: Final = 20_000
"""The most interned parts; the cache is then cleared."""
_OF_A_CLAIM: Final = (("count", Count), ("population", Population))

_interned: dict[tuple[type[BaseModel], bytes, object], BaseModel] = {}


def with_interned_parts(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a report with its counts, populations and places replaced by interned instances.

    They are immutable. An invalid part is left as it is, for the report's own model to refuse.
    """
    found = dict(with_lexicon_of_language(body))
    if isinstance(places := body.get("places"), list):
        found["places"] = [_read(Place, each) for each in cast("list[object]", places)]
    if isinstance(claims := found.get("claims"), list):
        found["claims"] = [_claim(each) for each in cast("list[object]", claims)]
    return found


def _claim(value: object) -> object:
    if not isinstance(value, dict):
        return value
    claim = dict(with_count_context(cast("dict[str, object]", value)))
    for name, model in _OF_A_CLAIM:
        if name in claim:
            claim[name] = _read(model, claim[name])
    return claim


def _read(model: type[BaseModel], value: object) -> object:
    if not isinstance(value, dict):
        return value
    try:
        key = model, orjson.dumps(value), value.context if isinstance(value, CountInContext) else None
        found = _interned.get(key)
        if found is None:
            if len(_interned) >= MAX_INTERNED:
                _interned.clear()
            found = _interned[key] = model.model_validate(value)
    except (ValidationError, TypeError):
        return cast("object", value)
    return found
