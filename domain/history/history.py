"""The accumulator that every view folds: all that was recorded of an incident, and of what it depends on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import partial
from typing import NamedTuple
from uuid import UUID

from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import (
    ClaimsRescoped,
    IncidentAmended,
    IncidentFact,
    IncidentMerged,
    IncidentUnmerged,
    PolicyAdopted,
    Recorded,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportMoved,
    ReportReinstated,
    ReportRetracted,
    SameOriginStated,
    SameOriginUndone,
    ScopeDeclared,
    SourceGraded,
    SourceRegistered,
)
from domain.history.origins import Origins, SourceRecord
from domain.history.report_history import ReportHistory, Version
from domain.incident.incident_fields import Whole, WholeFact
from domain.incident.resolved_claims import AS_FILED, Filed, Rescoped, Scoping, event_of, happened, held_as_filed
from domain.incident.state import rescope
from domain.incident.validation import occurred_span, read_span
from domain.reports.claims.claim import Scope, event_scope, foreign
from domain.reports.claims.ties import Record
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.values.sources import origin_of
from domain.values.time.clocks import Span, parse_reported

__all__ = ["History", "Home", "ReportHistory", "SourceRecord", "Version", "accumulate", "cited_origins", "history_of"]


_NO_STREAM = UUID(int=0)


@dataclass(slots=True)
class Home(Whole):
    """One incident among those that a history depends on: what was said of it as a whole, and what it shows.

    `reports` are the ids of those that stand under it, `children` the slugs of the
    incidents merged into it.
    """

    stream: UUID = _NO_STREAM
    reports: dict[UUID, None] = field(default_factory=dict[UUID, None])
    children: dict[str, None] = field(default_factory=dict[str, None])


_NOWHERE = Home()


@dataclass(slots=True)
class History:
    """An incident at one position, with all that its answers depend on, in any order of streams.

    `stream` is the incident that is asked about: the one that the first fact opens,
    unless it is given. `filed` holds every report by id, `journal` every fact taken in.
    """

    stream: UUID | None = None
    homes: dict[UUID, Home] = field(default_factory=dict[UUID, Home])
    filed: dict[UUID, ReportHistory] = field(default_factory=dict[UUID, ReportHistory])
    bounds: dict[str, Scope] = field(default_factory=dict[str, Scope])
    origins: Origins = field(default_factory=Origins)
    adopted: str | None = None
    journal: list[Recorded] = field(default_factory=list[Recorded])
    _own: Home | None = field(default=None, repr=False, compare=False)

    @property
    def own(self) -> Home:
        """The incident that is asked about."""
        if self._own is None and self.stream is not None:
            self._own = self.homes.get(self.stream)
        return self._own or _NOWHERE

    @property
    def slug(self) -> str:
        """The slug of the incident that is asked about."""
        return self.own.slug

    @property
    def title(self) -> str:
        """Its title."""
        return self.own.title

    @property
    def utc_offset(self) -> str:
        """Its offset, as given."""
        return self.own.utc_offset

    @property
    def offset(self) -> tzinfo:
        """Its offset: a day in it ends 23:59:59 there."""
        return self.own.offset

    @property
    def period(self) -> str | None:
        """Its declared period, as given."""
        return self.own.period

    @property
    def countries(self) -> tuple[str, ...]:
        """Its countries."""
        return self.own.countries

    @property
    def is_open(self) -> bool:
        """Whether it takes reports."""
        return self.own.is_open

    @property
    def version(self) -> int:
        """The version of its own stream."""
        return self.own.version

    @property
    def scopes(self) -> dict[str, Scope]:
        """Its declared scopes; `bounds` has those of other incidents too."""
        return self.own.scopes

    @property
    def reports(self) -> Mapping[UUID, ReportHistory]:
        """The reports that stand under it, moved in and merged in ones too."""
        own = self.own
        if not own.children and len(own.reports) == len(self.filed):
            return self.filed
        return {report_id: self.filed[report_id] for home in self.shown() for report_id in home.reports}

    def shows(self, report_id: UUID) -> bool:
        """Say whether a report stands under it."""
        own = self.own
        return report_id in own.reports if not own.children else any(report_id in home.reports for home in self.shown())

    def shown(self) -> Iterator[Home]:
        """Yield the incident that is asked about and those merged into it, each once."""
        waiting, seen = [self.own], {self.own.slug}
        while waiting:
            home = waiting.pop()
            yield home
            for slug in home.children:
                child = self.homes.get(incident_stream(slug))
                if child is not None and slug not in seen:
                    seen.add(slug)
                    waiting.append(child)

    def home(self, slug: str | None) -> Home:
        """Return the incident of this slug, the one that is asked about where None is or it is not known here."""
        return self.own if slug is None else self.homes.get(incident_stream(slug), self.own)

    def offset_at_home(self, ref: str) -> tzinfo:
        """Return the offset in which the days of a report, or of a claim, were said: that of where it was filed."""
        if len(self.homes) < 2:  # noqa: PLR2004 - its own alone, as mostly
            return self.offset
        filed = self.filed.get(UUID(ref.partition("#")[0]))
        return self.offset if filed is None else self.homes[filed.home].offset

    def standing(self, moment: datetime | None) -> Iterator[ReportHistory]:
        """Yield the reports that stand at `moment` on the reported clock (None: as far as we know now)."""
        return (report for report in self.reports.values() if report.stands_at(moment))

    def grade(self, origin: str) -> str:
        """Return the Admiralty letter of a source; F (cannot be judged) where it has none."""
        return self.origins.grade(origin)

    def name(self, origin: str) -> str:
        """Return how a source is called."""
        return self.origins.name(origin)

    def scope_name(self, home: UUID, slug: str, scope: str) -> str:
        """Return what a scope of the incident `home`, called `slug`, is called from the one that is asked about."""
        return scope if home == self.stream else foreign(slug, scope)


_OF_SOURCES = (SourceRegistered, SourceGraded, SameOriginStated, SameOriginUndone)


def accumulate(history: History, recorded: Recorded) -> set[UUID]:
    """Take one more fact into the history, which is changed in place; returns the reports that it touched.

    Facts of one stream must come in the order of their versions; streams may be
    interleaved in any way.
    """
    history.journal.append(recorded)
    fact = recorded.fact
    if not isinstance(fact, ReportFiled):  # as most are
        if isinstance(fact, _OF_SOURCES):
            return _of_source(history, fact, recorded.stream)
        if isinstance(fact, PolicyAdopted):
            history.adopted = fact.policy
            return set()
    if history.stream is None:
        history.stream = recorded.stream
    home = history.homes.get(recorded.stream)
    if home is None:
        home = history.homes[recorded.stream] = Home(stream=recorded.stream)
    home.version = recorded.version
    return _of_incident(history, home, fact, recorded)


def history_of(facts: Iterable[Recorded], stream: UUID | None = None) -> History:
    """Fold all `facts` from nothing, for the incident whose stream is given (None: the first one opened)."""
    history = History(stream)
    for recorded in facts:
        accumulate(history, recorded)
    return history


def cited_origins(report: Report) -> tuple[str, ...]:
    """Return whose streams a report makes an input of its incident: its source and its relays."""
    return (origin_of(report.source, report.via), *report.via)


def _of_source(
    history: History, fact: SourceRegistered | SourceGraded | SameOriginStated | SameOriginUndone, stream: UUID
) -> set[UUID]:
    origins = history.origins
    if isinstance(fact, SourceRegistered | SourceGraded):
        origins.describe(fact)
        return set()
    if stream != source_stream(min(fact.origins)):
        return set()  # recorded in both streams; one of them decides, so that their order does not
    origins.join(fact.origins, same=isinstance(fact, SameOriginStated))
    for report in history.filed.values():
        report.remake(lambda version: version.of(origins))
    return set(history.filed)


def _of_incident(history: History, home: Home, fact: IncidentFact, recorded: Recorded) -> set[UUID]:
    match fact:
        case ReportFiled():
            ref, placed = str(fact.report_id), (recorded.text_commitment, recorded.position, None)
            occurred = happened(fact.report, fact.reported, fact.occurred, home.offset)
            version = _hold(history, home, _Content(ref, fact.report, fact.reported, occurred, *placed), {})
            filed = ReportHistory(fact.report_id, home.stream, fact.reported, [version], {}, {}, set(), {}, ref=ref)
            history.filed[fact.report_id] = filed
            home.reports[fact.report_id] = None
            return {fact.report_id}
        case ReportCorrected():
            report, placed = history.filed[fact.report_id], (recorded.text_commitment, recorded.position, fact.cause)
            occurred = happened(fact.report, report.reported, fact.occurred, home.offset)
            content = _Content(report.ref, fact.report, report.reported, occurred, *placed)
            report.correct(_hold(history, home, content, report.rescoped))
            return {fact.report_id}
        case ReportRetracted() | ReportReinstated() | ReportAssessed() | ReportDisputed():
            history.filed[fact.report_id].judge(fact)
            return {fact.report_id}
        case ReportMoved():
            if fact.to == home.slug:
                home.reports[fact.report_id] = None
            else:
                home.reports.pop(fact.report_id, None)
            return {fact.report_id}
        case ClaimsRescoped():
            return _rescope(history, home, fact)
        case _:
            _whole(history, home, fact)
            return _reread(history, home) if isinstance(fact, IncidentAmended) and fact.time_zone else set()


def _reread(history: History, home: Home) -> set[UUID]:
    """Read anew, by the time zone of `home`, whatever was said there without an offset: its days are others.

    A report becomes another object, as what holds the old one knows it by its clocks.
    """
    offset = home.offset
    for report_id, report in history.filed.items():
        if report.home == home.stream:
            said = read_span(parse_reported, report.now.report.reported_at or "", offset)
            again = history.filed[report_id] = replace(report, reported=said)
            again.remake(partial(_read_anew, history, home, again))
    for recorded in history.journal:
        if recorded.stream == home.stream and isinstance(recorded.fact, ReportRetracted) and recorded.fact.reported_at:
            history.filed[recorded.fact.report_id].retime(recorded.fact, offset)
    return (
        set(history.filed)
        if home.stream == history.stream
        else {report_id for report_id, report in history.filed.items() if report.home == home.stream}
    )


def _read_anew(history: History, home: Home, report: ReportHistory, version: Version) -> Version:
    occurred = occurred_span(version.report, report.reported, home.offset)
    return _held_anew(history, home, report, replace(version, occurred=occurred))


def _whole(history: History, home: Home, fact: WholeFact) -> None:
    home.tell(fact)
    if isinstance(fact, ScopeDeclared):
        history.bounds[history.scope_name(home.stream, home.slug, fact.name)] = fact.scope
    elif isinstance(fact, IncidentMerged) and fact.into == home.slug:
        home.children[fact.incident] = None
    elif isinstance(fact, IncidentUnmerged) and fact.into == home.slug:
        home.children.pop(fact.incident, None)


def _rescope(history: History, home: Home, fact: ClaimsRescoped) -> set[UUID]:
    """Give the claims of reports that were filed under `home` their scopes; those of others get them from theirs."""
    within = incident_stream(fact.within)
    if fact.bounds and fact.scope:
        history.bounds[history.scope_name(within, fact.within, fact.scope)] = fact.bounds
    touched: set[UUID] = set()
    for ref in fact.claims:
        report_id, _, claim = ref.partition("#")
        report = history.filed.get(UUID(report_id))
        if report is not None and report.home == home.stream:
            rescope(report.rescoped, claim, fact)
            touched.add(report.report_id)
    for report_id in touched:
        report = history.filed[report_id]
        report.rescopings += 1
        report.remake(partial(_held_anew, history, home, report))
    return touched


def _held_anew(history: History, home: Home, report: ReportHistory, version: Version) -> Version:
    was = (version.report, report.reported, version.occurred, version.text_commitment, version.position, version.cause)
    return _hold(history, home, _Content(report.ref, *was), report.rescoped)


class _Content(NamedTuple):
    """What a version is made of."""

    ref: str
    report: Report
    reported: Span
    occurred: Span | None
    text_commitment: str | None
    position: int
    cause: str | None


def _hold(history: History, home: Home, content: _Content, rescoped: Mapping[str, Rescoped]) -> Version:
    """Hold the claims of a content as they are called from the incident that is asked about."""
    report, occurred = content.report, content.occurred
    is_own = home.stream == history.stream
    scoping = AS_FILED
    if rescoped or not is_own:

        def named(within: str | None, scope: str) -> str:
            return history.scope_name(incident_stream(within) if within else home.stream, within or home.slug, scope)

        scoping = Scoping(rescoped, named)
    event = event_of(report, occurred, home.offset)
    origin = origin_of(report.source, report.via)
    record = Record(report)
    filed = Filed(content.ref, origin, event, content.reported, occurred, record)
    held = held_as_filed(report, filed, home.scopes, home.offset, scoping) if report.claims else ()
    if event is not None and not is_own:
        event = scoping.named(None, event_scope(event))
    tier = KINDS[report.kind].tier(report)
    version = Version(
        report, origin, occurred, event, held, content.text_commitment, content.position, content.cause, tier, record
    )
    return version.of(history.origins) if history.origins.one else version
