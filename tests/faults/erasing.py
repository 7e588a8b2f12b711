"""What is erased, and the process that erases it, one thing after the other, until it is killed."""

import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import PersistenceError

from domain.facts.streams import incident_stream
from domain.incident.commands import (
    RetractReport,
)
from domain.incident.erasure_commands import (
    EraseReport,
    EraseSource,
)
from service.access.sealing.key_encryption import KeyFile
from service.access.sealing.source_keys import SourceKeys
from service.eventstore import open_recorder
from service.eventstore.command_queue import SealedContent
from service.eventstore.writer import Acknowledgement, Writer, WriteRequest
from service.runtime.time_zones import zone
from tests.domain.given import file_command

SLUG = "erased-here"
WORD = "zq"
"""The beginning of every word that is only in the free text of one report."""


def sealing_writer(url: str, keys: Path) -> tuple[Any, Writer]:
    """Return what opens a recorder and a writer that seals with the keys of a file."""
    opened = open_recorder(url, salt=lambda: secrets.token_bytes(32), new_id=uuid.uuid4)
    recorder = opened.__enter__()
    sealer = SourceKeys(KeyFile(keys, secrets.token_bytes), secrets.token_bytes, uuid.uuid4)
    return opened, Writer(recorder, zone, sealer)


def commit(url: str, keys: Path, writes: Sequence[WriteRequest]) -> None:
    """Record these, in one transaction; raises what a refused one is answered with."""
    opened, writer = sealing_writer(url, keys)
    try:
        for answer in writer.commit(writes):
            if not isinstance(answer, Acknowledgement):
                raise answer
    finally:
        opened.__exit__(None, None, None)


def told(report_id: UUID, source: str) -> list[WriteRequest]:
    """Return a report with words and a sealed part, and its retraction with words."""
    word = f"{WORD}{report_id.hex}"
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "7"}}
    text = {"summary": f"{word} summary", "quotes": [f"{word} quote"]}
    report = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-12", "claims": [claim], "text": text}
    filed = file_command({"report_id": report_id, "report": report})
    retraction = RetractReport(report_id=report_id, by="recorder", reason=f"{word} reason")
    sealed = SealedContent(b'{"identity":"%b"}' % word.encode())
    return [
        WriteRequest(filed, report_id, bytes(32), incident_stream(SLUG), sealed=sealed),
        WriteRequest(retraction, uuid.uuid4(), bytes(32)),
    ]


def erase_all(url: str, keys: Path, reports: Sequence[UUID], source: str) -> None:
    """Erase reports, each in a transaction of its own, and then all that their source sealed; in a process."""
    with suppress(psycopg.Error, PersistenceError):  # its PostgreSQL was killed
        for report_id in reports:
            command = EraseReport(report_id=report_id, parts=frozenset(("text", "sealed")), reason="Asked for.")
            commit(url, keys, [WriteRequest(command, uuid.uuid4(), bytes(32))])
        command = EraseSource(origin=source, reason="Asked for.")
        commit(url, keys, [WriteRequest(command, uuid.uuid4(), bytes(32))])
