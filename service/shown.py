"""One incident at a reading, as the files of analysts show it: its line in a list, its estimates, rows that came in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from domain import catalogue
from domain.claims import Key, latest
from domain.clocks import Span, ends_after, parse_occurred
from domain.estimates import Estimate, Policy
from domain.events import Event, events_of, local_day
from domain.incident.history import History, ReportHistory
from domain.listing import Listed
from domain.places import Place
from domain.populations import Population
from domain.present import VIOLENCE, listed
from domain.reading import Reading
from domain.report.kind import Tier
from domain.report.registry import KINDS
from domain.weighing import Weighed, weigh
from service.exporter import Folded
from service.verbatim import cells_of

TRIPLE = "triple/1"
"""The policy whose ends are low, best and high, whichever weighs the rest."""
EVERYONE = Population()


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
    def listed(self) -> Listed:
        """Return it as lists show it."""
        return listed(self.history, self.reading)

    @cached_property
    def weighed(self) -> Weighed:
        """Return all that counts."""
        return weigh(self.history, self.reading.reported_until)

    @cached_property
    def reports(self) -> Sequence[ReportHistory]:
        """Return the reports that count, in the order of their ids."""
        standing = list(self.history.standing(self.reading.reported_until))
        if len(standing) > 1:  # one alone is withdrawn by none
            standing = list(self.weighed.speaking.values())
        return sorted(standing, key=lambda each: each.ref)

    @property
    def events(self) -> Mapping[str, Event]:
        """Return what happened, by label."""
        return events_of(self.reports)

    @cached_property
    def happened(self) -> Span:
        """Return when its events happened, each end as it was said and none that was only worked out.

        Where no report says so, its declared period; None for an end that is open.
        """
        spans = [said for event in self.events.values() if (said := self.said(event)) is not None]
        if not spans:
            return Span(self.listed.occurred_from, self.listed.occurred_to)
        firsts, lasts = [span.earliest for span in spans], [span.latest for span in spans]
        return Span(
            None if None in firsts else min(filter(None, firsts)), None if None in lasts else max(filter(None, lasts))
        )

    def said(self, event: Event) -> Span | None:
        """Return when an event happened, in the words of the report whose time counts.

        An end that it leaves open, or puts after the report itself, is none: the end of the report was not said.
        """
        for each in event.reports:
            text = each.now.report.occurred
            if text is not None and event.span is not None and each.now.occurred is event.span:
                offset = self.history.homes[each.home].offset
                span = parse_occurred(text, offset)
                return Span(span.earliest, None) if ends_after(text, latest(each.reported), offset) else span
        return None

    def estimates(self, policy: Policy | None = None) -> Iterator[tuple[Key, Estimate]]:
        """Yield the estimate of each key, in canonical order; by another policy, if one is given."""
        for keyed in self.weighed.keyed:
            yield keyed.key, (policy or self.reading.policy).estimate(keyed.question)

    def triple(self) -> Mapping[Key, Estimate]:
        """Return low, best and high of each key."""
        return dict(self.estimates(catalogue.policy(TRIPLE)))

    def day(self, moment: datetime | None) -> str:
        """Return the day of a moment where the incident is, as 2025-03-06; nothing where it is not known."""
        return "" if moment is None else local_day(moment, self.history.offset).isoformat()

    def rows(self, source: str) -> list[dict[str, str]]:
        """Return the cells of the rows of a data set that it was imported from, verbatim: the last of each."""
        found = (each for each in self.reports if source in each.now.report.external_ids)
        latest = {each.now.report.external_ids[source]: each for each in sorted(found, key=lambda each: each.newness)}
        rows = (cells_of(each.now.report.attributes) for each in latest.values())
        return [row for row in rows if row]


def tier(report: ReportHistory) -> Tier:
    """Say what a report states, as it counts now."""
    return KINDS[report.now.report.kind].tier(report.now.report)


def places(reports: Iterable[ReportHistory]) -> list[Place]:
    """Return the places of violence, each once, those with a point first; where a speech was held is none."""
    found = dict.fromkeys(place for each in reports if tier(each) == VIOLENCE for place in each.now.report.places)
    return sorted(found, key=lambda place: place.lat is None)


def figure(estimate: Estimate | None, end: str) -> int | None:
    """Return the figure of an end of an estimate: lower, best or upper; None where there is none."""
    found = getattr(estimate, end) if estimate is not None else None
    return None if found is None else found.figure
