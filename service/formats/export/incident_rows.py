"""One incident at a reading, as the files of analysts show it: its line in a list, its estimates, rows that came in."""

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
from domain.reports.claims.claim import END, Key, latest
from domain.reports.kind import Tier
from domain.reports.registry import KINDS
from domain.summary.incident_projection import VIOLENCE, summarize
from domain.summary.killed import KilledSummary
from domain.summary.summary import IncidentSummary
from domain.summary.tolls import Toll
from domain.values.places import Place
from domain.values.populations import Population
from domain.values.time.clocks import Span, parse_occurred
from service.formats.coded.verbatim_cells import cells_of
from service.formats.exporter import Folded

UNSURE = frozenset("?~%")
"""How a date of EDTF ends that is uncertain, approximate, or both."""
OPEN_ENDS = ("..", "")
"""What stands for an end of an interval that is open or not known."""
AREAS = ("country", "admin1", "admin2", "name")
"""What a place is called, the widest first: two of one name are one only where all that is wider reads alike."""
POINT = ("lat", "lon")
TRIPLE = "triple/1"
"""The policy whose ends are low, best and high, whichever weighs the rest."""
EVERYONE = Population()


class When(NamedTuple):
    """When something happened, as it was said: its ends, None where open or not said.

    Each end is by the clock of the incident that it was said under, wherever that is shown, and so is its day. `sure`
    is whether all of it was said without an “about” or a doubt; None where nothing was.
    """

    first: datetime | None = None
    last: datetime | None = None
    sure: bool | None = None


