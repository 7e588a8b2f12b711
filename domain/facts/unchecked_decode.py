"""Decoding of stored facts without their checks: the same objects as `encoding.decode` makes, in a fourth of the time.

What the log holds was checked when it was recorded. pydantic builds the objects by the core schema of each shape with
the checks taken out, so that a new fact or kind of report needs nothing here.

A check may be left out because what it let through was serialized by pydantic's own serializer of the type beneath, and
that type parses its own output. A type with a serializer of its own, such as a span, keeps its parser.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast, get_origin

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, from_json

from domain.facts.encoding import decode, decode_by
from domain.facts.union import Fact
from domain.facts.versions import UnknownFact, is_report, may_be_older, shape_of
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.values.counts.count import Count

Schema = dict[str, Any]

_CHECKS = ("function-before", "function-after", "function-wrap")
_NESTED = ("schema", "items_schema", "keys_schema", "values_schema", "choices", "fields", "definitions")
_TEXT_CONSTRAINTS = ("pattern", "min_length", "max_length")
_JSON_TYPES = ("str", "int", "bool", "none")
"""Types that JSON distinguishes: in strict mode each accepts its own values only, and the rest go to the one other."""
_DEFAULT_SERIALIZER = {"type": "any"}
_DERIVED: Mapping[type, tuple[str, ...]] = {Count: ("lower", "upper", "best", "bound", "lexicon")}
"""Fields that validation derives and that are always stored; without one of them, the fact is left to `decode`."""


def decode_stored(topic: str, state: bytes, text: bytes | None = None) -> Fact:
    """Return the fact that `decode` returns of the bytes that `encode` wrote, without the checks of its values.

    Raises UnknownFact as `decode` does, and for what is not JSON. No dict is made on the way where the state is of the
    present version: that costs more than parsing the JSON.
    """
    whole = None if may_be_older(topic) else state if text is None else _joined(topic, state, text)
    if whole is None:
        return _decode_documents(topic, state, text)
    try:
        return _validator(topic).validate_json(whole)
    except (TypeError, ValidationError):
        return _decode_documents(topic, state, text)


def _decode_documents(topic: str, state: bytes, text: bytes | None) -> Fact:
    """Decode by way of dicts, which upcasters take, and with all checks where that fails."""
    try:
        document, words = from_json(state), None if text is None else from_json(text)
    except ValueError as error:
        message = f"a fact of topic {topic!r} is not JSON: {error}"
        raise UnknownFact(message) from error
    try:
        return decode_by(_validator(topic).validate_python, topic, document, words)
    except UnknownFact:
        return decode(topic, document, words)


def write_report(report: Report) -> bytes:
    """Serialize a validated report, for `read_report` in another process."""
    return report.model_dump_json(by_alias=True, exclude_unset=True).encode()


def read_report(kind: str, content: bytes) -> Report:
    """Return the report that `write_report` serialized; raises pydantic's ValidationError for anything else."""
    return _validator_of(KINDS[kind].model).validate_json(content)


_REPORT = b'"report":{'


def _joined(topic: str, state: bytes, text: bytes) -> bytes | None:
    """Insert the text into the bytes of a filed report; None for facts where that is not possible."""
    if not is_report(topic):
        return None
    before, found, after = state.partition(_REPORT)  # only spans of time precede it
    return b"".join((before, found, b'"text":', text, b",", after)) if found else None


@cache
def _validator(topic: str) -> SchemaValidator:
    return _validator_of(shape_of(topic))


@cache
def _validator_of(shape: type[Any]) -> SchemaValidator:
    # By default pydantic would reuse the prebuilt validators of nested models, with their checks.
    return SchemaValidator(cast("CoreSchema", unchecked(shape.__pydantic_core_schema__)), _use_prebuilt=False)


def unchecked(schema: Schema) -> Schema:
    """Return a core schema that builds the same objects from stored values, without the checks."""
    if schema["type"] in _CHECKS and not _has_own_serializer(schema):
        inner = unchecked(schema["schema"])
        return inner | {"ref": schema["ref"]} if "ref" in schema else inner
    reduced: Schema = {name: _each(part) if name in _NESTED else part for name, part in schema.items()}
    if reduced["type"] == "str":
        return {name: part for name, part in reduced.items() if name not in _TEXT_CONSTRAINTS}
    if reduced["type"] == "union" and sum(choice["type"] not in _JSON_TYPES for choice in reduced["choices"]) <= 1:
        choices = [each | {"strict": True} if each["type"] in _JSON_TYPES else each for each in reduced["choices"]]
        reduced |= {"mode": "left_to_right", "choices": choices}
    if "default_factory" in reduced:  # dict[str, str]() makes what dict() makes, in six times the time
        reduced["default_factory"] = get_origin(reduced["default_factory"]) or reduced["default_factory"]
    if reduced.get("cls") in _DERIVED:
        reduced["schema"]["fields"] |= {name: _required(reduced, name) for name in _DERIVED[reduced["cls"]]}
    return reduced


def _each(part: Any) -> Any:  # noqa: ANN401 - a schema, or several in a list or by name
    if isinstance(part, list | tuple):
        return [_each(item) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    members = cast("Schema", part)
    if isinstance(members.get("type"), str):  # a field may be called “type” as well
        return unchecked(members)
    return {name: _each(item) for name, item in members.items()}


def _has_own_serializer(schema: Schema) -> bool:
    """Say whether values of this schema are not serialized by pydantic's default; references are not followed."""
    if schema["type"] == "definition-ref" or schema.get("serialization", _DEFAULT_SERIALIZER)["type"] != "any":
        return True
    return "schema" in schema and _has_own_serializer(schema["schema"])


def _required(model: Schema, name: str) -> Schema:
    field = model["schema"]["fields"][name]
    return field | {"schema": field["schema"]["schema"]}
