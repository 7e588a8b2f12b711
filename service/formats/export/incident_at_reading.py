"""One incident at a reading, for exporters: its list entry, estimates, events, dates, places and imported rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import NamedTuple

from domain import catalogue
from domain.escalation.occurrences import Event, events_of
from domain.estimates.claim_index import ClaimSnapshot, snapshot_claims
from domain.estimates.estimate import Estimate, Policy
from domain.history.history import History, ReportHistory
from domain.reading import Reading
from domain.reports.claims.claim import END, ClaimKey, latest
from domain.reports.kind import Tier
from domain.reports.registry import KINDS
from domain.summary.incident_projection import VIOLENCE, summarize
from domain.summary.summary import IncidentSummary
from domain.summary.tolls import Toll
from domain.values.places import Place
from domain.values.populations import Population
from domain.values.time.clocks import Span, parse_occurred
from service.formats.coded.countries import BY_CODE, CodedCountry
from service.formats.coded.verbatim_cells import text_cells_of
from service.formats.exporter import Export

UNSURE = frozenset("?~%")
"""Suffixes of EDTF dates that are uncertain, approximate, or both."""
OPEN_ENDS = ("..", "")
"""Ends of an EDTF interval that are open or unknown."""
AREAS = ("country", "admin1", "admin2", "name")
"""Name parts of a place, widest first: equal names are one place only if all wider parts are equal."""
POINT = ("lat", "lon")
TRIPLE = "triple/1"
"""Policy for low, best and high, whatever the policy of the reading."""
EVERYONE = Population()


class OccurredSpan(NamedTuple):
    """Time of an occurrence as reported: its ends, None if open or not reported.

    Each end, and so its day, is in the time zone of the incident that it was reported under, wherever that is shown.
    `sure`: nothing of it was approximate or doubtful; None if nothing was reported.
    """

    first: datetime | None = None
    last: datetime | None = None
    sure: bool | None = None


@dataclass
class IncidentAtReading:
    """An incident at a reading; derived values are computed on first use."""

    history: History
    reading: Reading

    @cached_property
    def summary(self) -> IncidentSummary:
        """Return its list entry."""
        return summarize(self.history, self.reading)

    @cached_property
    def claims(self) -> ClaimSnapshot:
        """Return the claims that count."""
        return snapshot_claims(self.history, self.reading.reported_until)

    @cached_property
    def reports(self) -> Sequence[ReportHistory]:
        """Return the reports that count, ordered by reported time, those of one moment by content."""
        standing = list(self.history.standing_reports(self.reading.reported_until))
        if len(standing) > 1:  # a single report cannot be withdrawn by another
            standing = list(self.claims.counting.values())
        return sorted(standing, key=lambda each: each.newness)

    @cached_property
    def events(self) -> Mapping[str, Event]:
        """Return the events by label."""
        return events_of(self.reports)

    def estimates(self, policy: Policy | None = None) -> Iterator[tuple[ClaimKey, Estimate]]:
        """Yield the estimate of each key, in canonical order; by `policy` instead of that of the reading, if given."""
        for keyed in self.claims.by_key:
            yield keyed.key, (policy or self.reading.policy).estimate(keyed.policy_input)

    def triple(self) -> Mapping[ClaimKey, Estimate]:
        """Return low, best and high of each key."""
        return dict(self.estimates(catalogue.policy(TRIPLE)))

    @property
    def violence(self) -> Sequence[Sequence[ReportHistory]]:
        """Return the reports that count and state violence, grouped by event; a report without an event is a group."""
        found: dict[str, list[ReportHistory]] = {}
        for each in self.reports:
            if tier(each) == VIOLENCE:
                found.setdefault(each.current.event or each.ref, []).append(each)
        return list(found.values())

    def occurred(
        self, events: Iterable[Event], order: Callable[[datetime], datetime], home: str | None = None
    ) -> OccurredSpan:
        """Return the time of several events; an end that one of them leaves open is that of the declared period.

        The end stays open if there is no period, or another event lies beyond it. `order` sorts ends: by moment
        (`as_moments`) or by local day (`as_days`). `home` is the slug of their incident, if that is another.
        """
        found = [self.when(event) for event in events if event.span is not None]
        if not found:
            return self.period(home)
        began = [each.first for each in found if each.first is not None]
        ended = [each.last for each in found if each.last is not None]
        first, last = min(began, key=order, default=None), max(ended, key=order, default=None)
        if len(began) < len(found):
            own = self.period(home).first
            first = own if own and (first is None or order(own) <= order(first)) else None
        if len(ended) < len(found):
            own = self.period(home).last
            last = own if own and (last is None or order(own) >= order(last)) else None
        return OccurredSpan(first, last, all(each.sure for each in found))

    @cached_property
    def bounds(self) -> OccurredSpan:
        """Return the first and the last moment of all events, or else of the declared period."""
        return self.occurred(self.events.values(), as_moments)

    @cached_property
    def days(self) -> OccurredSpan:
        """Return the ends of the first and the last day of all events, or else of the declared period."""
        return self.occurred(self.events.values(), as_days)

    def when(self, event: Event) -> OccurredSpan:
        """Return the time of an event by the report that dates it most narrowly.

        An end that is open, or lies wholly after the report itself, is None.
        """
        found = [
            self.when_said(each)
            for each in event.reports
            if event.span is not None and each.current.occurred == event.span
        ]
        return min(found, key=lambda each: (each.last is None, each.last or END, not each.sure), default=OccurredSpan())

    def when_said(self, report: ReportHistory) -> OccurredSpan:
        """Return the time that a report says; an end that is open, or lies wholly after the report itself, is None."""
        text = report.current.report.occurred
        if text is None:
            return OccurredSpan()
        return _occurred_as_reported(text, self.history.incidents[report.home].offset, latest(report.reported))

    def period(self, home: str | None = None) -> OccurredSpan:
        """Return the declared period of the incident, or of the one with slug `home` that was merged in."""
        incident = self.history.incident(home)
        if incident.period is None:
            return OccurredSpan()
        span = parse_occurred(incident.period, incident.offset)
        return _local_span(span.earliest, span.latest, incident.period, incident.offset)

    def rows(self, source: str) -> list[dict[str, str]]:
        """Return the cells of the rows imported from a data set, verbatim: the latest version of each row.

        Rows of incidents that were merged or moved in are included.
        """
        found = (each for each in self.reports if source in each.current.report.external_ids)
        newest_last = sorted(found, key=lambda each: each.newness)
        latest = {(each.home, each.current.report.external_ids[source]): each for each in newest_last}
        rows = (text_cells_of(each.current.report.attributes) for each in latest.values())
        return [row for row in rows if row]


def data_set_rows(
    export: Export,
    data_set: tuple[str, str],
    columns: Sequence[str],
    converted: Callable[[Export, IncidentAtReading], Iterator[Mapping[str, object]]],
) -> Iterator[Mapping[str, object]]:
    """Yield rows in the `columns` of a data set, given by slug and title: imported ones verbatim, or `converted`."""
    source, title = data_set
    for folded in export.incidents():
        incident = IncidentAtReading(folded.history, export.reading)
        if rows := incident.rows(source):
            yield from rows
            if any(source not in each.current.report.external_ids for each in incident.reports):
                export.count_gap(
                    "incident", f"with rows of {title} and other reports beside them; only the rows are written"
                )
        else:
            yield from ({**dict.fromkeys(columns, ""), **row} for row in converted(export, incident))


def country_of(place: Mapping[str, str], countries: Sequence[str]) -> tuple[str | None, CodedCountry | None]:
    """Return the code of the country of a place, else of the only one of its incident, and the country if known."""
    code = place.get("country") or (countries[0] if len(countries) == 1 else None)
    return code, BY_CODE.get(code or "")


def tier(report: ReportHistory) -> Tier:
    """Return the tier of a report, as corrected."""
    return KINDS[report.current.report.kind].tier(report.current.report)


def _occurred_as_reported(text: str, offset: tzinfo, reported: datetime) -> OccurredSpan:
    """Parse the time of an occurrence; ends that lie after the moment of the report are None."""
    span, sides = parse_occurred(text, offset), text.split("/")
    if span.earliest is not None and span.earliest > reported:
        return OccurredSpan()
    ends = parse_occurred(sides[-1], offset) if sides[-1] not in OPEN_ENDS else Span(None, None)
    last = None if ends.earliest is None or ends.earliest > reported else ends.latest
    return _local_span(span.earliest, last, text, offset)


def _local_span(first: datetime | None, last: datetime | None, text: str, offset: tzinfo) -> OccurredSpan:
    began, ended = (None if end is None else end.astimezone(offset) for end in (first, last))
    return OccurredSpan(began, ended, not UNSURE & set(text))


def day(end: datetime | None) -> str:
    """Return the local day of an end, such as 2025-03-06; empty if unknown."""
    return "" if end is None else end.date().isoformat()


def as_moments(end: datetime) -> datetime:
    """Sort ends by moment."""
    return end


def as_days(end: datetime) -> datetime:
    """Sort ends by local day and time."""
    return end.replace(tzinfo=UTC)


def places_of_violence(reports: Iterable[ReportHistory]) -> list[Place]:
    """Return the distinct places of violence, those with a point first."""
    found = dict.fromkeys(place for each in reports if tier(each) == VIOLENCE for place in each.current.report.places)
    return sorted(found, key=lambda place: place.lat is None)


def shared_place(groups: Iterable[Iterable[ReportHistory]]) -> Mapping[str, str]:
    """Return the place of all groups of reports: the parts that all their places have in common.

    A group is one event. If its reports give one place in more and less detail, the most detailed counts; an event
    without a place has nothing in common with others.
    """
    return _in_common([_one_place(place for each in group for place in each.current.report.places) for group in groups])


def _one_place(places: Iterable[Place]) -> Mapping[str, str]:
    found = [place.set_members() for place in places]
    whole = (each for each in found if all(other.items() <= each.items() for other in found))
    return next(whole, None) or _in_common(found)


def _in_common(found: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the equal parts of all: areas from the country down, a point whole or not at all, and its precision."""

    def equal_parts(*names: str) -> dict[str, str]:
        distinct = {tuple(each.get(name) for name in names) for each in found}
        values = distinct.pop() if len(distinct) == 1 else ()
        return {name: value for name, value in zip(names, values, strict=False) if value is not None}

    common: dict[str, str] = {}
    for depth in range(len(AREAS)):
        common |= equal_parts(*AREAS[: depth + 1])
    common |= equal_parts(*POINT)
    return common | (equal_parts("precision") if common.keys() & {"name", *POINT} else {})


def figure(estimate: Estimate | Toll | None, end: str) -> int | None:
    """Return the figure of an end of an estimate, `lower`, `best` or `upper`; None if it has none."""
    found = getattr(estimate, end) if estimate is not None else None
    return None if found is None else found.figure
