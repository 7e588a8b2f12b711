"""One line of a batch: parsed and validated as a single request is, into a write."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid5

import orjson
from msgspec.structs import replace as replace_struct
from pydantic import ValidationError

from domain.facts.streams import NAMESPACE
from domain.incident import refusals
from domain.incident.commands import FileReport
from domain.ledger.canonical import canonical
from domain.values.text_types import nearest
from service.access.principal import Principal
from service.answers.answer import stream_of
from service.api.authorization import require
from service.api.batches.line_commands import (
    COMMAND_NAMES,
    IncidentMissing,
    command_of,
    model_of,
    needed_by,
    without_incident,
)
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError, FieldPath, field_errors_of, format_path
from service.api.requests import write
from service.api.requests.body import JsonBody, parse_json, validate_report
from service.api.requests.sealed_part import without_sealed
from service.api.requests.write import HttpWrite, WriteHeaders, request_hash
from service.eventstore.command_queue import SealedContent
from service.eventstore.writer import WriteRequest
from service.runtime.json_members import names_are_unique

_FORM: Final = (
    f"A line is a report with its “incident”, or has one of these and nothing else: {', '.join(COMMAND_NAMES)}."
)
_OPERATION: Final = "batch"
"""The operation in the hash of a line."""
_BEYOND_UTF16: Final = re.compile(b"[\xf0-\xf4]")
"""The first byte in UTF-8 of a character whose order in UTF-16 is not that of its code point (RFC 8785 §3.2.3)."""


class ParsedLine(NamedTuple):
    """A valid line: its write, and the JSON object or bytes it was parsed from."""

    write: WriteRequest
    raw: Mapping[str, Any] | bytes

    @property
    def document(self) -> Mapping[str, Any]:
        """The JSON object."""
        return orjson.loads(self.raw) if isinstance(self.raw, bytes) else self.raw


def read_line(raw: bytes) -> ParsedLine:
    """Parse one line of NDJSON, without its line break. Raises HttpProblem."""
    return _parse_fast(raw) or _parse_strictly(raw)


def _parse_fast(raw: bytes) -> ParsedLine | None:
    """Parse a valid line with orjson; None where the strict parser has to decide.

    Of what orjson accepts and `parse_json` refuses, duplicate names are checked here; NUL and surrogates need an
    escape; and no field accepts fractions, large numbers or deep nesting.
    """
    try:
        document: object = orjson.loads(raw)
        if isinstance(document, dict) and names_are_unique(raw, cast("object", document)):
            line = cast("Mapping[str, Any]", document)
            return ParsedLine(write_of(line, coerce_numbers=False), line)
    except (orjson.JSONDecodeError, HttpProblem):
        pass
    return None


def _parse_strictly(raw: bytes) -> ParsedLine:
    document = parse_json(raw)
    if not isinstance(document, dict):
        raise problem_of_fields([FieldError("", f"A line must be one JSON object. {_FORM}")])
    line = cast("Mapping[str, Any]", document)
    return ParsedLine(write_of(line), line)


def of_principal(line: ParsedLine, principal: Principal) -> ParsedLine:
    """Return the line as a principal writes it. Raises HttpProblem where it lacks the scope that the line needs."""
    name = _command_in(line.document)
    require(principal, "report" if name is None else needed_by(name))
    return ParsedLine(replace_struct(line.write, recorded_by=principal.id), line.raw)


def write_of(document: Mapping[str, Any], *, coerce_numbers: bool = True) -> WriteRequest:
    """Return the write of a line.

    Its id is the report's own, else derived from the canonical form of the line without `sealed`, so that a repeated
    line is recorded once. With `coerce_numbers`, numbers are accepted for strings. Raises HttpProblem with an error for
    each field.
    """
    name = _command_in(document)
    return (
        _report(document, coerce_numbers=coerce_numbers)
        if name is None
        else _command(document, name, coerce_numbers=coerce_numbers)
    )


def problem_of_line(refusal: refusals.Refusal, document: Mapping[str, Any]) -> HttpProblem:
    """Convert a refusal, with the path in the line of the field that it concerns."""
    name = _command_in(document)
    body = cast("Mapping[str, Any]", document if name is None else document[name])
    within: FieldPath = () if name is None else (name,)
    incident = body.get("incident")
    named = (incident, stream_of(incident)) if isinstance(incident, str) else None
    request = HttpWrite("line", "", JsonBody(b"", dict(document)), WriteHeaders(), named, within)
    return write.problem_of_refusal(refusal, request)


def _report(document: Mapping[str, Any], *, coerce_numbers: bool) -> WriteRequest:
    body = {**document}
    incident = body.pop("incident", None)
    body, sealed = without_sealed(body) or (body, None)
    if not isinstance(incident, str) or not incident.strip():
        raise _without_incident(document, body)
    report = validate_report(body, coerce_numbers=coerce_numbers)
    stream, target = _stream(incident)
    content = _canonical(body)
    report_id = report.report_id or _id_of(target, content)
    command = FileReport(report_id=report_id, report=report)
    return WriteRequest(command, report_id, request_hash(_OPERATION, target, content), stream, sealed=sealed)


def _without_incident(document: Mapping[str, Any], body: dict[str, Any]) -> HttpProblem:
    """Return the problem of a line without an incident, and for a report also its other invalid fields."""
    if "incident" not in document and "kind" not in document:
        only = next(iter(document)) if len(document) == 1 else ""
        near = nearest(only, COMMAND_NAMES)
        hint = f" Did you mean “{near}”?" if near else ""
        return problem_of_fields([FieldError(format_path((only,)) if near else "", _FORM + hint, near)])
    why = "This must name an incident, by slug or id." if "incident" in document else "This is needed and missing."
    found = [FieldError("incident", why)]
    try:
        validate_report(body)
    except HttpProblem as problem:
        found += problem.field_errors
    return problem_of_fields(found)


def _command_in(document: Mapping[str, Any]) -> str | None:
    """Return the name of the command in a line; None for a report."""
    if "kind" in document and "incident" in document:  # the most common case by far
        return None
    return next((name for name in COMMAND_NAMES if name in document), None)


def _command(document: Mapping[str, Any], name: str, *, coerce_numbers: bool) -> WriteRequest:
    body, sealed = _without_sealed(document[name])
    found = [FieldError(format_path((each,)), f"Nothing stands beside “{name}”.") for each in document if each != name]
    try:
        command, incident = command_of(name, body, coerce_numbers=coerce_numbers)
    except ValidationError as error:
        without = without_incident(name, body)
        wrong = field_errors_of(error.errors(include_url=False), model=model_of(name), document=without)
        raise problem_of_fields([*(_prefixed(name, each) for each in wrong), *found]) from None
    except IncidentMissing as error:
        raise problem_of_fields([FieldError(f"{name}.incident", str(error)), *found]) from None
    if found:
        raise problem_of_fields(found)
    content = _canonical(body)
    hashed = request_hash(_OPERATION, name, content)
    return WriteRequest(command, _id_of(name, content), hashed, incident, sealed=sealed)


def _without_sealed(body: object) -> tuple[Any, SealedContent | None]:
    """Return the body of a command without the protected part of its report, if it has one, and that part."""
    if isinstance(body, Mapping) and (found := without_sealed(cast("Mapping[str, Any]", body), "report")):
        return found
    return cast("Any", body), None


def _prefixed(name: str, field_error: FieldError) -> FieldError:
    dot = "." if field_error.field and not field_error.field.startswith("[") else ""
    return replace(field_error, field=f"{name}{dot}{field_error.field}")


@lru_cache(maxsize=16_384)
def _stream(incident: str) -> tuple[UUID, str]:
    """Return the stream of an incident, and its id as text."""
    stream = stream_of(unicodedata.normalize("NFC", incident))
    return stream, str(stream)


def _canonical(document: object) -> bytes:
    """Return the canonical form (RFC 8785), by orjson's sorted keys where these sort as UTF-16 does."""
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return content if content.isascii() or not _BEYOND_UTF16.search(content) else canonical(document)


def _id_of(target: str, content: bytes) -> UUID:
    return uuid5(NAMESPACE, f"line:{target}:{content.decode()}")
