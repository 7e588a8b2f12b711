"""Logs to follow: what curators ask at random, and many reports of one incident."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

from domain.facts.streams import incident_stream
from domain.incident.commands import FileReport, OpenIncident
from domain.incident.dispatch import AnyCommand
from service.eventstore import open_recorder
from service.eventstore.writer import Acknowledgement, Writer, WriteRequest
from service.runtime.time_zones import zone
from tests.domain.given import file_command
from tests.faults.curating import Curators

_HASH = bytes(32)


@contextmanager
def writing(url: str) -> Iterator[Writer]:
    """Open a writer over the log at an address."""
    with open_recorder(url, salt=lambda: bytes(32), new_id=uuid.uuid4) as recorder:
        yield Writer(recorder, zone)


def curate(writer: Writer, curators: Curators, times: int, chance: Random) -> None:
    """Have curators ask so many times, one thing or a few in one transaction."""
    for _ in range(times):
        asked = [curators.asked() for _ in range(chance.choice([1, 1, 2, 8]))]
        for write, answer in zip(asked, writer.commit(asked), strict=True):
            curators.learn(write, answer)


def write(url: str, commands: Sequence[tuple[AnyCommand, str | None]]) -> list[int]:
    """Record commands, each with the incident that it names, in one transaction; returns their last positions."""
    writes = [
        WriteRequest(
            command,
            command.report_id if isinstance(command, FileReport) else uuid.uuid4(),
            _HASH,
            None if slug is None else incident_stream(slug),
        )
        for command, slug in commands
    ]
    with writing(url) as writer:
        answers = writer.commit(writes)
    positions = [answer.position for answer in answers if isinstance(answer, Acknowledgement)]
    assert len(positions) == len(writes), answers
    return [position for position in positions if position is not None]


def opening(slug: str) -> tuple[AnyCommand, None]:
    """Open an incident."""
    return OpenIncident(slug=slug, title=f"Violence, {slug}", utc_offset="+03:00"), None


def filing(slug: str, figure: int, source: str = "sohr", report_id: UUID | None = None) -> tuple[AnyCommand, str]:
    """File a report of so many killed."""
    claim: dict[str, Any] = {"id": "1", "measure": "killed", "population": {}, "count": {"verbatim": f"{figure:,}"}}
    report = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-12", "claims": [claim]}
    body = {"report_id": report_id or uuid.uuid4(), "report": report}
    return file_command(body), slug
