"""Preparation of bodies: what they derive is written into them before they become statements.

A class prepares its own body by its hook `prepared`; where such classes lie within others is found from annotations.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, cast, get_args, get_origin

from domain.values.declaration import declared_fields, is_struct, is_union, without_rules

Body = Mapping[str, Any]
_Preparation = Callable[[Any], Any]


@cache
def preparation_of(shape: type[Any]) -> Callable[[Body], Body]:
    """Return the function that prepares a body of this class with the bodies within it; it changes no body in place.

    For what is no body of the class, it raises the errors of Python or of the hook.
    """
    within = [(each.json_name, found) for each in declared_fields(shape) if (found := _preparation(each.annotation))]
    own = cast("Callable[[Body], Body]", shape.prepared)
    if not within:
        return own

    def prepare(body: Body) -> Body:
        found = {**own(body)}
        for name, preparation in within:
            if (value := found.get(name)) is not None:
                found[name] = preparation(value)
        return found

    return prepare


def _preparation(hint: Any) -> _Preparation | None:  # noqa: ANN401 - an annotation
    """Return the preparation of values of an annotation; None where nothing within has a hook."""
    hint = without_rules(hint)
    if is_struct(hint):
        return preparation_of(hint) if _derives(hint) else None
    if is_union(hint):
        return next((found for each in get_args(hint) if (found := _preparation(each))), None)
    if get_origin(hint) is tuple and (of_item := _preparation(get_args(hint)[0])):
        return partial(_each_prepared, of_item)
    return None


def _each_prepared(of_item: _Preparation, items: object) -> object:
    if isinstance(items, list | tuple):
        return [of_item(each) for each in cast("list[object]", items)]
    return items  # the field refuses it


@cache
def _derives(shape: type[Any]) -> bool:
    """Say whether bodies of a class, or those within them, derive anything."""
    has_hook = shape.prepared.__qualname__ != "Statement.prepared"
    return has_hook or any(_preparation(each.annotation) for each in declared_fields(shape))
