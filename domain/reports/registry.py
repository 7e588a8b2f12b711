"""All kinds of report, discovered in the slot, and the tagged union that parses a report of any kind."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.reports import kinds
from domain.reports.kind import Kind, Report
from domain.reports.versions import document
from domain.slots import discover
from domain.values.explanation import explaining_model
from domain.values.text_types import nearest

_FOUND = sorted((cast("Kind", kind) for kind in discover(kinds, "KIND")), key=lambda kind: kind.name)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _FOUND})
"""Every kind of report by name, sorted."""


class _KnownKind:
    @staticmethod
    def check(name: str) -> str:
        if name in KINDS:
            return name
        near = nearest(name, KINDS)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(KINDS)}."
        context = {"word": name[:100], "hint": hint, "nearest": near}
        raise PydanticCustomError("unknown_word", "“{word}” is not a known kind of report; {hint}", context)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        text = core_schema.str_schema(strict=True, min_length=0)  # with a length to mind, half a surrogate is refused
        return core_schema.no_info_after_validator_function(self.check, text)


class _KindOnly(BaseModel):
    """Parses the kind alone, so that its errors are at the field `kind`."""

    model_config = ConfigDict(extra="ignore")
    kind: Annotated[str, _KnownKind()]


def report_of(body: object) -> Report:
    """Return the report of a body, of any kind; raises pydantic's ValidationError."""
    members = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    name = members.get("kind")
    if not (isinstance(name, str) and name in KINDS):
        name = _KindOnly.model_validate(body).kind
    return KINDS[name].model.validate(cast("object", body))


class _OfAnyKind:
    """A union tagged by `kind`; an error's location is the field, without the union's steps."""

    @staticmethod
    def read(body: object, _: object) -> Report:
        return body if isinstance(body, Report) else report_of(body)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        models: dict[Any, CoreSchema] = {
            name: handler.generate_schema(explaining_model(kind.model)) for name, kind in KINDS.items()
        }
        union = core_schema.tagged_union_schema(models, discriminator="kind")
        written = core_schema.plain_serializer_function_ser_schema(document)
        return core_schema.no_info_wrap_validator_function(self.read, union, serialization=written)


AnyReport = Annotated[Report, _OfAnyKind()]
"""The type of a request body: a report of any kind."""

REPORTS: TypeAdapter[Report] = TypeAdapter(AnyReport, config=ConfigDict(defer_build=True))
"""Parses a report of any kind; built when first used, or by `rebuild`."""
