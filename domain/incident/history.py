"""The accumulator that every view folds: all that was recorded of an incident and of the sources it cites."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from typing import assert_never
from uuid import UUID

from domain.claims import Held, Scope, earliest, latest
from domain.clocks import Span, parse_offset
from domain.incident.facts import (
    EstimatePublished,
    IncidentAmended,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    Recorded,
    ReportCorrected,
    ReportFiled,
    ReportReinstated,
    ReportRetracted,
    ScopeDeclared,
    SourceGraded,
    SourceRegistered,
)
from domain.incident.holding import event_of, held_claims
from domain.report.kind import Report
from domain.sources import origin_of


@dataclass(frozen=True, slots=True)
class Version:
    """One content of a report: as filed, or as corrected, with the claims held from it."""

    report: Report
    origin: str
    occurred: Span | None
    event: str | None
    held: tuple[Held, ...]
    text_commitment: str | None
    cause: str | None = None


@dataclass(slots=True)
class ReportHistory:
    """A report and all that became of it; `retraction` is who took it back, and when a source did so."""

    report_id: UUID
    reported: Span
    versions: list[Version]
    retraction: tuple[str, Span | None] | None = None

    @property
    def now(self) -> Version:
        """The content that counts: the last correction's, at every reported moment."""
        return self.versions[-1]

    def said_by(self, moment: datetime | None) -> bool:
        """Say whether the source had said it by `moment` on the reported clock; None is ever."""
        return moment is None or latest(self.reported) <= moment

    def stands_at(self, moment: datetime | None) -> bool:
        """Say whether it had been said by `moment`, and neither struck by us nor taken back by its source by then."""
        if not self.said_by(moment):
            return False
        if self.retraction is None:
            return True
        by, taken_back = self.retraction
        return by == "source" and moment is not None and taken_back is not None and latest(taken_back) > moment

    @property
    def newness(self) -> tuple[datetime, datetime, int, str]:
        """Sort key of "newer" (vocabulary §5): reported latest, then earliest, reported_order, report id."""
        return (latest(self.reported), earliest(self.reported), self.order, self.ref)

    # what has a place in the order in which one source said things
    @property
    def ref(self) -> str:
        """The report's id, as text."""
        return str(self.report_id)

    @property
    def order(self) -> int:
        """`reported_order`: the order among statements that share a day."""
        return self.now.report.reported_order

    @property
    def figure(self) -> int:
        """A whole report has no figure."""
        return 0

    @property
    def supersedes(self) -> tuple[str, ...]:
        """Only claims supersede."""
        return ()


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What is held about a source: how it is called, what it is, and its Admiralty letter."""

    origin: str
    name: str
    type: str
    reliability: str
    speaks_for: str | None


@dataclass(slots=True)
class History:
    """An incident at one position: its own facts and those of the sources it cites, in any order of streams."""

    slug: str = ""
    title: str = ""
    utc_offset: str = "Z"
    offset: timezone = UTC
    period: str | None = None
    countries: tuple[str, ...] = ()
    is_open: bool = True
    version: int = 0
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])
    reports: dict[UUID, ReportHistory] = field(default_factory=dict[UUID, ReportHistory])
    sources: dict[str, SourceRecord] = field(default_factory=dict[str, SourceRecord])

    def standing(self, moment: datetime | None) -> Iterator[ReportHistory]:
        """Yield the reports that stand at `moment` on the reported clock (None: as far as we know now)."""
        return (report for report in self.reports.values() if report.stands_at(moment))

    def grade(self, origin: str) -> str:
        """Return the Admiralty letter of a source; F (cannot be judged) where it has none."""
        record = self.sources.get(origin)
        return record.reliability if record else "F"

    def name(self, origin: str) -> str:
        """Return how a source is called."""
        record = self.sources.get(origin)
        return record.name if record else origin


def accumulate(history: History, recorded: Recorded) -> History:
    """Take one more fact into the history, which is changed in place and returned.

    Facts of one stream must come in the order of their versions; streams may be
    interleaved in any way.
    """
    fact = recorded.fact
    match fact:
        case SourceRegistered():
            history.sources[fact.origin] = SourceRecord(
                fact.origin, fact.name, fact.type, fact.reliability, fact.speaks_for
            )
            return history
        case SourceGraded():
            was = history.sources[fact.origin]
            history.sources[fact.origin] = SourceRecord(
                was.origin, was.name, was.type, fact.reliability, was.speaks_for
            )
            return history
        case IncidentOpened():
            _open(history, fact)
        case IncidentAmended():
            _amend(history, fact)
        case IncidentClosed():
            history.is_open = False
        case IncidentReopened():
            history.is_open = True
        case ScopeDeclared():
            history.scopes[fact.name] = fact.scope
        case ReportFiled():
            version = _version(history, fact, fact.reported, recorded.text_commitment)
            history.reports[fact.report_id] = ReportHistory(fact.report_id, fact.reported, [version])
        case ReportCorrected():
            report = history.reports[fact.report_id]
            report.versions.append(_version(history, fact, report.reported, recorded.text_commitment))
        case ReportRetracted():
            history.reports[fact.report_id].retraction = (fact.by, fact.reported)
        case ReportReinstated():
            history.reports[fact.report_id].retraction = None
        case EstimatePublished():
            pass  # what was published changes nothing that is known
        case _:  # pragma: no cover - the checker proves it
            assert_never(fact)
    history.version = recorded.version
    return history


def history_of(facts: Iterable[Recorded]) -> History:
    """Fold all `facts` from nothing."""
    history = History()
    for recorded in facts:
        accumulate(history, recorded)
    return history


def cited_origins(report: Report) -> tuple[str, ...]:
    """Return whose streams a report makes an input of its incident: its source and its relays."""
    return (origin_of(report.source, report.via), *report.via)


def _open(history: History, fact: IncidentOpened) -> None:
    history.slug, history.title = fact.slug, fact.title
    history.utc_offset, history.offset = fact.utc_offset, parse_offset(fact.utc_offset)
    history.period, history.countries = fact.period, fact.countries


def _amend(history: History, fact: IncidentAmended) -> None:
    history.title = fact.title or history.title
    history.period = fact.period if "period" in fact.model_fields_set else history.period
    history.countries = history.countries if fact.countries is None else fact.countries


def _version(
    history: History, fact: ReportFiled | ReportCorrected, reported: Span, text_commitment: str | None
) -> Version:
    report, occurred = fact.report, fact.occurred
    held = held_claims(fact.report_id, report, (reported, occurred), history.scopes, history.offset)
    event = event_of(report, occurred, history.offset)
    cause = fact.cause if isinstance(fact, ReportCorrected) else None
    return Version(report, origin_of(report.source, report.via), occurred, event, held, text_commitment, cause)
