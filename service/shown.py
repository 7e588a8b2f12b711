"""One incident at a reading, as the files of analysts show it: its line in a list, its estimates, rows that came in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from domain import catalogue
from domain.claims import Key
from domain.estimates import Estimate, Policy
from domain.events import Event, events_of, local_day
from domain.incident.history import History, ReportHistory
from domain.killed import Killed
from domain.listing import Listed
from domain.places import Place
from domain.populations import Population
from domain.present import VIOLENCE, listed
from domain.reading import Reading
from domain.report.kind import Tier
from domain.report.registry import KINDS
from domain.tolls import Toll
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
        """Return the reports that count, in the order in which they were said; of one moment, by what they say."""
        standing = list(self.history.standing(self.reading.reported_until))
        if len(standing) > 1:  # one alone is withdrawn by none
            standing = list(self.weighed.speaking.values())
        return sorted(standing, key=lambda each: each.newness)

    @property
    def events(self) -> Mapping[str, Event]:
        """Return what happened, by label."""
        return events_of(self.reports)

    def estimates(self, policy: Policy | None = None) -> Iterator[tuple[Key, Estimate]]:
        """Yield the estimate of each key, in canonical order; by another policy, if one is given."""
        for keyed in self.weighed.keyed:
            yield keyed.key, (policy or self.reading.policy).estimate(keyed.question)

    def triple(self) -> Mapping[Key, Estimate]:
        """Return low, best and high of each key."""
        return dict(self.estimates(catalogue.policy(TRIPLE)))

    def killed(self) -> Killed:
        """Return what was said of those killed in it and in its parts, by low, best and high."""
        return listed(self.history, Reading(self.reading.reported_until, catalogue.policy(TRIPLE))).killed

    def day(self, moment: datetime | None) -> str:
        """Return the day of a moment where the incident is, as 2025-03-06; nothing where it is not known."""
        return "" if moment is None else local_day(moment, self.history.offset).isoformat()

    def rows(self, source: str) -> list[dict[str, str]]:
        """Return the cells of the rows of a data set that it was imported from, verbatim: the last of each.

        Rows of incidents that were merged or moved in come beside its own.
        """
        found = (each for each in self.reports if source in each.now.report.external_ids)
        newest_last = sorted(found, key=lambda each: each.newness)
        latest = {(each.home, each.now.report.external_ids[source]): each for each in newest_last}
        rows = (cells_of(each.now.report.attributes) for each in latest.values())
        return [row for row in rows if row]


def tier(report: ReportHistory) -> Tier:
    """Say what a report states, as it counts now."""
    return KINDS[report.now.report.kind].tier(report.now.report)


def places(reports: Iterable[ReportHistory]) -> list[Place]:
    """Return the places of violence, each once, those with a point first; where a speech was held is none."""
    found = dict.fromkeys(place for each in reports if tier(each) == VIOLENCE for place in each.now.report.places)
    return sorted(found, key=lambda place: place.lat is None)


def figure(estimate: Estimate | Toll | None, end: str) -> int | None:
    """Return the figure of an end of an estimate: lower, best or upper; None where there is none."""
    found = getattr(estimate, end) if estimate is not None else None
    return None if found is None else found.figure
