"""The key that headline and chart show: that which the query names, else the one that most is said of."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

Document = Mapping[str, Any]
_NOT_COUNTED: Final = frozenset({"increment", "retracted"})
_EVERYONE: Final = "{}"


class Key(NamedTuple):
    """What a figure counts; `population` in canonical form, so that keys can be compared."""

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


def key_of(document: Document) -> Key:
    """Return the key of an estimate, a claim or a series."""
    population = orjson.dumps(document["population"], option=orjson.OPT_SORT_KEYS).decode()
    return Key(document["measure"], population, document["scope"], document["manner"])


def lead_key(claims: Sequence[Document], param: Callable[[str], str | None]) -> Key | None:
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


def lead_estimate(estimates: Sequence[Document], lead: Key | None) -> Document | None:
    """Return the estimate of a key; None where nothing is said of it at this reading."""
    return next((each for each in estimates if key_of(each) == lead), None)


def _canonical(population: str | None) -> str:
    """Return a population in canonical form; everyone for what is no JSON object."""
    try:
        parsed = orjson.loads(population or _EVERYONE)
    except orjson.JSONDecodeError:
        return _EVERYONE
    return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS).decode() if isinstance(parsed, dict) else _EVERYONE
