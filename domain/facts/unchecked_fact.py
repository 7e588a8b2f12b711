"""Facts from stored documents without the checks of their rules: what the log holds was checked when it was recorded.

msgspec reads a document as a struct with the members and the types of the fact, from which the fact is built. Which
members were set is to be seen from the struct, as the default of each is UNSET.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Union, cast, get_args, get_type_hints

import msgspec
from msgspec.structs import astuple
from pydantic import BaseModel

from domain.facts.stored_span import Spanned, span_of
from domain.reports.kind import Report
from domain.reports.registry import KINDS, AnyReport
from domain.values.declaration import is_union

Values = dict[str, Any]
_Conversion = Callable[[Any], Any]


class StoredForm:
    """The form in which facts of one class, or the objects within them, are stored."""

    def __init__(self, shape: type[Any]) -> None:
        """`shape` is a class of pydantic, or of msgspec without defaults."""
        self._build = _builder(shape)
        required = _required(shape)
        self._names = tuple(name for name in get_type_hints(shape) if name in required)
        types = get_type_hints(shape, include_extras=True)
        read = {name: _stored_type(types[name]) for name in self._names}
        self._conversions = [(name, conversion) for name, (_, conversion) in read.items() if conversion]
        self.struct = msgspec.defstruct(
            f"Stored{shape.__name__}",
            [(name, read[name][0], msgspec.NODEFAULT if required[name] else msgspec.UNSET) for name in self._names],
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode = msgspec.json.Decoder(self.struct).decode

    def from_json(self, state: bytes) -> Any:  # noqa: ANN401 - an object of the class
        """Return the object of JSON; raises a ValueError for what is not of its shape."""
        return self.built(self._decode(state))

    def from_document(self, document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an object of the class
        """Return the object of a parsed document; raises a ValueError for what is not of its shape."""
        return self.built(msgspec.convert(document, self.struct))

    def built(self, stored: msgspec.Struct) -> Any:  # noqa: ANN401 - an object of the class
        """Return the object of a struct."""
        members = zip(self._names, astuple(stored), strict=True)
        values = {name: value for name, value in members if value is not msgspec.UNSET}
        for name, conversion in self._conversions:
            if values.get(name) is not None:
                values[name] = conversion(values[name])
        return self._build(values)


@cache
def stored_form(shape: type[Any]) -> StoredForm:
    """Return the form of a class."""
    return StoredForm(shape)


def _required(shape: type[Any]) -> dict[str, bool]:
    """Return the names of the fields, and whether each has to be there."""
    if issubclass(shape, BaseModel):
        return {name: field.is_required() for name, field in shape.model_fields.items()}
    return dict.fromkeys(shape.__struct_fields__, True)


def _builder(shape: type[Any]) -> Callable[[Values], Any]:
    if not issubclass(shape, BaseModel):
        return lambda values: shape(**values)
    defaults: Values = {name: field.get_default() for name, field in shape.model_fields.items()}
    set_attribute = object.__setattr__  # the models are frozen

    def build(values: Values) -> BaseModel:
        model = shape.__new__(shape)
        set_attribute(model, "__dict__", defaults | values)
        set_attribute(model, "__pydantic_fields_set__", set(values))
        set_attribute(model, "__pydantic_extra__", None)
        set_attribute(model, "__pydantic_private__", None)
        return model

    return build


def _stored_type(hint: object) -> tuple[Any, _Conversion | None]:
    """Return the type of stored values of an annotation, and what makes of them the values of the fact."""
    if hint == Spanned:
        return tuple[str | None, str | None], _span
    if hint == AnyReport:
        return dict[str, Any], _report
    if is_union(hint):
        read = [_stored_type(each) for each in get_args(hint)]
        return Union[tuple(each for each, _ in read)], next((found for _, found in read if found), None)  # noqa: UP007 - of a tuple
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        form = stored_form(hint)
        return form.struct, form.built
    return cast("Any", hint), None


def _span(ends: tuple[str | None, str | None]) -> object:
    return span_of(*ends)


def _report(document: dict[str, Any]) -> Report:
    return KINDS[document["kind"]].model.from_document(document)
