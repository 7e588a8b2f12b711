"""One line of a batch: its document becomes a write, checked as the single request has it, or is told what is wrong."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from domain.facts.streams import NAMESPACE
from domain.incident import refusals
from domain.incident.commands import FileReport
from domain.ledger.canonical import canonical
from domain.values.text_types import nearest
from service.answers.answer import stream_of
from service.api import writing
from service.api.body import Sent, parse, read_report
from service.api.complaints import Complaint, Where, complaints_of, path_of
from service.api.failures import Problem, refuse_fields
from service.api.line_commands import NAMES, IncidentMissing, command_of, model_of, without_incident
from service.api.writing import Order, Terms
from service.eventstore.writer import WriteRequest
from service.runtime.json_members import each_once

Document = Mapping[str, Any]

_WHAT: Final = f"A line is a report with its “incident”, or has one of these and nothing else: {', '.join(NAMES)}."
_BEYOND_UTF16: Final = re.compile(b"[\xf0-\xf4]")
"""The first byte in UTF-8 of a character that UTF-16 sorts otherwise than by its number (RFC 8785 §3.2.3)."""


class Taken(NamedTuple):
    """A line that can be decided: the write that it asks for, and what was sent."""

    write: WriteRequest
    sent: Document | bytes

    @property
    def document(self) -> Document:
        """The document that it was."""
        return orjson.loads(self.sent) if isinstance(self.sent, bytes) else self.sent


def read_line(raw: bytes) -> Taken:
    """Read one line of NDJSON, without its line break. Raises Problem."""
    return _read_quickly(raw) or _read_strictly(raw)


def _read_quickly(raw: bytes) -> Taken | None:
    """Read a line that is fine, as nearly all are; None where it may not be, so that the strict reader says why.

    What JSON can hold and a body may not: a name twice; NUL and halves of characters, which only an escape can write;
    and fractions, large numbers and depth, which no field of a line takes.
    """
    if b"\\u" in raw:
        return None
    try:
        document: object = orjson.loads(raw)
        if isinstance(document, dict) and each_once(raw, cast("object", document)):
            line = cast("Document", document)
            return Taken(taken(line, mend=False), line)
    except (orjson.JSONDecodeError, Problem):
        pass
    return None


def _read_strictly(raw: bytes) -> Taken:
    document = parse(raw)
    if not isinstance(document, dict):
        raise refuse_fields([Complaint("", f"A line must be one JSON object. {_WHAT}")])
    line = cast("Document", document)
    return Taken(taken(line), line)


def taken(document: Document, *, mend: bool = True) -> WriteRequest:
    """Return the write that a line asks for.

    Its id is the report's own, else one that follows from what the line says, so that the same line again is recorded
    once, however it is spaced. With `mend`, numbers are taken where text is asked for. Raises Problem, which names
    every field at fault.
    """
    name = _command_in(document)
    return _report(document, mend=mend) if name is None else _other(document, name, mend=mend)


def refused(refusal: refusals.Refusal, document: Document) -> Problem:
    """Return the problem that a refusal of a line is, with the place in the line that it is about."""
    name = _command_in(document)
    body = cast("Document", document if name is None else document[name])
    within: Where = () if name is None else (name,)
    incident = body.get("incident")
    named = (incident, stream_of(incident)) if isinstance(incident, str) else None
    order = Order("line", "", Sent(b"", dict(document)), Terms(), named, within)
    return writing.refused(refusal, order)


def _report(document: Document, *, mend: bool) -> WriteRequest:
    body = {name: value for name, value in document.items() if name != "incident"}
    incident = document.get("incident")
    if not isinstance(incident, str) or not incident.strip():
        raise _without_incident(document, body)
    report = read_report(body, mend=mend)
    stream = _stream(incident)
    content = _canonical(body)
    report_id = report.report_id or _id_of(str(stream), content)
    command = FileReport.model_construct(report_id=report_id, report=report)
    return WriteRequest(command, report_id, _hash(str(stream), content), stream)


def _without_incident(document: Document, body: dict[str, Any]) -> Problem:
    """Say that a line names no incident, and what else is wrong with it, if it means to be a report."""
    if "incident" not in document and "kind" not in document:
        alone = next(iter(document)) if len(document) == 1 else ""
        near = nearest(alone, NAMES)
        hint = f" Did you mean “{near}”?" if near else ""
        return refuse_fields([Complaint(path_of((alone,)) if near else "", _WHAT + hint, near)])
    why = "This must name an incident, by slug or id." if "incident" in document else "This is needed and missing."
    found = [Complaint("incident", why)]
    try:
        read_report(body)
    except Problem as problem:
        found += problem.complaints
    return refuse_fields(found)


def _command_in(document: Document) -> str | None:
    """Return the name of the command that a line holds, None for a report."""
    if "kind" in document and "incident" in document:  # the most common case by far
        return None
    return next((name for name in NAMES if name in document), None)


def _other(document: Document, name: str, *, mend: bool) -> WriteRequest:
    body = document[name]
    found = [Complaint(path_of((each,)), f"Nothing stands beside “{name}”.") for each in document if each != name]
    try:
        command, incident = command_of(name, body, mend=mend)
    except ValidationError as error:
        described = without_incident(name, body)
        wrong = complaints_of(error.errors(include_url=False), model=model_of(name), document=described)
        raise refuse_fields([*(_within(name, each) for each in wrong), *found]) from None
    except IncidentMissing as error:
        raise refuse_fields([Complaint(f"{name}.incident", str(error)), *found]) from None
    if found:
        raise refuse_fields(found)
    content = _canonical(body)
    return WriteRequest(command, _id_of(name, content), _hash(name, content), incident)


def _within(name: str, complaint: Complaint) -> Complaint:
    dot = "." if complaint.field and not complaint.field.startswith("[") else ""
    return replace(complaint, field=f"{name}{dot}{complaint.field}")


@lru_cache(maxsize=16_384)
def _stream(incident: str) -> UUID:
    return stream_of(unicodedata.normalize("NFC", incident))


def _canonical(document: object) -> bytes:
    """Return the canonical form of a document that was read strictly; the slow way where UTF-16 sorts otherwise."""
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return content if content.isascii() or not _BEYOND_UTF16.search(content) else canonical(document)


def _id_of(target: str, content: bytes) -> UUID:
    return uuid5(NAMESPACE, f"line:{target}:{content.decode()}")


def _hash(target: str, content: bytes) -> bytes:
    return Order("batch", target, Sent(content, {}), Terms()).request_hash
