"""Decisions on sources (register, grade, same origin) and on the policy in force; the state of a source."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from domain.facts.stored_shape import (
    note,
)
from domain.facts.union import (
    PolicyAdopted,
    SameOriginStated,
    SameOriginUndone,
    SourceFact,
    SourceGraded,
    SourceHoldLifted,
    SourceHoldPlaced,
    SourcePartsErased,
    SourceRegistered,
)
from domain.incident import refusals
from domain.incident.commands import AdoptPolicy, StateSameOrigin, UndoSameOrigin
from domain.reports.kind import Report
from domain.values.sources import (
    AnonymousSource,
    Introduction,
    Registration,
    Reliability,
    default_registration,
    origin_of,
)


@dataclass(frozen=True, slots=True)
class Source:
    """The state that commands about a source are decided against."""

    origin: str
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    version: int = 1
    same_origins: frozenset[str] = frozenset()
    """The origins that it is stated to be one with."""
    is_held: bool = False
    """Whether it is under a legal hold."""

    def equals_registration(self, registered: SourceRegistered) -> bool:
        """Say whether name, type, grade and `speaks_for` equal those of a registration."""
        registration_fields = (registered.name, registered.type, registered.reliability, registered.speaks_for)
        return (self.name, self.type, self.reliability, self.speaks_for) == registration_fields


def register(source: Source | None, command: Registration) -> list[SourceFact]:
    """Return the facts of a registration: none where nothing is new, a grade where only the grade is new.

    An introduction changes no source that was registered with more than its slug.
    """
    if source is not None:
        default = _registered(source.origin, default_registration(command.slug))
        if isinstance(command, Introduction) and not source.equals_registration(default):
            return []
        same_description = (command.name, command.type, command.speaks_for) == (
            source.name,
            source.type,
            source.speaks_for,
        )
        if same_description and command.reliability == source.reliability:
            return []
        if same_description:
            return [SourceGraded(origin=source.origin, reliability=command.reliability)]
    return [_registered(command.slug, command)]


def cited_origins(report: Report) -> Iterable[str]:
    """Return the origins that a report names, each once: its source's, and its relays."""
    origin = origin_of(report.source, report.via)
    return dict.fromkeys((origin, *report.via)) if report.via else (origin,)


def introductions(report: Report) -> dict[str, SourceRegistered]:
    """Return, by origin, the default registrations of the source and the relays of a report."""
    found = {slug: _registered(slug, default_registration(slug)) for slug in report.via}
    origin = origin_of(report.source, report.via)
    if isinstance(report.source, AnonymousSource):
        unnamed = report.source
        found[origin] = SourceRegistered(
            origin=origin,
            name=unnamed.anonymous,
            type=unnamed.type,
            reliability="F",
            speaks_for=unnamed.speaks_for,
        )
    else:
        found[origin] = _registered(origin, default_registration(origin))
    return found


def adopt(adopted: str | None, command: AdoptPolicy) -> PolicyAdopted:
    """Adopt a policy, where `adopted` is not it already; the fact goes into the stream `policy`."""
    if adopted == command.policy:
        raise refusals.NothingChanged(what="the policy in force")
    return PolicyAdopted(policy=command.policy, text=note(command.reason))


def same_origin(one: Source, other: Source, command: StateSameOrigin) -> SameOriginStated:
    """Declare two sources one origin; the fact goes into the streams of both."""
    if other.origin in one.same_origins:
        raise refusals.NothingChanged(what=f"“{one.origin}” and “{other.origin}”")
    return SameOriginStated(origins=command.origins, text=note(command.reason))


def undo_same_origin(one: Source, other: Source, command: UndoSameOrigin) -> SameOriginUndone:
    """Undo the declaration that two sources are one origin; the fact goes into the streams of both."""
    if other.origin not in one.same_origins:
        raise refusals.NothingChanged(what=f"“{one.origin}” and “{other.origin}”")
    return SameOriginUndone(origins=command.origins, text=note(command.reason))


def evolve(source: Source | None, fact: SourceFact) -> Source:
    """Return the state after a fact. Never refuses."""
    if isinstance(fact, SourceRegistered):
        registered = Source(fact.origin, fact.name, fact.type, fact.reliability, fact.speaks_for)
        if source is None:
            return registered
        kept = {"same_origins": source.same_origins, "is_held": source.is_held}
        return replace(registered, version=source.version + 1, **kept)
    if source is None:
        raise ValueError("the first fact of a source is its registration")
    after = replace(source, version=source.version + 1)
    match fact:
        case SourceGraded():
            return replace(after, reliability=fact.reliability)
        case SameOriginStated():
            return replace(after, same_origins=source.same_origins.union(fact.origins) - {source.origin})
        case SameOriginUndone():
            return replace(after, same_origins=source.same_origins.difference(fact.origins))
        case SourceHoldPlaced():
            return replace(after, is_held=True)
        case SourceHoldLifted():
            return replace(after, is_held=False)
        case SourcePartsErased():
            return after
        case _:  # pragma: no cover - the checker proves it
            assert_never(fact)


def fold(facts: Iterable[SourceFact]) -> Source | None:
    """Return the state after all `facts`, None if there are none."""
    source: Source | None = None
    for fact in facts:
        source = evolve(source, fact)
    return source


def _registered(origin: str, registration: Registration) -> SourceRegistered:
    return SourceRegistered(
        origin=origin,
        name=registration.name,
        type=registration.type,
        reliability=registration.reliability,
        speaks_for=registration.speaks_for,
    )
