"""Loads a sample, reports on file, through the same write path as everyone's: one line, one write.

A sample is a folder of NDJSON files, read in the order of their names. Each line is
an object with one member, which says what is asked and holds the body of that
request: `source`, `same_origin` or `policy`; `open`; `report`, `scope`, `merge`,
`unmerge` or `rescoping`, which are about the incident that the last `open` opened,
unless their body names another `incident`; and `correction`, `retraction`,
`reinstatement`, `assessment`, `dispute` or `move` of the report that they name.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from domain import catalogue
from domain.incident.commands import (
    AdoptPolicy,
    AssessReport,
    CorrectReport,
    DeclareScope,
    DisputeReport,
    FileReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UnmergeIncident,
)
from domain.incident.deciding import AnyCommand
from domain.incident.facts import incident_stream
from domain.incident.refusals import IncidentSlugTaken, Refusal, ReportIdTaken, ScopeTaken
from domain.sources import Registration
from domain.words import Strict, nearest
from service.eventstore.writer import Write, Written

NAMESPACE = UUID("2b0c2a57-9c0e-5d5e-8f8e-0d3a0f6e2c71")
"""Namespace of the ids of a sample's facts; minted once and never changed."""

_SHAPES: dict[str, type[Strict]] = {
    "source": Registration,
    "open": OpenIncident,
    "report": FileReport,
    "scope": DeclareScope,
    "correction": CorrectReport,
    "retraction": RetractReport,
    "reinstatement": ReinstateReport,
    "assessment": AssessReport,
    "dispute": DisputeReport,
    "move": MoveReport,
    "merge": MergeIncident,
    "unmerge": UnmergeIncident,
    "rescoping": RescopeClaims,
    "same_origin": StateSameOrigin,
    "policy": AdoptPolicy,
}
_OF_INCIDENT = ("report", "scope", "merge", "unmerge", "rescoping")
_TAKEN = (IncidentSlugTaken, ReportIdTaken, ScopeTaken)


class SampleError(ValueError):
    """A line of a sample cannot be read or was refused; the sentence names file and line."""


class SampleChanged(SampleError):
    """The log holds what another version of this sample said in the same place."""


class Writes(Protocol):
    """The one write path."""

    async def write(self, write: Write) -> Written:
        """Record one command."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sample: what it asks, as a write, and where it stands."""

    where: str
    what: str
    write: Write


@dataclass(frozen=True, slots=True)
class Loaded:
    """A line with what became of it; `written.replayed` where an earlier load had recorded it."""

    line: Line
    written: Written

    @property
    def new(self) -> bool:
        """Whether it was this load that recorded it."""
        return self.written.position is not None and not self.written.replayed


def read(folder: Path) -> list[Line]:
    """Read all lines of the sample in `folder`; its name is part of the ids, so that each sample has its own.

    Raises SampleError.
    """
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        message = f"There is no sample in {folder}: it has no *.ndjson file."
        raise SampleError(message)
    lines: list[Line] = []
    incident: UUID | None = None
    for path in files:
        for number, text in _numbered(path):
            line = _line(folder.name, path, number, text, incident)
            incident = line.write.incident if line.what == "open" else incident
            lines.append(line)
    return lines


async def load(writer: Writes, lines: list[Line], told: Callable[[int], None] = lambda _: None) -> list[Loaded]:
    """Record each line in turn; those that an earlier load recorded are found again and change nothing.

    `told` hears after each line how many are done. An interruption leaves the
    lines before it recorded, and the next load goes on from there.

    Raises SampleError, SampleChanged, or what the write path raises of the database.
    """
    loaded: list[Loaded] = []
    for line in lines:
        try:
            written = await writer.write(line.write)
        except _TAKEN as refusal:
            message = f"{line.where}: {refusal}"
            raise SampleChanged(message) from refusal
        except Refusal as refusal:
            message = f"{line.where}: {refusal}"
            raise SampleError(message) from refusal
        loaded.append(Loaded(line, written))
        told(len(loaded))
    return loaded


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        if text.strip():
            yield number, text


def _line(sample: str, path: Path, number: int, text: bytes, opened: UUID | None) -> Line:
    where = f"{path.name}, line {number}"
    what, body = _parsed(where, text)
    incident = _incident(where, body, opened) if what in _OF_INCIDENT else None
    command = _command(where, what, body)
    if isinstance(command, OpenIncident):
        incident = incident_stream(command.slug)
    place = f"{sample}/{path.name}:{number}"
    write = Write(
        command=command,
        fact_id=command.report_id if isinstance(command, FileReport) else uuid5(NAMESPACE, place),
        request_hash=hashlib.sha256(f"sample {place}\n".encode() + text.strip()).digest(),
        incident=incident,
    )
    return Line(where, what, write)


def _incident(where: str, body: dict[str, object], opened: UUID | None) -> UUID:
    """Take from a body which incident it is about; without a name, it is the one that was opened last."""
    if "incident" in body:
        return incident_stream(str(body.pop("incident")))
    if opened is None:
        message = f"{where}: no “open” comes before it, so its incident is unknown."
        raise SampleError(message)
    return opened


def _parsed(where: str, text: bytes) -> tuple[str, dict[str, object]]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        message = f"{where}: this is not JSON ({problem})."
        raise SampleError(message) from problem
    if not (isinstance(document, dict) and len(cast("dict[str, object]", document)) == 1):
        message = f"{where}: a line is one object with one member, such as {{“report”: …}}."
        raise SampleError(message)
    ((what, body),) = cast("dict[str, object]", document).items()
    if what not in _SHAPES:
        near = nearest(what, _SHAPES)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(_SHAPES)}."
        message = f"{where}: “{what[:100]}” is not something a sample can ask; {hint}"
        raise SampleError(message)
    if not isinstance(body, dict):
        message = f"{where}: “{what}” holds no object."
        raise SampleError(message)
    return what, cast("dict[str, object]", body)


def _command(where: str, what: str, body: dict[str, object]) -> AnyCommand:
    if what == "report":
        if "report_id" not in body:
            message = f"{where}: report_id: a report of a sample has one, so that loading twice changes nothing."
            raise SampleError(message)
        body = {"report_id": body["report_id"], "report": body}
    try:
        command = cast("AnyCommand", _SHAPES[what].model_validate(body))
        if isinstance(command, AdoptPolicy):
            catalogue.policy(command.policy)
    except catalogue.UnknownName as problem:
        message = f"{where}: policy: {problem}"
        raise SampleError(message) from problem
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
        field = ".".join(str(step) for step in error["loc"]) or what
        message = f"{where}: {field}: {error['msg']}"
        raise SampleError(message) from problem
    return command
