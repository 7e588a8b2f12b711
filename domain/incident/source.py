"""A source as a stream of its own: registered, and graded anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from domain.incident.facts import SourceFact, SourceGraded, SourceRegistered
from domain.report.kind import Report
from domain.sources import AnonymousSource, Registration, Reliability, default_registration, origin_of


@dataclass(frozen=True, slots=True)
class Source:
    """The state that commands about a source are decided against."""

    origin: str
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    version: int = 1


def register(source: Source | None, command: Registration) -> list[SourceFact]:
    """Return the facts a registration makes: none where it says what is held, a grade where only that is new."""
    if source is not None:
        described = (command.name, command.type, command.speaks_for) == (source.name, source.type, source.speaks_for)
        if described and command.reliability == source.reliability:
            return []
        if described:
            return [SourceGraded(origin=source.origin, reliability=command.reliability)]
    return [_registered(command.slug, command)]


def introductions(report: Report) -> dict[str, SourceRegistered]:
    """Return, by origin, how the source and the relays of a report register themselves where they are not known yet."""
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


def evolve(source: Source | None, fact: SourceFact) -> Source:
    """Return the state after a fact. Never refuses."""
    version = source.version + 1 if source else 1
    match fact:
        case SourceRegistered():
            return Source(fact.origin, fact.name, fact.type, fact.reliability, fact.speaks_for, version)
        case SourceGraded():
            if source is None:
                raise ValueError("the first fact of a source is its registration")
            return Source(source.origin, source.name, source.type, fact.reliability, source.speaks_for, version)
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
