"""Acceptance: a function of each statement's class that asks its rules, by its annotations, in their order.

A rule accepts a value that its check would return unchanged. What is not accepted may still be valid after a
conversion: the explaining model decides.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, Protocol, cast, get_args, get_origin, runtime_checkable

import annotated_types
import msgspec
from msgspec.structs import astuple
from pydantic import AfterValidator, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic.types import Strict

from domain.values.declaration import DERIVED, declared_fields, is_struct, is_union

Acceptor = Callable[[Any], bool]


@runtime_checkable
class Rule(Protocol):
    """A rule in an annotation; one whose `whole` is true stands for the rules within its annotation, too."""

    def accepts(self, value: Any, /) -> bool:  # noqa: ANN401 - of the type of its rule
        """Say whether the check of the rule returns this value unchanged."""
        ...


@cache
def acceptor_of(shape: type[Any]) -> Acceptor:
    """Return the function that says whether all values of a converted statement are valid as they are.

    It raises what the hook `expect_agreement` raises. A value that is the default is not asked about.
    """
    by_name = {each.name: (each.default, _acceptor(each.annotation)) for each in declared_fields(shape)}
    asked = [by_name.get(name, (None, None)) for name in shape.__struct_fields__]
    agree = None if shape.expect_agreement.__qualname__ == "Statement.expect_agreement" else shape.expect_agreement

    def accept(statement: msgspec.Struct) -> bool:
        for value, (default, accepts) in zip(astuple(statement), asked, strict=True):
            if value is not default and accepts is not None and not accepts(value):
                return False
        if agree is not None:
            agree(statement)
        return True

    return accept


def _acceptor(hint: Any) -> Acceptor | None:  # noqa: ANN401 - an annotation
    """Return the acceptor of values of an annotation; None where each value of the type is valid."""
    if get_origin(hint) is Annotated:
        inner, *marks = (each for each in get_args(hint) if each != DERIVED)
        asked = [found for mark in marks if (found := _of_mark(mark))]
        if not any(getattr(mark, "whole", False) for mark in marks) and (within := _acceptor(inner)):
            asked.insert(0, within)
        return _all(asked)
    if is_struct(hint):
        return acceptor_of(hint)
    if is_union(hint):
        return _of_optional([each for each in get_args(hint) if each is not type(None)])
    if get_origin(hint) is tuple:
        return _of_items(_acceptor(get_args(hint)[0]))
    return _of_members(*map(_acceptor, get_args(hint))) if get_origin(hint) is dict else None


def _of_optional(choices: list[Any]) -> Acceptor | None:
    if len(choices) > 1:
        raise TypeError(f"one rule decides on a union of several types: {choices}")
    accepts = _acceptor(choices[0])
    return None if accepts is None else lambda value: value is None or accepts(value)


def _of_items(accepts: Acceptor | None) -> Acceptor | None:
    return None if accepts is None else lambda items: all(map(accepts, items))


def _of_members(accepts_name: Acceptor | None, accepts_value: Acceptor | None) -> Acceptor | None:
    asked: list[Acceptor] = []
    if accepts_name:
        asked.append(lambda members: all(map(accepts_name, members)))
    if accepts_value:
        asked.append(lambda members: all(map(accepts_value, members.values())))
    return _all(asked)


def _all(asked: list[Acceptor]) -> Acceptor | None:
    match asked:
        case []:
            return None
        case [accepts]:
            return accepts
        case [first, second]:
            return lambda value: first(value) and second(value)
        case _:
            return lambda value: all(accepts(value) for accepts in asked)


def _of_mark(mark: object) -> Acceptor | None:
    """Return the acceptor of one rule of an annotation; raises TypeError for a rule that is not known here."""
    match mark:
        case Rule():
            found = mark.accepts
        case FieldInfo():
            found = _all([each for constraint in mark.metadata if (each := _of_mark(constraint))])
        case AfterValidator() | BeforeValidator():
            found = partial(_returns, cast("Callable[[object], object]", mark.func))
        case Strict():
            found = None  # msgspec converts no type
        case _:
            found = _of_constraint(mark)
    return found


def _returns(check: Callable[[object], object], value: object) -> bool:
    return check(value) == value


def _of_constraint(constraint: object) -> Acceptor:
    match constraint:
        case annotated_types.MaxLen(limit):
            return lambda value: len(value) <= limit
        case annotated_types.MinLen(least):
            return lambda value: len(value) >= least
        case annotated_types.Ge(least):
            return lambda value: value >= least
        case annotated_types.Le(limit):
            return lambda value: value <= limit
        case _:
            matches = re.compile(cast("Any", constraint).pattern).fullmatch
            return lambda value: matches(value) is not None
