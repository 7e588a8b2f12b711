"""The events of an incident, each as the reports that count tell it; and the local day on which something falls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone

from domain.clocks import Span
from domain.estimates import End
from domain.incident.history import ReportHistory
from domain.report.registry import KINDS

TIERS = ("none", "easing", "tension", "violence")
"""From the least to the most: an event is of the highest tier that a report of it states."""


@dataclass(slots=True)
class Event:
    """One occurrence, as the reports that count tell it.

    `span` (UTC) is the narrowest `occurred` among them. `least` is the greatest
    least number of dead that an eligible claim gives for it, if it lies within one day.
    """

    label: str
    reports: Sequence[ReportHistory]
    span: Span | None
    least: End | None = None

    @property
    def tier(self) -> str:
        """The highest tier that a report of it states."""
        return max((KINDS[each.now.report.kind].tier(each.now.report) for each in self.reports), key=TIERS.index)


def events_of(reports: Iterable[ReportHistory]) -> dict[str, Event]:
    """Return the events, by label, in the order of their labels."""
    told: dict[str, list[ReportHistory]] = {}
    for report in reports:
        if report.now.event is not None:
            told.setdefault(report.now.event, []).append(report)
    return {label: Event(label, (own := sorted(told[label], key=_ref)), _narrowest(own)) for label in sorted(told)}


def _ref(report: ReportHistory) -> str:
    return report.ref


def _narrowest(reports: Sequence[ReportHistory]) -> Span | None:
    """Return the narrowest `occurred` among the reports of an event; ties go to the earlier, then to the report id.

    What has no beginning is wider than all that has one.
    """
    ranked = [
        (
            (
                span.earliest is None,
                span.latest - (span.earliest or span.latest),
                span.earliest or span.latest,
                each.ref,
            ),
            span,
        )
        for each in reports
        if (span := each.now.occurred) is not None and span.latest is not None
    ]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def local_day(moment: datetime, offset: timezone) -> date:
    """Return the day of a moment in the incident's offset."""
    return moment.astimezone(offset).date()
