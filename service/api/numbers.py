"""Numbers of JSON where text is asked for, or 12.0 where a whole number is: taken, and their digits kept as written."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from domain.values.text_types import JsonNumber

T = TypeVar("T")

_TEXT: Final = frozenset({"string_type"})
_WHOLE: Final = frozenset({"int_type", "int_parsing", "int_from_float"})
_ROUNDS: Final = 10
"""How often a document is read again: what lies deeper may only be looked at once what is above it is right."""


def taking_numbers(read: Callable[[Any], T], document: object) -> T:
    """Read a document; where it asks for text and got a number, once more with the number as it was written.

    Costs nothing where all is as asked. Raises what `read` raises of the document as it was.
    """
    try:
        return read(document)
    except ValidationError as error:
        refused = error
    mended, errors = document, refused.errors(include_url=False)
    for _ in range(_ROUNDS):
        again = _mended(mended, errors)
        if again is None:
            break
        mended = again
        try:
            return read(mended)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            refused = error
    raise refused


def _mended(document: object, errors: Iterable[Mapping[str, Any]]) -> object | None:
    """Return the document with every number that was refused only for being one put right; None without such."""
    found = document
    for error in errors:
        given, other = error["input"], None
        if error["type"] in _TEXT and type(given) is int:
            other = str(given)
        elif error["type"] in _WHOLE and isinstance(given, JsonNumber):
            other = given.whole
        if other is not None:
            found = _with(found, error["loc"], given, other)
    return None if found is document else found


def _with(document: object, where: tuple[int | str, ...], given: object, other: object) -> object:
    """Return a copy in which what was `given` at a place is another; the validator's own steps lead nowhere."""
    if not where:
        return other if document is given or (type(document) is type(given) and document == given) else document
    step, further = where[0], where[1:]
    if isinstance(document, dict):
        held = cast("dict[int | str, object]", document)
        if step in held:
            changed = _with(held[step], further, given, other)
            return held if changed is held[step] else {**held, step: changed}
    elif isinstance(document, list) and isinstance(step, int):
        items = cast("list[object]", document)
        if step < len(items):
            changed = _with(items[step], further, given, other)
            return items if changed is items[step] else [*items[:step], changed, *items[step + 1 :]]
    return _with(cast("object", document), further, given, other)
