"""Given/when/then for the domain: a book of facts in memory, numbered and stamped as the log would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid5

from domain import catalogue
from domain.clocks import parse_instant
from domain.incident import incident as incidents
from domain.incident import source as sources
from domain.incident.commands import (
    Command,
    CorrectReport,
    DeclareScope,
    FileReport,
    OpenIncident,
    ReinstateReport,
    RetractReport,
)
from domain.incident.facts import (
    NAMESPACE,
    Fact,
    IncidentFact,
    Recorded,
    SourceFact,
    encode,
    incident_stream,
    source_stream,
)
from domain.incident.history import History, history_of
from domain.incident.incident import Incident
from domain.ledger.canonical import commitment, digest
from domain.reading import Document, Reading
from domain.sources import Registration

START = datetime(2025, 12, 1, tzinfo=UTC)


class Book:
    """One incident and its sources, kept as a list of recorded facts."""

    def __init__(self, slug: str = "syria-coast-2025") -> None:
        self.slug = slug
        self.facts: list[Recorded] = []

    @property
    def stream(self) -> UUID:
        return incident_stream(self.slug)

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=len(self.facts))

    def incident(self) -> Incident | None:
        own = [each.fact for each in self.facts if each.stream == incident_stream(self.slug)]
        return incidents.fold(cast("list[IncidentFact]", own))

    def do(self, command: Command | Registration) -> list[Fact]:
        """Decide a command against what is recorded, and record what it makes."""
        if isinstance(command, Registration):
            stream = source_stream(command.slug)
            known = [each.fact for each in self.facts if each.stream == stream]
            made: list[Fact] = list(sources.register(sources.fold(cast("list[SourceFact]", known)), command))
            return [self.record(stream, fact) for fact in made]
        moment = self.now
        decided = incidents.decide(self.incident(), command, moment)
        if isinstance(command, FileReport | CorrectReport):
            for origin, fact in sources.introductions(command.report).items():
                if not any(each.stream == source_stream(origin) for each in self.facts):
                    self.record(source_stream(origin), fact, moment)
        return [self.record(incident_stream(self.slug), fact, moment) for fact in decided]

    def record(self, stream: UUID, fact: Fact, moment: datetime | None = None) -> Fact:
        """Put a fact at the end, without asking; all of one command have one stamp."""
        version = 1 + sum(each.stream == stream for each in self.facts)
        position = len(self.facts) + 1
        fact_id = uuid5(stream, str(version))
        self.facts.append(Recorded(position, fact_id, stream, version, moment or self.now, fact, _commitment(fact)))
        return fact

    def file(self, body: Mapping[str, object], report_id: str | None = None) -> UUID:
        """File a report from a body as a client sends it."""
        name = report_id or str(body.get("report_id") or uuid5(NAMESPACE, f"report {len(self.facts)}"))
        self.do(FileReport.model_validate({"report_id": name, "report": dict(body)}))
        return UUID(name)

    def history(self, position: int | None = None) -> History:
        return history_of(each for each in self.facts if position is None or each.position <= position)

    def read(
        self,
        view: str = "state/1",
        *,
        until: str | None = None,
        policy: str = "range/1",
        position: int | None = None,
    ) -> Document:
        """Answer a question from the book."""
        reading = Reading(parse_instant(until) if until else None, catalogue.policy(policy))
        return catalogue.view(view).finish(self.history(position), reading)

    def digest(self, view: str = "state/1", **reading: Any) -> str:
        return digest(self.read(view, **reading))

    def estimate(self, measure: str, population: Mapping[str, object], scope: str, **reading: Any) -> dict[str, Any]:
        """Return the estimate of one key, or fail."""
        found = [
            each
            for each in cast("list[dict[str, Any]]", self.read("state/1", **reading)["estimates"])
            if (each["measure"], each["population"], each["scope"], each["manner"])
            == (measure, population, scope, None)
        ]
        assert len(found) == 1, f"{len(found)} estimates of {measure} {population} {scope}"
        return found[0]


def _commitment(fact: Fact) -> str | None:
    """Commit to the free text of a fact; the salt follows from the content, so it is the same at every position."""
    parts = encode(fact)
    if parts.text is None:
        return None
    return commitment("text", hashlib.sha256(parts.state).digest(), parts.text).hex()


def open_book(slug: str = "syria-coast-2025", **fields: Any) -> Book:
    """Open an incident with the settings of the sample."""
    book = Book(slug)
    settings = {"title": "Violence", "utc_offset": "+03:00", "period": "2025-03-06/2025-03-10", **fields}
    book.do(OpenIncident.model_validate({"slug": slug, **settings}))
    return book


def lines(folder: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield the commands of a sample: what is asked, and its body."""
    for file in sorted(folder.glob("*.ndjson")):
        for line in file.read_text("utf-8").splitlines():
            ((name, body),) = json.loads(line).items()
            yield name, body


COMMANDS: Mapping[str, type[Any]] = {
    "source": Registration,
    "open": OpenIncident,
    "scope": DeclareScope,
    "correction": CorrectReport,
    "retraction": RetractReport,
    "reinstatement": ReinstateReport,
}


def load(folder: Path) -> Book:
    """Record a whole sample in a book."""
    book = Book(folder.name)
    for name, body in lines(folder):
        if name == "report":
            book.file(body)
        else:
            book.do(COMMANDS[name].model_validate(body))
    return book
