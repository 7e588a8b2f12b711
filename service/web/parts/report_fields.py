"""Fields of reports beyond words, figures and places: their names, and their values in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from service.web.language.isolation import isolated
from service.web.language.labels import label, marked
from service.web.language.languages import Language
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names

Document = Mapping[str, Any]

FIELDS: Final[Mapping[str, str]] = {
    "method": marked("Method"),
    "parties": marked("Parties"),
    "initiator": marked("Begun by"),
    "targets": marked("Targets"),
    "duration": marked("Duration"),
    "restriction": marked("Restriction"),
    "services": marked("What was cut off"),
    "effective": marked("In force"),
    "by": marked("By"),
    "aid": marked("Aid"),
    "recipients": marked("Recipients"),
    "from": marked("From where"),
    "to": marked("To where"),
    "whom": marked("Whom"),
    "charge": marked("Charge"),
    "who": marked("Who"),
    "body": marked("Body"),
    "into": marked("Into"),
    "due": marked("Due"),
    "title": marked("Title"),
    "property": marked("Property"),
    "damage": marked("Damage"),
    "form": marked("Form"),
    "against": marked("Against"),
    "demand": marked("Demand"),
    "force": marked("Force"),
    "side_with": marked("On the side of"),
    "act": marked("Statement"),
    "relation": marked("Relation"),
    "speaker": marked("Speaker"),
    "medium": marked("Medium"),
    "stance": marked("Stance"),
    "stance_by": marked("Stance judged by"),
    "language": marked("Language"),
    "kind": marked("Kind"),
    "source": marked("Source"),
    "via": marked("By way of"),
    "event": marked("Event"),
    "occurred": marked("Happened"),
    "reported_at": marked("Said"),
    "reported_order": marked("Order within the day"),
    "complete": marked("Whole statement"),
    "places": marked("Places"),
    "venue": marked("Venue"),
    "actors": marked("Actors"),
    "claims": marked("Figures"),
    "evidence": marked("Evidence"),
    "tags": marked("Tags"),
    "attributes": marked("Further details"),
    "external_ids": marked("Ids elsewhere"),
}
"""Names of the fields of reports."""

WORDS: Final[Mapping[str, str]] = {
    "curfew": marked("curfew"),
    "siege": marked("siege"),
    "roadblock": marked("roadblock"),
    "cut_off": marked("cut off"),
    "destroyed": marked("destroyed"),
    "damaged": marked("damaged"),
    "burned": marked("burned"),
    "looted": marked("looted"),
    "peaceful": marked("peaceful"),
    "intervention": marked("broken up"),
    "excessive_force": marked("met with excessive force"),
    "violent": marked("violent"),
    "accused": marked("accused another"),
    "claimed": marked("claimed responsibility"),
    "admitted": marked("admitted responsibility"),
    "denied": marked("denied responsibility"),
    "conciliatory": marked("conciliatory"),
    "neutral": marked("neutral"),
    "threatening": marked("threatening"),
    "recorder": marked("whoever recorded it"),
    "source": marked("the source"),
}
"""Codes of restriction, damage, form, act, stance and stance_by."""

_CODES: Final = frozenset({"restriction", "damage", "form", "act", "stance", "stance_by"})
_ACTORS: Final = frozenset(
    {"parties", "initiator", "targets", "by", "whom", "recipients", "who", "against", "force", "side_with", "speaker"}
)
_ELSEWHERE: Final = frozenset(
    {"kind", "source", "via", "event", "occurred", "reported_at", "reported_order", "places", "venue", "claims"}
    | {"evidence", "text", "report_id", "external_ids", "attributes", "actors", "tags", "title"}
)
"""Fields that have a place of their own."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a report: its name, and its values in words."""

    name: str
    values: tuple[str, ...]


def field_name(language: Language, field: str) -> str:
    """Return the name of a field."""
    return language.text(FIELDS[field]) if field in FIELDS else field.replace("_", " ")


def fields_of(language: Language, names: Names, clock: LocalTime, report: Document) -> list[Field]:
    """Return the fields of a report's kind, in the order in which they were sent."""
    return [
        Field(field_name(language, name), values)
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
        return language.text(WORDS[value]) if value in WORDS else value.replace("_", " ")
    if field in _FAMILIES:
        return label(language, _FAMILIES[field], value)
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
_FAMILIES: Final = {"kind": "kind", "method": "manner"}


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
