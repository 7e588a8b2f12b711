"""Number coercion: JSON numbers for string fields, keeping their digits as written, and 12.0 for integer fields."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from domain.values.text_types import JsonNumber

T = TypeVar("T")

_STRING_ERRORS: Final = frozenset({"string_type"})
_INTEGER_ERRORS: Final = frozenset({"int_type", "int_parsing", "int_from_float"})
_MAX_PASSES: Final = 10
"""The most validation passes: nested fields may be validated only after their parents are valid."""


def validate_coercing_numbers(read: Callable[[Any], T], document: object) -> T:
    """Validate a document; after type errors of numbers, again with these coerced.

    A valid document is validated once. Raises the ValidationError of `read`.
    """
    try:
        return read(document)
    except ValidationError as error:
        refused = error
    coerced, errors = document, refused.errors(include_url=False)
    for _ in range(_MAX_PASSES):
        again = _coerced(coerced, errors)
        if again is None:
            break
        coerced = again
        try:
            return read(coerced)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            refused = error
    raise refused


def _coerced(document: object, errors: Iterable[Mapping[str, Any]]) -> object | None:
    """Return the document with every number of a type error coerced; None if there is none."""
    found = document
    for error in errors:
        given, other = error["input"], None
        if error["type"] in _STRING_ERRORS and type(given) is int:
            other = str(given)
        elif error["type"] in _INTEGER_ERRORS and isinstance(given, JsonNumber):
            other = given.whole
        if other is not None:
            found = _replaced(found, error["loc"], given, other)
    return None if found is document else found


def _replaced(document: object, where: tuple[int | str, ...], given: object, other: object) -> object:
    """Return a copy with `given` at a location replaced; steps of pydantic's own in the location are skipped."""
    if not where:
        return other if document is given or (type(document) is type(given) and document == given) else document
    step, further = where[0], where[1:]
    if isinstance(document, dict):
        held = cast("dict[int | str, object]", document)
        if step in held:
            changed = _replaced(held[step], further, given, other)
            return held if changed is held[step] else {**held, step: changed}
    elif isinstance(document, list) and isinstance(step, int):
        items = cast("list[object]", document)
        if step < len(items):
            changed = _replaced(items[step], further, given, other)
            return items if changed is items[step] else [*items[:step], changed, *items[step + 1 :]]
    return _replaced(cast("object", document), further, given, other)
