"""Explaining models: a pydantic model of each statement's class, made of its annotations and hooks.

They state every fault of a body that the fast engine refuses, accept what needs a conversion, such as a slug that is
not in NFC, and describe the class in the OpenAPI document.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic.fields import FieldInfo

from domain.values.declaration import DeclaredField, declared_fields, is_struct


@cache
def explaining_model(shape: type[Any]) -> type[BaseModel]:
    """Return the pydantic model of a class."""
    described = _attribute_docstrings(shape) if shape.explaining_config.get("use_attribute_docstrings") else {}

    def prepare(_: object, data: object) -> object:
        return shape.prepared(data) if isinstance(data, Mapping) else data

    def agree(self: BaseModel) -> BaseModel:
        shape.expect_agreement(self)
        return self

    hooks = {
        "prepare": model_validator(mode="before")(cast("Any", classmethod(prepare))),
        "agree": model_validator(mode="after")(agree),
    }
    fields: dict[str, Any] = {
        each.name: (each.annotation, _field(each, described.get(each.name))) for each in declared_fields(shape)
    }
    return create_model(
        shape.__name__,
        __config__=shape.explaining_config | ConfigDict(frozen=True),
        __doc__=shape.__doc__,
        __module__=shape.__module__,
        __validators__=cast("dict[str, Any]", hooks),
        **fields,
    )


def explained_document(shape: type[Any], body: object) -> dict[str, Any]:
    """Return a body as its explaining model accepts it, with what it derives; raises pydantic's ValidationError."""
    return document_of(explaining_model(shape).model_validate(body))


def document_of(explained: BaseModel) -> dict[str, Any]:
    """Return the members that were sent, after conversion, and those that were derived."""
    return explained.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _field(declared: DeclaredField, description: str | None) -> FieldInfo:
    alias = declared.json_name if declared.json_name != declared.name else None
    if declared.default_factory is not msgspec.NODEFAULT:
        return Field(default_factory=declared.default_factory, alias=alias, description=description)
    default: Any = ... if declared.default is msgspec.NODEFAULT else declared.default
    if isinstance(default, msgspec.Struct):
        default = explaining_model(type(default))()
    return Field(default=default, alias=alias, description=description)


def _attribute_docstrings(shape: type[Any]) -> dict[str, str]:
    """Return the strings that follow the fields of a class and of its bases, by field."""
    found: dict[str, str] = {}
    for each in reversed(shape.__mro__):
        if is_struct(each) and each.__module__ != msgspec.Struct.__module__:
            (declared,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
            body = cast("ast.ClassDef", declared).body
            for field, after in pairwise(body):
                match field, after:
                    case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                        found[name] = inspect.cleandoc(text)
                    case _:
                        pass
    return found
