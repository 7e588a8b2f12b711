"""The codebook: every field, column and code of answers, from the OpenAPI document and the slots."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.catalogue import POLICIES, VIEWS
from domain.reports.registry import KINDS
from domain.values.sources import RELIABILITY
from domain.views.claims import STATUSES

CODEBOOK_COLUMNS: Final = ("part", "of", "name", "type", "meaning", "defined_in")
CodebookRow = dict[str, str]

_ANYTHING: Final[Mapping[str, Any]] = {}
_REFERENCE: Final = "#/components/schemas/"


def codebook(document: Mapping[str, Any]) -> list[CodebookRow]:
    """Return the rows for an OpenAPI document: fields of its schemas, columns of views, and codes."""
    found = (*_fields(document["components"]["schemas"]), *_columns(), *_codes())
    return [dict(zip(CODEBOOK_COLUMNS, row, strict=True)) for row in found]


def _fields(schemas: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for of, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            meaning = field.get("description") or _of_reference(field, schemas) or _title(field, name)
            yield "field", of, name, type_of(field), " ".join(meaning.split()), f"OpenAPI {of}"


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema in words: alternatives are joined by "or"."""
    if reference := schema.get("$ref"):
        return reference.removeprefix(_REFERENCE)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(type_of(each) for each in alternatives))
    if "enum" in schema or "const" in schema:
        return f"one of {', '.join(map(str, schema.get('enum') or [schema['const']]))}"
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', _ANYTHING))}"
    if (values := schema.get("additionalProperties")) and values is not True:
        return f"object of {type_of(values)}"
    return str(schema.get("format") or schema.get("type") or "any JSON")


def _of_reference(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return the description of what a field refers to, if it refers to one schema."""
    parts: list[Mapping[str, Any]] = [field, field.get("items", _ANYTHING), *field.get("anyOf", ())]
    names = [each["$ref"].removeprefix(_REFERENCE) for each in parts if "$ref" in each]
    return schemas[names[0]].get("description", "").partition("\n\n")[0] if len(names) == 1 else ""


def _title(field: Mapping[str, Any], name: str) -> str:
    return f"{field.get('title') or name.replace('_', ' ').capitalize()}."


def _columns() -> Iterator[tuple[str, ...]]:
    for view in VIEWS.values():
        for column in view.columns:
            yield "column", view.id, column, "cell", view.meaning, "docs/policies-and-views.md"


def _codes() -> Iterator[tuple[str, ...]]:
    for kind in KINDS.values():
        yield "code", "kind", kind.name, "text", kind.meaning, "docs/kinds.md"
    for code, meaning in STATUSES.items():
        yield "code", "status of a claim", code, "text", meaning, "docs/spec/statuses.md"
    for policy in POLICIES.values():
        for code, meaning in (*policy.codes.items(), *policy.labels.items()):
            yield "code", policy.id, code, "text", meaning, "docs/policies-and-views.md"
    for grade, meaning in RELIABILITY.items():
        yield "code", "grade", grade, "text", meaning, "docs/policies-and-views.md"
