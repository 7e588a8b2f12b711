"""Schema of the document of `state/1`."""

from typing import Literal

from pydantic import Field

from domain.documents.schemas.estimates import KeyEstimate
from domain.documents.schemas.parts import DocumentModel
from domain.reports.claims.claim import Scope
from domain.values.actors import Actor
from domain.values.places import Place


class DeclaredScope(Scope, frozen=True):
    """A scope of the incident, by the name that claims use."""

    name: str


class ActorsOfSide(DocumentModel):
    """Actors that reports put on one side; null where they say none."""

    side: str | None
    actors: list[Actor]


class CitedSource(DocumentModel):
    """A source of the incident, with its grade and how many of its reports count."""

    source: str
    name: str
    type: str
    speaks_for: str | None
    grade: str
    """Its reliability, A to F (Admiralty code)."""
    reports: int


class BlameEntry(DocumentModel):
    """A statement on responsibility, never a finding."""

    act: str
    """`claimed`, `denied` or `attributed`."""
    by: str | None
    whom: str | None
    event: str | None
    sources: list[str]


class DayLevel(DocumentModel):
    """A day and its level of escalation, 0 to 5."""

    day: str
    level: int


class EscalationSummary(DocumentModel):
    """The highest level with its first day, and the level of the last day that has one."""

    highest: DayLevel | None
    latest: DayLevel | None


class IncidentWhole(DocumentModel):
    """The members of a state but for its sentences."""

    incident: str
    title: str
    status: Literal["open", "closed"]
    utc_offset: str | None
    """In which its days begin and end; null where it has a time zone."""
    time_zone: str = Field(default="")
    """By which its days begin and end, where it has one."""
    period: str | None
    """As it was declared, in EDTF."""
    countries: list[str]
    """ISO 3166-1 alpha-2, or ISO 3166-3 for former ones."""
    scopes: list[DeclaredScope]
    merged: list[str]
    """Incidents that were merged into it."""
    places: list[Place]
    sides: list[ActorsOfSide]
    kinds: dict[str, int]
    """How many counting reports there are of each kind."""
    sources: list[CitedSource]
    blame: list[BlameEntry]
    escalation: EscalationSummary
    estimates: list[KeyEstimate]


class StateDocument(IncidentWhole):
    """The document of `state/1`."""

    sentences: list[str]
    """Estimates in plain words, each with its source and day."""
