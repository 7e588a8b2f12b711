"""One incident as a list shows it, what of it may have moved, and what its reports say together."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from domain.reports.claims.claim import ClaimKey
from domain.summary.killed import Killed
from domain.summary.reference_counts import Moments, Tally
from domain.values.time.clocks import parse_offset
from domain.values.time.zones import TimeZone


@dataclass(frozen=True, slots=True)
class Listed:
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
    killed: Killed
    occurred_from: datetime | None
    occurred_to: datetime | None
    words: tuple[str, ...]

    @property
    def offset(self) -> tzinfo:
        """By which clock its days begin and end."""
        return self.time_zone.offset if self.time_zone else parse_offset(self.utc_offset)


class Moved(NamedTuple):
    """What may read otherwise since it was last asked: reports by id, keys with their estimates; and new inputs.

    `listed` says whether the incident may be listed otherwise; `in_events` are the measures of populations, as keys,
    of which something else may be said for single events.
    """

    reports: Collection[UUID] = ()
    keys: Collection[ClaimKey] = ()
    inputs: Collection[UUID] = ()
    listed: bool = True
    in_events: Collection[ClaimKey] = ()


@dataclass(slots=True)
class Tallies:
    """What the reports of an incident say, counted over those that speak."""

    kinds: Tally[str] = field(default_factory=Tally[str])
    actors: Tally[str] = field(default_factory=Tally[str])
    sources: Tally[str] = field(default_factory=Tally[str])
    tags: Tally[str] = field(default_factory=Tally[str])
    places: Tally[str] = field(default_factory=Tally[str])
    admin1s: Tally[str] = field(default_factory=Tally[str])
    points: Tally[tuple[str, str]] = field(default_factory=Tally[tuple[str, str]])
    starts: Moments = field(default_factory=Moments)
    ends: Moments = field(default_factory=Moments)
