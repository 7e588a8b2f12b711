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
        next_try = _coerced(coerced, errors)
        if next_try is None:
            break
        coerced = next_try
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
        number, other = error["input"], None
        if error["type"] in _STRING_ERRORS and type(number) is int:
            other = str(number)
        elif error["type"] in _INTEGER_ERRORS and isinstance(number, JsonNumber):
            other = number.whole
        if other is not None:
            found = _replaced(found, error["loc"], number, other)
    return None if found is document else found


def _replaced(document: object, where: tuple[int | str, ...], number: object, other: object) -> object:
    """Return a copy with `number` at a location replaced; steps of pydantic's own in the location are skipped."""
    if not where:
        return other if document is number or (type(document) is type(number) and document == number) else document
    step, further = where[0], where[1:]
    if isinstance(document, dict):
        members = cast("dict[int | str, object]", document)
        if step in members:
            changed = _replaced(members[step], further, number, other)
            return members if changed is members[step] else {**members, step: changed}
    elif isinstance(document, list) and isinstance(step, int):
        items = cast("list[object]", document)
        if step < len(items):
            changed = _replaced(items[step], further, number, other)
            return items if changed is items[step] else [*items[:step], changed, *items[step + 1 :]]
    return _replaced(cast("object", document), further, number, other)
