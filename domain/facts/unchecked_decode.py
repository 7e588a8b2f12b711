"""Facts that we kept ourselves, read back quickly: the same objects as `decode` makes, without checking them again.

What stands in the log was checked at the door, so it is enough to build the objects. pydantic builds them by the
schema of each shape with the checks taken out; what a field is made of stays, so that a new shape or kind of report
needs nothing here.

Why a check can be left out: what it let through was written by pydantic's own writer of the type beneath it, and that
type reads its own writing. A type that is written in a way of its own, such as a span, keeps what reads it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast, get_origin

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, from_json

from domain.facts.union import Fact, decode, is_report, joined, shape_of
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.values.counts.count import Count

Schema = dict[str, Any]

_CHECKS = ("function-before", "function-after", "function-wrap")
_BENEATH = ("schema", "items_schema", "keys_schema", "values_schema", "choices", "fields", "definitions")
_RULES_OF_TEXT = ("pattern", "min_length", "max_length")
_OF_JSON = ("str", "int", "bool", "none")
"""Types that JSON tells apart: strictly read, each takes its own, and what none takes is left to the one other."""
_BY_VALUE = {"type": "any"}
_WORKED_OUT: Mapping[type, tuple[str, ...]] = {Count: ("lower", "upper", "best", "bound", "lexicon")}
"""What is worked out at the door and always kept; where one is missing, the fact is left to `decode`."""


def trusted(topic: str, state: dict[str, Any], text: dict[str, Any] | None = None) -> Fact:
    """Return what `decode` returns, of a fact that `encode` took apart.

    A state that is not of its shape is left to `decode`, which raises UnknownFact as it
    does for a topic of no known fact. Slugs, words, limits and what fields demand of each other are not looked at.
    """
    try:
        return _reader(topic).validate_python(joined(state, text) if text else state)
    except (TypeError, ValidationError):
        return decode(topic, state, text)


def trusted_bytes(topic: str, state: bytes, text: bytes | None = None) -> Fact:
    """Return what `trusted` returns, of the JSON itself; raises ValueError if it is not JSON.

    No dict is made on the way, which costs more than reading the JSON.
    """
    whole = state if text is None else _joined(topic, state, text)
    if whole is None:
        return trusted(topic, from_json(state), from_json(text or b"{}"))
    try:
        return _reader(topic).validate_json(whole)
    except (TypeError, ValidationError):
        return decode(topic, from_json(state), None if text is None else from_json(text))


def write_report(report: Report) -> bytes:
    """Write a report that was checked, for `trusted_report` to read in another process."""
    return report.model_dump_json(by_alias=True, exclude_unset=True).encode()


def trusted_report(kind: str, content: bytes) -> Report:
    """Return the report that `write_report` wrote; raises pydantic's ValidationError for what it did not."""
    return _reader_of(KINDS[kind].model).validate_json(content)


_REPORT = b'"report":{'


def _joined(topic: str, state: bytes, text: bytes) -> bytes | None:
    """Put the text of a report that was filed back into it; None where that is not done by putting bytes together."""
    if not is_report(topic):
        return None
    before, found, after = state.partition(_REPORT)  # what stands before a report are moments
    return b"".join((before, found, b'"text":', text, b",", after)) if found else None


@cache
def _reader(topic: str) -> SchemaValidator:
    return _reader_of(cast("type[Any]", shape_of(topic)))


@cache
def _reader_of(shape: type[Any]) -> SchemaValidator:
    # Left to itself, pydantic would take the validator that a nested model has already, with its checks.
    return SchemaValidator(cast("CoreSchema", unchecked(shape.__pydantic_core_schema__)), _use_prebuilt=False)


def unchecked(schema: Schema) -> Schema:
    """Return a schema that makes the same objects of what was written, and checks nothing but what they are made of."""
    if schema["type"] in _CHECKS and not _written_its_own_way(schema):
        beneath = unchecked(schema["schema"])
        return beneath | {"ref": schema["ref"]} if "ref" in schema else beneath
    bare: Schema = {name: _each(part) if name in _BENEATH else part for name, part in schema.items()}
    if bare["type"] == "str":
        return {name: part for name, part in bare.items() if name not in _RULES_OF_TEXT}
    if bare["type"] == "union" and sum(choice["type"] not in _OF_JSON for choice in bare["choices"]) <= 1:
        choices = [each | {"strict": True} if each["type"] in _OF_JSON else each for each in bare["choices"]]
        bare |= {"mode": "left_to_right", "choices": choices}
    if "default_factory" in bare:  # dict[str, str]() makes what dict() makes, in six times the time
        bare["default_factory"] = get_origin(bare["default_factory"]) or bare["default_factory"]
    if bare.get("cls") in _WORKED_OUT:
        bare["schema"]["fields"] |= {name: _demanded(bare, name) for name in _WORKED_OUT[bare["cls"]]}
    return bare


def _each(part: Any) -> Any:  # noqa: ANN401 - a schema, or several in a list or by name
    if isinstance(part, list | tuple):
        return [_each(item) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    several = cast("Schema", part)
    if isinstance(several.get("type"), str):  # a field may be called “type” as well
        return unchecked(several)
    return {name: _each(item) for name, item in several.items()}


def _written_its_own_way(schema: Schema) -> bool:
    """Say whether what this reads is not written by pydantic's own writer of its type; a reference is not followed."""
    if schema["type"] == "definition-ref" or schema.get("serialization", _BY_VALUE)["type"] != "any":
        return True
    return "schema" in schema and _written_its_own_way(schema["schema"])


def _demanded(model: Schema, name: str) -> Schema:
    field = model["schema"]["fields"][name]
    return field | {"schema": field["schema"]["schema"]}
