"""Decisions on erasure: parts of a report or of all that a source said; legal holds, which forbid it."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.facts.erasure import (
    ErasablePart,
)
from domain.facts.streams import incident_stream
from domain.facts.union import (
    IncidentFact,
    LegalHoldLifted,
    LegalHoldPlaced,
    Note,
    PartsErased,
    SourceFact,
    SourceHoldLifted,
    SourceHoldPlaced,
    SourcePartsErased,
)
from domain.incident import refusals
from domain.incident.erasure_commands import (
    EraseReport,
    EraseSource,
    ErasureCommand,
    PlaceHold,
    PlaceSourceHold,
    SourceCommand,
)
from domain.incident.source_decisions import Source
from domain.incident.state import Incident

PARTS: tuple[ErasablePart, ...] = ("text", "sealed")


class SealedParts(NamedTuple):
    """The sealed parts under one key: their number, and the reports that have them, by the stream of their home."""

    number: int
    reports: Mapping[UUID, Collection[UUID]]


class ErasableParts(Protocol):
    """The parts in the log that can be erased, and the states whose legal holds forbid it."""

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident; None if there is none in this stream."""
        ...

    def source(self, origin: str) -> Source | None:
        """Return a source; None if it is not registered."""
        ...

    def report_parts(self, report_id: UUID, home: UUID) -> Mapping[ErasablePart, tuple[int, ...]]:
        """Return, by part, the positions of the facts about a report that have it, in whatever stream."""
        ...

    def report_origins(self, report_id: UUID, home: UUID) -> Iterable[str]:
        """Return the sources of a report, as filed and as corrected."""
        ...

    def sealed_by(self, origin: str) -> SealedParts | None:
        """Return the sealed parts under the key of a source; None if it has no key."""
        ...


def decide_on_incident(states: ErasableParts, incident: Incident, command: ErasureCommand) -> IncidentFact:
    """Erase parts of a report filed under an incident, or place or lift a hold on the incident; raises a Refusal."""
    if isinstance(command, EraseReport):
        return _erase_report(states, incident, command)
    if incident.is_held == isinstance(command, PlaceHold):
        raise refusals.NothingChanged(what=f"the legal hold on “{incident.slug}”")
    fact = LegalHoldPlaced if isinstance(command, PlaceHold) else LegalHoldLifted
    return fact(text=Note(reason=command.reason))


def decide_on_source(states: ErasableParts, command: SourceCommand) -> SourceFact:
    """Erase what a source has sealed, or place or lift a hold on it.

    A hold on the source, or on an incident with a sealed part of it, forbids to erase.
    """
    source = states.source(command.origin)
    if source is None:
        raise refusals.SourceMissing(origin=command.origin)
    text = Note(reason=command.reason)
    if isinstance(command, EraseSource):
        return SourcePartsErased(origin=source.origin, count=_erasable_of_source(states, source), text=text)
    if source.is_held == isinstance(command, PlaceSourceHold):
        raise refusals.NothingChanged(what=f"the legal hold on “{source.origin}”")
    fact = SourceHoldPlaced if isinstance(command, PlaceSourceHold) else SourceHoldLifted
    return fact(origin=source.origin, text=text)


def _erase_report(states: ErasableParts, home: Incident, command: EraseReport) -> PartsErased:
    """Erase parts of a report, filed under `home`.

    A hold on its home, on an incident that shows it or ever did, or on one of its sources forbids it: else whoever may
    move it could lift the hold.
    """
    if command.report_id not in home.reports:
        raise refusals.ReportUnknown(report_id=command.report_id)
    stream = incident_stream(home.slug)
    _expect_no_hold(states, home.ever_shown_under(command.report_id))
    for origin in states.report_origins(command.report_id, stream):
        _expect_source_free(states.source(origin))
    there = states.report_parts(command.report_id, stream)
    positions: dict[ErasablePart, tuple[int, ...]] = {
        part: there[part] for part in PARTS if part in command.parts and there.get(part)
    }
    if not positions:
        raise refusals.NothingToErase(what=f"Report {command.report_id}")
    return PartsErased(report_id=command.report_id, positions=positions, text=Note(reason=command.reason))


def _erasable_of_source(states: ErasableParts, source: Source) -> int:
    """Return how many sealed parts go with the key of a source; raises a Refusal."""
    _expect_source_free(source)
    sealed = states.sealed_by(source.origin)
    if sealed is None:
        raise refusals.NothingToErase(what=f"The source “{source.origin}”")
    for stream, reports in sealed.reports.items():
        if incident := states.incident(stream):
            _expect_no_hold(states, frozenset[str]().union(*map(incident.ever_shown_under, reports)))
    return sealed.number


def _expect_no_hold(states: ErasableParts, slugs: Iterable[str]) -> None:
    """Refuse where one of these incidents, or one that it was ever merged into, is under a hold."""
    pending, seen = sorted(slugs), set[str]()
    while pending:
        slug = pending.pop()
        incident = None if slug in seen else states.incident(incident_stream(slug))
        seen.add(slug)
        if incident is None:
            continue
        if incident.is_held:
            raise refusals.HeldForLaw(what=f"The incident “{slug}”")
        pending += incident.ever_into


def _expect_source_free(source: Source | None) -> None:
    if source is not None and source.is_held:
        raise refusals.HeldForLaw(what=f"The source “{source.origin}”")
