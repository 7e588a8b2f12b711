"""Summary row of an incident, the changes that an update reports, and reference counts over reports."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from uuid import UUID

from msgspec import Struct

from domain.reports.claims.claim import ClaimKey
from domain.summary.killed import KilledSummary
from domain.summary.reference_counts import MomentRange, ReferenceCounts
from domain.values.time.clocks import parse_offset
from domain.values.time.zones import TimeZone


class IncidentSummary(Struct, frozen=True, gc=False):
    """One incident as a row of a list, aggregated over its counting reports.

    `level` is the highest of any day (escalation/1); `killed` has the tolls of those killed; `occurred_from` and
    `occurred_to` (UTC) bound its events, or else its declared period. `points` (latitude, longitude: decimal degrees as
    said) and `admin1s` are those of places of violence only. `words` are the search terms. Where `time_zone` is set, it
    replaces `utc_offset`.
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
        """Clock of its days."""
        return self.time_zone.offset if self.time_zone else parse_offset(self.utc_offset)


class SummaryChanges(Struct, frozen=True, gc=False):
    """Changes reported by an update: reports by id, estimates by key, and new input streams.

    `summary` says whether the summary row may have; `in_events` are keys of IncidentProjection.in_events.
    """

    reports: Collection[UUID] = ()
    keys: Collection[ClaimKey] = ()
    inputs: Collection[UUID] = ()
    summary: bool = True
    in_events: Collection[ClaimKey] = ()


@dataclass(slots=True)
class ReportCounts:
    """Reference counts over the counting reports of an incident."""

    kinds: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    actors: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    sources: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    tags: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    places: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    admin1s: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    points: ReferenceCounts[tuple[str, str]] = field(default_factory=ReferenceCounts[tuple[str, str]])
    starts: MomentRange = field(default_factory=MomentRange)
    ends: MomentRange = field(default_factory=MomentRange)
