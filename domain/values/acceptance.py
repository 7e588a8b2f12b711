"""Acceptance: a function of each statement's class that asks its rules, by its annotations, in their order.

A rule accepts a value that its check would return unchanged. What is not accepted may still be valid after a
conversion: the explaining model decides. The function is compiled once from source text, as `dataclasses` compiles the
methods of its classes; values that recur, such as slugs, are looked up among those that were accepted.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, Final, Protocol, cast, get_args, get_origin, runtime_checkable

import annotated_types
import msgspec
from pydantic import AfterValidator, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic.types import Strict

from domain.values.declaration import DERIVED, DeclaredField, declared_fields, is_struct, is_union

MOST_KNOWN: Final = 2_048
"""The most values that are remembered as accepted by one rule; then all are forgotten."""
LONGEST_KNOWN: Final = 300
"""The most bytes, as JSON, of a value that is remembered."""

Acceptor = Callable[[Any], bool]


@runtime_checkable
class AcceptingRule(Protocol):
    """A rule in an annotation; one whose `whole` is true stands for the rules within its annotation, too.

    If its `recurs` is true, the values that it accepts are remembered: few are stated again and again.
    """

    def accepts(self, value: Any, /) -> bool:  # noqa: ANN401 - of the type of its rule
        """Say whether the check of the rule returns this value unchanged."""
        ...


class KnownValues(dict[Any, bool]):
    """A cache of accepted values: looks up whether a rule accepts a value; refused values are not kept."""

    def __init__(self, accepts: Acceptor) -> None:
        super().__init__()
        self._accepts = accepts

    def __missing__(self, value: object) -> bool:
        if not self._accepts(value):
            return False
        if len(msgspec.json.encode(value)) <= LONGEST_KNOWN:
            if len(self) >= MOST_KNOWN:
                self.clear()
            self[value] = True
        return True


@cache
def _known_to(rule: AcceptingRule) -> KnownValues:
    return KnownValues(rule.accepts)


@cache
def acceptor_of(shape: type[Any]) -> Acceptor:
    """Return the function that says whether all values of a converted statement are valid as they are.

    It raises what the rules and the hook `expect_agreement` raise. A value that is the default is not asked about.
    """
    return _Compiler().compiled(shape)


class _Compiler:
    """Writes the function of one class; what its text names stands in `names`."""

    def __init__(self) -> None:
        self._names: dict[str, object] = {}

    def compiled(self, shape: type[Any]) -> Acceptor:
        asked = [line for each in declared_fields(shape) for line in self._field(each)]
        if shape.expect_agreement.__qualname__ != "Statement.expect_agreement":
            asked.append(f"{self._name(shape.expect_agreement)}(statement)")
        source = "\n".join(_block("def accepts(statement):", [*asked, "return True"]))
        exec(source, self._names)  # noqa: S102 - the text is made of annotations alone
        return cast("Acceptor", self._names["accepts"])

    def _name(self, named: object) -> str:
        name = f"named_{len(self._names)}"
        self._names[name] = named
        return name

    def _field(self, declared: DeclaredField) -> list[str]:
        lines = self._refusing(declared.annotation, "value")
        if declared.default_factory is not msgspec.NODEFAULT:
            lines = _block(f"if value != {self._name(declared.default_factory())}:", lines)
        elif not declared.required:
            lines = _block(f"if value is not {self._name(declared.default)}:", lines)
        return [f"value = statement.{declared.name}", *lines] if lines else []

    def _refusing(self, hint: Any, value: str) -> list[str]:  # noqa: ANN401 - an annotation
        """Return statements that return False for a value, named `value`, that is not accepted."""
        if get_origin(hint) is Annotated:
            inner, *marks = (each for each in get_args(hint) if each != DERIVED)
            within = [] if any(getattr(mark, "whole", False) for mark in marks) else self._refusing(inner, value)
            return within + [_unless(test) for mark in marks for test in self._tests(mark, value)]
        if is_struct(hint):
            return [_unless(self._call(acceptor_of(hint), value))]
        if is_union(hint):
            (choice,) = (each for each in get_args(hint) if each is not type(None))  # a rule decides on several types
            return _block(f"if {value} is not None:", self._refusing(choice, value))
        item = f"{value}_item"
        if get_origin(hint) is tuple:
            return _block(f"for {item} in {value}:", self._refusing(get_args(hint)[0], item))
        if get_origin(hint) is dict:
            names, values = (self._refusing(each, item) for each in get_args(hint))
            return _block(f"for {item} in {value}:", names) + _block(f"for {item} in {value}.values():", values)
        return []

    def _call(self, function: Callable[..., object], value: str) -> str:
        return f"{self._name(function)}({value})"

    def _tests(self, mark: object, value: str) -> Iterator[str]:
        """Yield the tests of one rule of an annotation; raises AttributeError for a rule that is not known here."""
        match mark:
            case AcceptingRule():
                recurs = getattr(mark, "recurs", False)
                yield f"{self._name(_known_to(mark))}[{value}]" if recurs else self._call(mark.accepts, value)
            case FieldInfo():
                for constraint in mark.metadata:
                    yield from self._tests(constraint, value)
            case AfterValidator() | BeforeValidator():
                yield f"{self._call(mark.func, value)} == {value}"
            case Strict():
                pass  # msgspec converts no type
            case annotated_types.MaxLen(limit):
                yield f"len({value}) <= {limit}"
            case annotated_types.MinLen(least):
                yield f"len({value}) >= {least}"
            case annotated_types.Ge(least):
                yield f"{value} >= {least}"
            case annotated_types.Le(limit):
                yield f"{value} <= {limit}"
            case _:
                yield self._call(re.compile(cast("Any", mark).pattern).fullmatch, value)


def _unless(test: str) -> str:
    return f"if not ({test}): return False"


def _block(head: str, body: list[str]) -> list[str]:
    return [head, *(f"    {line}" for line in body)] if body else []
