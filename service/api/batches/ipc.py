"""Interprocess encoding of validated lines, which is cheaper than pickling their objects."""

from typing import NamedTuple
from uuid import UUID

import orjson

from domain.facts.encoding import stored_report
from domain.incident.commands import FileReport
from domain.reports.versions import document
from service.api.batches.line import ParsedLine, read_line
from service.eventstore.writer import WriteRequest


class PackedLine(NamedTuple):
    """A line's bytes; for a report also its kind, encoded report, fact id, request hash and incident."""

    raw: bytes
    kind: str | None = None
    report: bytes = b""
    fact_id: bytes = b""
    request_hash: bytes = b""
    incident: bytes = b""


def pack(line: ParsedLine) -> PackedLine:
    """Encode a line; the inverse of `unpack`."""
    write = line.write
    raw = line.raw if isinstance(line.raw, bytes) else orjson.dumps(line.raw)
    if not isinstance(write.command, FileReport) or write.incident is None or write.sealed is not None:
        return PackedLine(raw)
    report = write.command.report
    content = orjson.dumps(document(report))
    return PackedLine(raw, report.kind, content, write.fact_id.bytes, write.request_hash, write.incident.bytes)


def unpack(packed: PackedLine) -> ParsedLine:
    """Decode a line of `pack`. One that is no report, or has a protected part, is parsed again."""
    if packed.kind is None:
        return read_line(packed.raw)
    report_id, incident = UUID(bytes=packed.fact_id), UUID(bytes=packed.incident)
    report = stored_report(packed.kind, packed.report)
    command = FileReport(report_id=report_id, report=report)
    return ParsedLine(WriteRequest(command, report_id, packed.request_hash, incident), packed.raw)
