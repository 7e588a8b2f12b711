"""The lead key, which headline and chart show: that of the query, else the one with most claims."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from service.web.api_document import ApiDocument

_NOT_COUNTED: Final = frozenset({"increment", "retracted"})
_EVERYONE: Final = "{}"


class Key(NamedTuple):
    """Key of an estimate; `population` in canonical form, so that keys can be compared."""

    measure: str
    population: str
    scope: str
    manner: str | None

    @property
    def document(self) -> dict[str, Any]:
        """The key as documents write it."""
        return {**self._asdict(), "population": orjson.loads(self.population)}

    @property
    def query(self) -> dict[str, str | None]:
        """The query parameters that make it the lead key of a page."""
        return self._asdict()


def key_of(document: ApiDocument) -> Key:
    """Return the key of an estimate, a claim or a series."""
    population = orjson.dumps(document["population"], option=orjson.OPT_SORT_KEYS).decode()
    return Key(document["measure"], population, document["scope"], document["manner"])


def lead_key(claims: Sequence[ApiDocument], param: Callable[[str], str | None]) -> Key | None:
    """Return the key that a query names, else that of the whole incident's dead with most claims; None without any.

    `claims` are those of `claims/1`; neither increments nor what was retracted count.
    """
    if (measure := param("measure")) is not None:
        return Key(measure, _canonical(param("population")), param("scope") or "incident", param("manner"))
    numbers = Counter(key_of(each) for each in claims if each["status"] not in _NOT_COUNTED)
    usual = [key for key in numbers if (key.scope, key.manner) == ("incident", None)]
    dead = [key for key in usual if key.measure == "killed"]
    found = dead or usual or list(numbers)
    return max(found, key=lambda key: (numbers[key], key.population == _EVERYONE), default=None)


def lead_estimate(estimates: Sequence[ApiDocument], lead: Key | None) -> ApiDocument | None:
    """Return the estimate of a key; None where it has no claim at this reading."""
    return next((each for each in estimates if key_of(each) == lead), None)


def _canonical(population: str | None) -> str:
    """Return a population in canonical form; everyone for what is no JSON object."""
    try:
        parsed = orjson.loads(population or _EVERYONE)
    except orjson.JSONDecodeError:
        return _EVERYONE
    return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS).decode() if isinstance(parsed, dict) else _EVERYONE
