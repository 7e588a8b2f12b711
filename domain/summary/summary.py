"""One incident as a list shows it, what of it may have moved, and what its reports say together."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from domain.reports.claims.claim import Key
from domain.summary.killed import KilledSummary
from domain.summary.reference_counts import MomentRange, ReferenceCounts
from domain.values.time.clocks import parse_offset
from domain.values.time.zones import TimeZone


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """One incident as a list shows it. What is said of reports covers those that stand under it and speak.

    `level` is the highest of any day (escalation/1); `killed` what was said of those killed, with what each figure
    counts; `occurred_from` and `occurred_to` (UTC) bound its events, or else its declared period.
    `points` (latitude, longitude: decimal degrees as said) and `admin1s` are those of places of violence only: where a
    speech was held is no place of violence. `words` are what it is found by. Where it has a `time_zone`, its days are
    those of that, and `utc_offset` says nothing.
    """

    slug: str
    title: str
    status: str
    into: str | None
    countries: tuple[str, ...]
    period: str | None
    utc_offset: str
    time_zone: TimeZone | None
    kinds: tuple[str, ...]
    actors: tuple[str, ...]
    sources: tuple[str, ...]
    tags: tuple[str, ...]
    places: tuple[str, ...]
    admin1s: tuple[str, ...]
    points: tuple[tuple[str, str], ...]
    level: int | None
    killed: KilledSummary
    occurred_from: datetime | None
    occurred_to: datetime | None
    words: tuple[str, ...]

    @property
    def offset(self) -> tzinfo:
        """By which clock its days begin and end."""
        return self.time_zone.offset if self.time_zone else parse_offset(self.utc_offset)


class SummaryChanges(NamedTuple):
    """What may read otherwise since it was last asked: reports by id, keys with their estimates; and new inputs.

    `listed` says whether the incident may be listed otherwise; `in_events` are the measures of populations, as keys,
    of which something else may be said for single events.
    """

    reports: Collection[UUID] = ()
    keys: Collection[Key] = ()
    inputs: Collection[UUID] = ()
    summary: bool = True
    in_events: Collection[Key] = ()


@dataclass(slots=True)
class ReportCounts:
    """What the reports of an incident say, counted over those that speak."""

    kinds: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    actors: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    sources: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    tags: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    places: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    admin1s: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    points: ReferenceCounts[tuple[str, str]] = field(default_factory=ReferenceCounts[tuple[str, str]])
    starts: MomentRange = field(default_factory=MomentRange)
    ends: MomentRange = field(default_factory=MomentRange)
