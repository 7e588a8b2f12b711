"""Declarations of statements: the fields of a `msgspec.Struct` with their annotations, as both engines read them."""

from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

import msgspec

NOT_SENT = "not sent"
"""Mark in the annotation of a field that is no member of the JSON object; its type is a class that no JSON is."""

DERIVED = "derived"
"""Mark in the annotation of a field that a body may leave out, as the class derives it when it prepares the body."""


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field: its name, as a member of JSON too, its annotation with the rules, and its default or what makes it."""

    name: str
    json_name: str
    annotation: Any
    default: Any
    default_factory: Any

    @property
    def required(self) -> bool:
        """Whether a body must have it."""
        return self.default is msgspec.NODEFAULT and self.default_factory is msgspec.NODEFAULT


@cache
def declared_fields(shape: type[Any]) -> tuple[DeclaredField, ...]:
    """Return the fields that a body may have, in the order of their declaration, those of base classes first."""
    by_name = {each.name: each for each in msgspec.structs.fields(shape)}
    return tuple(
        DeclaredField(
            name,
            by_name[name].encode_name,
            hint,
            None if DERIVED in _marks(hint) else by_name[name].default,
            by_name[name].default_factory,
        )
        for name, hint in get_type_hints(shape, include_extras=True).items()
        if get_origin(hint) is not ClassVar and NOT_SENT not in _marks(hint)
    )


def _marks(hint: object) -> tuple[object, ...]:
    return getattr(hint, "__metadata__", ())


def is_struct(hint: object) -> bool:
    """Say whether an annotation is a statement's class."""
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def is_union(hint: object) -> bool:
    """Say whether an annotation is a union."""
    return get_origin(hint) in (Union, UnionType)


def without_rules(hint: Any) -> Any:  # noqa: ANN401 - an annotation
    """Return the type beneath the rules of an annotation."""
    return without_rules(get_args(hint)[0]) if get_origin(hint) is Annotated else hint
