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
from domain.facts.encoding import encode
from domain.facts.erasure import (
    ErasablePart,
)
from domain.facts.streams import NAMESPACE, POLICY_STREAM, incident_stream, source_stream
from domain.facts.union import (
    Fact,
    IncidentFact,
    PartsErased,
    PolicyAdopted,
    Recorded,
    ReportCorrected,
    ReportFiled,
    SourceFact,
)
from domain.history.history import History, history_of
from domain.incident import dispatch
from domain.incident import source_decisions as sources
from domain.incident import state as incidents
from domain.incident.commands import (
    CorrectReport,
    DeclareScope,
    FileReport,
    OpenIncident,
    ReinstateReport,
    RetractReport,
)
from domain.incident.dispatch import AnyCommand
from domain.incident.erasure import SealedParts
from domain.incident.refusals import ReportUnknown
from domain.incident.source_decisions import Source
from domain.incident.state import Incident
from domain.ledger.canonical import commitment, digest
from domain.reading import Document, Reading
from domain.values.sources import Registration, origin_of
from domain.values.time.clocks import parse_instant
from domain.values.time.zones import TimeZone
from tests.domain import clock_changes
from tests.domain.given import file_command

START = datetime(2025, 12, 1, tzinfo=UTC)


class Book:
    """An incident, its sources and what else concerns it, kept as a list of recorded facts."""

    def __init__(self, slug: str = "syria-coast-2025") -> None:
        self.slug = slug
        self.facts: list[Recorded] = []

    @property
    def stream(self) -> UUID:
        return incident_stream(self.slug)

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=len(self.facts))

    # the states that commands are decided against
    def incident(self, stream: UUID | None = None) -> Incident | None:
        return incidents.fold(cast("list[IncidentFact]", self._in(stream or self.stream)))

    def source(self, origin: str) -> Source | None:
        return sources.fold(cast("list[SourceFact]", self._in(source_stream(origin))))

    def adopted(self) -> str | None:
        facts = self._in(POLICY_STREAM)
        return cast("PolicyAdopted", facts[-1]).policy if facts else None

    def home_of(self, report_id: UUID) -> UUID:
        for each in self.facts:
            if isinstance(each.fact, ReportFiled) and each.fact.report_id == report_id:
                return each.stream
        raise ReportUnknown(report_id=report_id)

    def report_parts(self, report_id: UUID, home: UUID) -> Mapping[ErasablePart, tuple[int, ...]]:  # noqa: ARG002 - the protocol's
        """Return the positions of the facts about a report that have text, without those erased; nothing is sealed."""
        about = [each for each in self.facts if getattr(each.fact, "report_id", None) == report_id]
        erased = [each.fact for each in about if isinstance(each.fact, PartsErased)]
        gone = {position for fact in erased for position in fact.positions.get("text", ())}
        kept = [each for each in about if each.position not in gone and not isinstance(each.fact, PartsErased)]
        return {"text": tuple(each.position for each in kept if encode(each.fact).text is not None)}

    def report_origins(self, report_id: UUID, home: UUID) -> Iterable[str]:  # noqa: ARG002 - the protocol's
        for each in self.facts:
            if isinstance(each.fact, ReportFiled | ReportCorrected) and each.fact.report_id == report_id:
                yield origin_of(each.fact.report.source, each.fact.report.via)

    def sealed_by(self, origin: str) -> SealedParts | None:
        """Return the reports of a source, of which nothing is sealed."""
        found: dict[UUID, list[UUID]] = {}
        for each in self.facts:
            if isinstance(each.fact, ReportFiled) and each.fact.report.source == origin:
                found.setdefault(each.stream, []).append(each.fact.report_id)
        return SealedParts(0, found)

    def zone(self, name: str, window: tuple[int, int]) -> TimeZone:
        return clock_changes.zone(name, window)

    def _in(self, stream: UUID) -> list[Fact]:
        return [each.fact for each in self.facts if each.stream == stream]

    def do(self, command: AnyCommand, slug: str | None = None) -> list[Fact]:
        """Decide a command against what is recorded, and record what it makes.

        `slug` is the incident that it is asked of, where that is not the book's own.
        """
        moment = self.now
        named = self.stream if slug is None else incident_stream(slug)
        of_report = hasattr(command, "report_id") and not isinstance(command, FileReport)
        decided = dispatch.decide_command(self, command, moment, None if of_report else named)
        if isinstance(command, FileReport | CorrectReport):
            for origin, fact in sources.introductions(command.report).items():
                if not self._in(source_stream(origin)):
                    self.record(source_stream(origin), fact, moment)
        return [self.record(stream, fact, moment) for stream, fact in decided]

    def record(self, stream: UUID, fact: Fact, moment: datetime | None = None) -> Fact:
        """Put a fact at the end, without asking; all of one command have one stamp."""
        version = 1 + sum(each.stream == stream for each in self.facts)
        position = len(self.facts) + 1
        fact_id = uuid5(stream, str(version))
        self.facts.append(Recorded(position, fact_id, stream, version, moment or self.now, fact, _commitment(fact)))
        return fact

    def file(self, body: Mapping[str, object], report_id: str | None = None, slug: str | None = None) -> UUID:
        """File a report from a body as a client sends it."""
        name = report_id or str(body.get("report_id") or uuid5(NAMESPACE, f"report {len(self.facts)}"))
        self.do(file_command({"report_id": name, "report": dict(body)}), slug)
        return UUID(name)

    def history(self, position: int | None = None, slug: str | None = None) -> History:
        facts = [each for each in self.facts if position is None or each.position <= position]
        return history_of(facts, incident_stream(slug or self.slug))

    def read(
        self,
        view: str = "state/1",
        *,
        until: str | None = None,
        policy: str | None = None,
        position: int | None = None,
        slug: str | None = None,
    ) -> Document:
        """Answer a question from the book, by the policy in force unless another is named."""
        history = self.history(position, slug)
        weighed = catalogue.policy(policy or history.adopted_policy or catalogue.DEFAULT_POLICY)
        return catalogue.view(view).finish(history, Reading(parse_instant(until) if until else None, weighed))

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
            document = json.loads(line)
            if "kind" in document:
                name, body = "report", document
            else:
                ((name, body),) = document.items()
            body.pop("incident", None)
            yield name, body


COMMANDS: Mapping[str, type[Any]] = {
    "register": Registration,
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
