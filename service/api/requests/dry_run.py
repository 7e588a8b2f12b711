"""Decides a report as the writer would, against the state at the end of the log, and records nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple, cast
from uuid import UUID

from domain.facts.union import IncidentAmended, IncidentFact, IncidentOpened, ReportCorrected, ReportFiled
from domain.facts.versions import is_report, topics_of
from domain.incident import refusals
from domain.incident.commands import CorrectReport, FileReport
from domain.incident.dispatch import StateReader, decide_command
from domain.incident.report_warnings import ReportWarning
from domain.incident.state import Incident, fold, warnings_about
from domain.values.time.clocks import parse_occurred
from service.answers.answer import stream_of
from service.eventstore import LogReader, StoredFact
from service.eventstore.reader import LogHead
from service.runtime.worker_thread import in_thread

_OF_CLOCK = topics_of(IncidentOpened, IncidentAmended)
"""The topics of the facts that set how an incident reads days."""


class ReadingClock(NamedTuple):
    """Context for reading dates: the offset of their days, and the year assumed where none is named."""

    offset: tzinfo
    year: int


class DryRun(NamedTuple):
    """Outcome of a dry run: the fact that would be recorded, its warnings, and the offset that its days are read in."""

    fact: ReportFiled | ReportCorrected
    warnings: Sequence[ReportWarning]
    offset: tzinfo


class _NotLoaded(Exception):
    """A decision needs the state of a stream, or the home stream of a report."""

    def __init__(self, needed: UUID) -> None:
        super().__init__(needed)
        self.needed = needed


@dataclass(slots=True)
class _LoadedStates:
    """The part of `StateReader` that decisions on reports use. Raises _NotLoaded for what was not read yet."""

    incidents: dict[UUID, Incident | None] = field(default_factory=dict[UUID, Incident | None])
    homes: dict[UUID, UUID | None] = field(default_factory=dict[UUID, UUID | None])

    def incident(self, stream: UUID) -> Incident | None:
        if stream not in self.incidents:
            raise _NotLoaded(stream)
        return self.incidents[stream]

    def home_of(self, report_id: UUID) -> UUID:
        if report_id not in self.homes:
            raise _NotLoaded(report_id)
        if (home := self.homes[report_id]) is None:
            raise refusals.ReportUnknown(report_id=report_id)
        return home


async def incident_clock(log: LogReader, head: LogHead, incident: str) -> ReadingClock:
    """Return how an incident reads dates. Raises IncidentUnknown."""
    rows = await log.of_topics([stream_of(incident)], _OF_CLOCK, head.position)
    found = fold(_facts(rows))
    if found is None:
        raise refusals.IncidentUnknown(incident=incident)
    period = parse_occurred(found.period, found.offset) if found.period else None
    first = period and (period.earliest or period.latest)
    return ReadingClock(found.offset, (first or head.now).year)


async def dry_run(log: LogReader, head: LogHead, command: FileReport | CorrectReport, incident: str | None) -> DryRun:
    """Decide a command on a report at the end of the log. Raises the Refusal that the writer would."""
    states, named = _LoadedStates(), stream_of(incident) if incident else None
    if isinstance(command, FileReport) and await log.find(command.report_id):
        raise refusals.ReportIdTaken(report_id=command.report_id)
    while True:
        try:
            entries = decide_command(cast("StateReader", states), command, head.now, named)
            break
        except _NotLoaded as missing:
            await _load(log, head, states, missing.needed, of_report=isinstance(command, CorrectReport))
        except refusals.IncidentUnknown:
            raise refusals.IncidentUnknown(incident=incident or "") from None
    stream, fact = entries[0] if isinstance(command, CorrectReport) else _filed(entries)
    home = cast("Incident", states.incidents[stream])
    decided = cast("ReportFiled | ReportCorrected", fact)
    warnings = warnings_about(home, decided) if isinstance(decided, ReportFiled) else ()
    return DryRun(decided, warnings, home.offset)


def _filed(entries: Sequence[tuple[UUID, object]]) -> tuple[UUID, object]:
    return next(each for each in entries if isinstance(each[1], ReportFiled))


async def _load(log: LogReader, head: LogHead, states: _LoadedStates, needed: UUID, *, of_report: bool) -> None:
    """Read the home stream of a report, or else fold an incident."""
    if of_report and not states.homes:
        row = await log.find(needed)
        states.homes[needed] = row.stream if row is not None and is_report(row.topic) else None
        return
    rows = await log.read([needed], head.position)
    of_incident = bool(rows) and rows[0].is_a(IncidentOpened)
    states.incidents[needed] = await in_thread(len(rows), _fold, rows) if of_incident else None


def _fold(rows: Sequence[StoredFact]) -> Incident | None:
    return fold(_facts(rows))


def _facts(rows: Sequence[StoredFact]) -> list[IncidentFact]:
    return [cast("IncidentFact", row.fact()) for row in rows]
