"""A line that was checked in another process: sent small, and built again here, as objects take longer to send."""

from typing import NamedTuple
from uuid import UUID

import orjson

from domain.facts.unchecked_decode import read_report, write_report
from domain.incident.commands import FileReport
from service.api.lines import Taken, read_line
from service.eventstore.writer import WriteRequest


class Packed(NamedTuple):
    """What a line was, and, where it is a report, what was found in it: its kind, itself, and what names it."""

    sent: bytes
    kind: str | None = None
    report: bytes = b""
    fact_id: bytes = b""
    request_hash: bytes = b""
    incident: bytes = b""


def pack(taken: Taken) -> Packed:
    """Make a line small."""
    write, sent = taken.write, taken.sent
    raw = sent if isinstance(sent, bytes) else orjson.dumps(sent)
    if not isinstance(write.command, FileReport) or write.incident is None:
        return Packed(raw)
    report = write.command.report
    content = write_report(report)
    return Packed(raw, report.kind, content, write.fact_id.bytes, write.request_hash, write.incident.bytes)


def unpack(packed: Packed) -> Taken:
    """Build what `pack` was given, out of what it made; a line that is no report is read again, as it is short."""
    if packed.kind is None:
        return read_line(packed.sent)
    report_id, incident = UUID(bytes=packed.fact_id), UUID(bytes=packed.incident)
    report = read_report(packed.kind, packed.report)
    command = FileReport.model_construct(report_id=report_id, report=report)
    return Taken(WriteRequest(command, report_id, packed.request_hash, incident), packed.sent)
