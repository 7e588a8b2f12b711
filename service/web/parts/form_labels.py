"""Hints of the fields of a report's form, and the types of what a source states beside them."""

from typing import Final

from service.web.language.languages import marked

HINTS: Final[dict[str, str]] = {
    "also_said": marked("Other wordings of the same figure in the same statement."),
    "attributes": marked("Kept as they are said, each under a name of its own."),
    "body": marked("Who is to inquire."),
    "count": marked("Such as “at least 200”, “dozens” or “80 to 100”."),
    "verbatim": marked("Such as “at least 200”, “dozens” or “80 to 100”."),
    "counted_until": marked("The last day that the figure covers."),
    "country": marked("Two letters, such as SY."),
    "duration": marked("Such as PT12H for twelve hours, or P2D for two days."),
    "effective": marked("Such as 2025-03-10/.. for an open end."),
    "event": marked("The same name on several reports joins them to one event."),
    "language": marked("Such as en, ar or fr. It decides how counts are read."),
    "lat": marked("Decimal degrees, such as 35.3612."),
    "lon": marked("Decimal degrees, such as 35.9268."),
    "occurred": marked("Such as 2025-03-08, 2025-03-06/2025-03-08 or 2025-03-08T18:00:00+03:00."),
    "of": marked("A group whose members are counted."),
    "reported_at": marked("Such as 2025-03-09. Left empty, it is the moment of recording."),
    "reported_order": marked("A whole number that orders statements of one day."),
    "sealed": marked(
        "What must never leak. It is kept encrypted, in no view, list, search or export, and not in the draft that this"
        " browser keeps. Who reads it must give a reason, which is recorded."
    ),
    "source": marked("Who vouches for the statement: a name from the list, or a new one."),
    "supersedes": marked("Each as the report’s id, # and the number of the figure."),
    "via": marked("Nearest to the source first."),
}
"""English hints by the name of a field; one that has none is described by the OpenAPI document, in English alone."""

VALUE_TYPES: Final[dict[str, str]] = {
    "text": marked("words"),
    "whole": marked("whole number"),
    "decimal": marked("decimal number"),
    "true": marked("yes"),
    "false": marked("no"),
    "null": marked("not known"),
}
"""English labels of the types of what a source states beside the fields."""