@dataclass
class Shown:
    """An incident at a reading; what is asked of it is worked out once."""

    history: History
    reading: Reading

    @classmethod
    def of(cls, folded: Folded, reading: Reading) -> "Shown":
        """Return a folded incident at a reading."""
        return cls(folded.history, reading)

    @cached_property
    def listed(self) -> IncidentSummary:
        """Return it as lists show it."""
        return summarize(self.history, self.reading)

    @cached_property
    def weighed(self) -> ClaimSnapshot:
        """Return all that counts."""
        return snapshot_claims(self.history, self.reading.reported_until)

    @cached_property
    def reports(self) -> Sequence[ReportHistory]:
        """Return the reports that count, in the order in which they were said; of one moment, by what they say."""
        standing = list(self.history.standing_reports(self.reading.reported_until))
        if len(standing) > 1:  # one alone is withdrawn by none
            standing = list(self.weighed.counting.values())
        return sorted(standing, key=lambda each: each.newness)

    @cached_property
    def events(self) -> Mapping[str, Event]:
        """Return what happened, by label."""
        return events_of(self.reports)

    def estimates(self, policy: Policy | None = None) -> Iterator[tuple[Key, Estimate]]:
        """Yield the estimate of each key, in canonical order; by another policy, if one is given."""
        for keyed in self.weighed.by_key:
            yield keyed.key, (policy or self.reading.policy).estimate(keyed.policy_input)

    def triple(self) -> Mapping[Key, Estimate]:
        """Return low, best and high of each key."""
        return dict(self.estimates(catalogue.policy(TRIPLE)))

    def killed(self) -> KilledSummary:
        """Return what was said of those killed in it and in its parts, by low, best and high."""
        return summarize(self.history, Reading(self.reading.reported_until, catalogue.policy(TRIPLE))).killed

    @property
    def violence(self) -> Sequence[Sequence[ReportHistory]]:
        """Return the reports that count and state violence, by event; of one that none tells more than once, alone."""
        found: dict[str, list[ReportHistory]] = {}
        for each in self.reports:
            if tier(each) == VIOLENCE:
                found.setdefault(each.current.event or each.ref, []).append(each)
        return list(found.values())

    def occurred(self, events: Iterable[Event], order: Callable[[datetime], datetime], home: str | None = None) -> When:
        """Return when events happened together: an end that one of them leaves open is that of the declared period.

        It stays open where there is none, or where another event lies beyond it. `order` says of two ends which comes
        first: by moment (`as_moments`), or by the days of their own clocks (`as_days`). `home` is the slug of the
        incident whose events they are, where that is another.
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
        return When(first, last, all(each.sure for each in found))

    @cached_property
    def bounds(self) -> When:
        """Return the first and the last moment of all events, or else of the declared period."""
        return self.occurred(self.events.values(), as_moments)

    @cached_property
    def days(self) -> When:
        """Return the ends of the first and the last day of all events, or else of the declared period."""
        return self.occurred(self.events.values(), as_days)

    def when(self, event: Event) -> When:
        """Return when an event happened, in the words of the report that tells it most narrowly.

        An end that is open, or that is put wholly after the report itself, is none; and so is a day that is.
        """
        found: list[When] = []
        for each in event.reports:
            text = each.current.report.occurred
            if text is not None and event.span is not None and each.current.occurred == event.span:
                found.append(_said(text, self.history.incidents[each.home].offset, latest(each.reported)))
        return min(found, key=lambda each: (each.last is None, each.last or END, not each.sure), default=When())

    def period(self, home: str | None = None) -> When:
        """Return the declared period; of another incident that is shown here, by its slug, if one is given."""
        of = self.history.incident(home)
        if of.period is None:
            return When()
        span = parse_occurred(of.period, of.offset)
        return _when(span.earliest, span.latest, of.period, of.offset)

    def rows(self, source: str) -> list[dict[str, str]]:
        """Return the cells of the rows of a data set that it was imported from, verbatim: the last of each.

        Rows of incidents that were merged or moved in come beside its own.
        """
        found = (each for each in self.reports if source in each.current.report.external_ids)
        newest_last = sorted(found, key=lambda each: each.newness)
        latest = {(each.home, each.current.report.external_ids[source]): each for each in newest_last}
        rows = (cells_of(each.current.report.attributes) for each in latest.values())
        return [row for row in rows if row]


def tier(report: ReportHistory) -> Tier:
    """Say what a report states, as it counts now."""
    return KINDS[report.current.report.kind].tier(report.current.report)


def _said(text: str, offset: tzinfo, told: datetime) -> When:
    """Return what a text says of when something happened that was told at a moment."""
    span, sides = parse_occurred(text, offset), text.split("/")
    if span.earliest is not None and span.earliest > told:
        return When()
    ends = parse_occurred(sides[-1], offset) if sides[-1] not in OPEN_ENDS else Span(None, None)
    last = None if ends.earliest is None or ends.earliest > told else ends.latest
    return _when(span.earliest, last, text, offset)


def _when(first: datetime | None, last: datetime | None, text: str, offset: tzinfo) -> When:
    began, ended = (None if end is None else end.astimezone(offset) for end in (first, last))
    return When(began, ended, not UNSURE & set(text))


def day(end: datetime | None) -> str:
    """Return the day of an end by its own clock, as 2025-03-06; nothing where it is not known."""
    return "" if end is None else end.date().isoformat()


def as_moments(end: datetime) -> datetime:
    """Order ends by the moment."""
    return end


def as_days(end: datetime) -> datetime:
    """Order ends by the day, and the time of day, that their own clocks show."""
    return end.replace(tzinfo=UTC)


def places(reports: Iterable[ReportHistory]) -> list[Place]:
    """Return the places of violence, each once, those with a point first; where a speech was held is none."""
    found = dict.fromkeys(place for each in reports if tier(each) == VIOLENCE for place in each.current.report.places)
    return sorted(found, key=lambda place: place.lat is None)


def shared_place(groups: Iterable[Iterable[ReportHistory]]) -> Mapping[str, str]:
    """Return the place of all groups of reports: of several places only what they have in common.

    A group is one event. Where its reports say more and less of one place, it is the place of which most is said; an
    event of which no place is said has nothing in common with others.
    """
    return _in_common([_one_place(place for each in group for place in each.current.report.places) for group in groups])


def _one_place(places_: Iterable[Place]) -> Mapping[str, str]:
    found = [place.model_dump(exclude_none=True) for place in places_]
    whole = (each for each in found if all(other.items() <= each.items() for other in found))
    return next(whole, None) or _in_common(found)


def _in_common(found: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return what reads alike in all: areas from the country down, a point whole or not at all, and its precision."""

    def alike(*names: str) -> dict[str, str]:
        said = {tuple(each.get(name) for name in names) for each in found}
        values = said.pop() if len(said) == 1 else ()
        return {name: value for name, value in zip(names, values, strict=False) if value is not None}

    common: dict[str, str] = {}
    for wide in range(len(AREAS)):
        common |= alike(*AREAS[: wide + 1])
    common |= alike(*POINT)
    return common | (alike("precision") if common.keys() & {"name", *POINT} else {})


def figure(estimate: Estimate | Toll | None, end: str) -> int | None:
    """Return the figure of an end of an estimate: lower, best or upper; None where there is none."""
    found = getattr(estimate, end) if estimate is not None else None
    return None if found is None else found.figure
