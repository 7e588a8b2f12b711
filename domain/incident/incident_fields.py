"""Fields of an incident itself: title, period, scopes, open or closed, held or not, and what it was merged into."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import assert_never

from domain.facts.union import (
    CollectionChanged,
    EstimatePublished,
    IncidentAmended,
    IncidentClosed,
    IncidentMerged,
    IncidentOpened,
    IncidentReopened,
    IncidentUnmerged,
    LegalHoldLifted,
    LegalHoldPlaced,
    PartsErased,
    ScopeDeclared,
)
from domain.reports.claims.claim import Scope
from domain.values.collections import PUBLIC
from domain.values.time.clocks import parse_offset
from domain.values.time.zones import TimeZone

IncidentFieldFact = (
    IncidentOpened
    | IncidentAmended
    | IncidentClosed
    | IncidentReopened
    | IncidentMerged
    | IncidentUnmerged
    | CollectionChanged
    | ScopeDeclared
    | EstimatePublished
    | PartsErased
    | LegalHoldPlaced
    | LegalHoldLifted
)


@dataclass(slots=True)
class IncidentFields:
    """Fields of an incident, for deciding and for views; `into` is the slug of the one that it was merged into.

    `is_held` says that it is under a legal hold.
    """

    slug: str = ""
    title: str = ""
    utc_offset: str = "Z"
    offset: tzinfo = UTC
    time_zone: TimeZone | None = None
    period: str | None = None
    countries: tuple[str, ...] = ()
    collection: str = PUBLIC
    is_open: bool = True
    is_held: bool = False
    into: str | None = None
    version: int = 0
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])

    def apply(self, fact: IncidentFieldFact) -> None:
        """Apply a fact about the incident itself. Never refuses: a fact has happened."""
        match fact:
            case IncidentOpened():
                self.slug, self.title, self.period, self.countries = fact.slug, fact.title, fact.period, fact.countries
                self.utc_offset, self.offset = fact.utc_offset, parse_offset(fact.utc_offset)
                self._set_time_zone(fact.time_zone)
                self.collection = fact.collection or PUBLIC
            case IncidentAmended():
                self.title = fact.title or self.title
                self.period = fact.period if "period" in fact.model_fields_set else self.period
                self.countries = self.countries if fact.countries is None else fact.countries
                self._set_time_zone(fact.time_zone)
            case IncidentClosed():
                self.is_open = False
            case IncidentReopened():
                self.is_open = True
            case IncidentMerged():
                self.into = fact.into if fact.incident == self.slug else self.into
            case IncidentUnmerged():
                self.into = None if fact.incident == self.slug else self.into
            case CollectionChanged():
                self.collection = fact.collection
            case ScopeDeclared():
                self.scopes[fact.name] = fact.scope
            case LegalHoldPlaced():
                self.is_held = True
            case LegalHoldLifted():
                self.is_held = False
            case EstimatePublished() | PartsErased():
                pass  # neither changes a field
            case _:  # pragma: no cover - the checker proves it
                assert_never(fact)

    def _set_time_zone(self, zone: TimeZone | None) -> None:
        if zone is not None:
            self.time_zone, self.offset = zone, zone.offset
