"""Fields of reports beyond words, figures and places: their names, and their values in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from service.web.api_document import ApiDocument
from service.web.language.field_labels import field_label
from service.web.language.isolation import isolated
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names

_CODES: Final = frozenset({"kind", "method", "restriction", "damage", "form", "act", "stance", "stance_by"})
"""Fields whose values have labels, in families of the same names."""
_ACTORS: Final = frozenset(
    {"parties", "initiator", "targets", "by", "whom", "recipients", "who", "against", "force", "side_with", "speaker"}
)
_ELSEWHERE: Final = frozenset(
    {"kind", "source", "via", "event", "occurred", "reported_at", "reported_order", "places", "venue", "claims"}
    | {"evidence", "text", "report_id", "external_ids", "attributes", "actors", "tags", "title"}
)
"""Fields that have a place of their own."""


@dataclass(frozen=True, slots=True)
class ReportField:
    """A field of a report: its name, and its values in words."""

    name: str
    values: tuple[str, ...]


def field_name(language: Language, field: str) -> str:
    """Return the name of a field."""
    return field_label(language, field)


def fields_of(language: Language, names: Names, clock: LocalTime, report: ApiDocument) -> list[ReportField]:
    """Return the fields of a report's kind, in the order in which they were sent."""
    return [
        ReportField(field_name(language, name), values)
        for name, value in report.items()
        if name not in _ELSEWHERE and (values := values_of(language, names, clock, name, value))
    ]


def values_of(language: Language, names: Names, clock: LocalTime, field: str, value: object) -> tuple[str, ...]:
    """Return the values of a field in words."""
    if value is None or value is False or value in ([], {}):
        return ()
    if isinstance(value, list):
        several = cast("list[object]", value)
        return tuple(word for each in several for word in values_of(language, names, clock, field, each))
    if isinstance(value, Mapping):
        return (_member_words(language, names, field, cast("Mapping[str, Any]", value)),)
    if value is True:
        return (language.text("yes"),)
    return (_word(language, names, clock, field, str(value)),)


def _word(language: Language, names: Names, clock: LocalTime, field: str, value: str) -> str:
    if field in _CODES:
        return label(language, field, value)
    if field in _DATES:
        return clock.said(language, {"said": value})
    if field == "language":
        return cast("Mapping[str, str]", language.locale.languages).get(value.partition("-")[0].lower(), value)
    return _name(names, field, value)


def _name(names: Names, field: str, value: str) -> str:
    if field in _ACTORS:
        return names.actor(value)
    if field in _SOURCES:
        return names.source(value)
    return names.event(value) if field == "event" else value


_DATES: Final = frozenset({"occurred", "reported_at", "effective", "due"})
_SOURCES: Final = frozenset({"source", "via"})


def _member_words(language: Language, names: Names, field: str, value: Mapping[str, Any]) -> str:
    if field == "relation":
        return f"{isolated(language, str(value['as'])).replace('_', ' ')}: {names.actor(value['to'])}"
    if "name" in value:
        parts = [value["name"], value.get("side"), value.get("role"), value.get("admin1")]
        return language.comma.join(isolated(language, str(each)) for each in parts if each)
    if "anonymous" in value:
        return str(value["anonymous"])
    if "decimal" in value:
        return str(value["decimal"])
    return language.comma.join(str(each) for each in value.values() if each)
