"""Makes up what curators ask of a few incidents that have much to do with one another: few sources, keys and days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    DisputeReport,
    FileReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    ReopenIncident,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.incident.dispatch import AnyCommand
from domain.incident.refusals import Refusal
from domain.values.sources import Registration
from service.eventstore.writer import Acknowledgement, WriteRequest
from tests.domain.given import file_command

SOURCES = ("sohr", "snhr", "reuters", "rudaw", "sana")
UNNAMED = "anonymous:a security source|wion"
MEASURES = ("killed", "killed", "killed", "injured")
POPULATIONS: tuple[dict[str, Any], ...] = ({}, {"status": ["civilian"]}, {"status": ["civilian"], "group": ["alawite"]})
DAYS = ("2025-03-06", "2025-03-07", "2025-03-08", "2025-03-09")
PLACES = (("Jableh", "35.3612", "35.9256"), ("Baniyas", "35.1823", "35.9403"), ("Mazzah", "33.5043", "36.2437"))
EVENTS = ("al-haffa", "jableh")
_MOST_INCIDENTS = 7
_HASH = bytes(32)

_SHARES = {
    "report": 30,
    "correct": 5,
    "retract": 6,
    "reinstate": 3,
    "assess": 4,
    "dispute": 3,
    "move": 9,
    "merge": 6,
    "unmerge": 4,
    "rescope": 5,
    "grade": 6,
    "same": 4,
    "apart": 3,
    "policy": 2,
    "amend": 3,
    "scope": 2,
    "close": 1,
    "reopen": 2,
}


@dataclass(slots=True)
class Curators:
    """Ask one thing after another; many of them are refused, as such things are."""

    chance: Random
    slugs: list[str] = field(default_factory=list[str])
    reports: dict[UUID, str | None] = field(default_factory=dict[UUID, str | None])

    def asked(self) -> WriteRequest:
        """Return the next thing that is asked."""
        chance = self.chance
        if not self.slugs or (len(self.slugs) < _MOST_INCIDENTS and chance.random() < 0.05):
            return self._opening()
        what = chance.choices([*_SHARES], [*_SHARES.values()])[0]
        if what == "report" or not self.reports:
            return self._write(self._filed(), chance.choice(self.slugs))
        command, of_incident = self._curated(what)
        return self._write(command, chance.choice(self.slugs) if of_incident else None)

    def learn(self, write: WriteRequest, answer: Acknowledgement | Refusal) -> None:
        """Hear what came of what was asked: a report that was taken may be judged, moved and corrected."""
        if isinstance(write.command, FileReport) and isinstance(answer, Acknowledgement):
            self.reports[write.fact_id] = write.command.report.reported_at

    def _write(self, command: AnyCommand, slug: str | None = None) -> WriteRequest:
        named = None if slug is None else incident_stream(slug)
        fact_id = command.report_id if isinstance(command, FileReport) else self._id()
        return WriteRequest(command, fact_id, _HASH, named)

    def _opening(self) -> WriteRequest:
        slug = f"incident-{len(self.slugs)}-{self.chance.randrange(10**9)}"
        self.slugs.append(slug)
        scope = DeclareScope.model_validate({"name": "coast", "label": "the coast", "event": "al-haffa"})
        offset = self.chance.choice(["Z", "+03:00"])
        return self._write(OpenIncident(slug=slug, title=f"Violence, {slug}", utc_offset=offset, scopes=(scope,)))

    def _filed(self) -> FileReport:
        return file_command({"report_id": self._id(), "report": self._report()})

    def _report(self) -> dict[str, Any]:
        chance = self.chance
        unnamed: dict[str, Any] = {"source": {"anonymous": "a security source", "type": "official"}, "via": ["wion"]}
        named: dict[str, Any] = {"source": chance.choice(SOURCES), "via": chance.choice([[], [], ["wion"]])}
        body = unnamed if chance.random() < 0.1 else named
        name, lat, lon = chance.choice(PLACES)
        kind = chance.choice([{"kind": "toll_revised"}] * 3 + [{"kind": "attack_launched", "method": "ambush"}])
        blame = {"kind": "responsibility_stated", "act": chance.choice(["claimed", "denied"])}
        return {
            **body,
            **(blame if chance.random() < 0.1 else kind),
            "reported_at": chance.choice(DAYS),
            "occurred": chance.choice(DAYS[:2]),
            "event": chance.choice([*EVENTS, None]),
            "complete": chance.random() < 0.05,
            "places": [{"name": name, "country": "SY", "admin1": "Latakia", "lat": lat, "lon": lon}],
            "tags": chance.sample(["siege", "funeral", "curfew"], chance.randrange(3)),
            "text": {"summary": f"As it was told: {chance.randrange(5)}."},
            "claims": [self._claim(str(number)) for number in range(1, chance.randint(1, 3) + 1)],
        }

    def _claim(self, number: str) -> dict[str, Any]:
        chance = self.chance
        words = chance.choice(["dozens", "at least 340", "up to 830", "1,383", "12", "300 to 340", "none"])
        return {
            "id": number,
            "measure": chance.choice(MEASURES),
            "population": POPULATIONS[int(number) - 1],
            "scope": chance.choice(["incident", "incident", "coast", None]),
            "count": {"verbatim": words},
        }

    def _curated(self, what: str) -> tuple[AnyCommand, bool]:
        """Make a command; says whether an incident is named with it."""
        chance, slug = self.chance, self.chance.choice(self.slugs)
        of_report = self._judged(what, chance.choice([*self.reports]), chance.choice([None, None, "1", "2"]), slug)
        if of_report is not None:
            return of_report, what == "rescope"
        one, other = sorted(chance.sample([*SOURCES, UNNAMED], 2))
        match what:
            case "same":
                return StateSameOrigin(origins=(one, other)), False
            case "apart":
                return UndoSameOrigin(origins=(one, other)), False
            case "grade":
                return _graded(chance.choice(SOURCES), chance.choice("ABCEF")), False
            case "policy":
                return AdoptPolicy(policy=chance.choice(sorted(catalogue.POLICIES))), False
            case _:
                return self._whole(what, slug), True

    def _judged(self, what: str, report: UUID, claim: str | None, slug: str) -> AnyCommand | None:
        """Make a command about a report, if `what` is one."""
        chance = self.chance
        body: dict[str, Any] = {"report_id": report, "claim": claim}
        content = {**self._report(), "reported_at": self.reports[report]}
        correction: dict[str, Any] = {"report_id": report, "cause": "transcription", "report": content}
        refs = (f"{report}#{claim or 1}",)
        made: dict[str, Callable[[], AnyCommand]] = {
            "correct": lambda: CorrectReport.model_validate(correction),
            "retract": lambda: RetractReport(**body, by="recorder"),
            "reinstate": lambda: ReinstateReport(**body),
            "assess": lambda: AssessReport(**body, credibility=chance.randint(1, 6)),
            "dispute": lambda: DisputeReport(**body, disputed=chance.random() < 0.7),
            "move": lambda: MoveReport(report_id=report, to=slug),
            "rescope": lambda: RescopeClaims(claims=refs, scope=chance.choice(["coast", "incident", None])),
        }
        return made[what]() if what in made else None

    def _whole(self, what: str, slug: str) -> AnyCommand:
        """Make a command about an incident as a whole."""
        match what:
            case "merge":
                return MergeIncident(into=slug)
            case "unmerge":
                return UnmergeIncident()
            case "amend":
                return AmendIncident(period=self.chance.choice(["2025-03-06/2025-03-08", "2025-03-06/..", None]))
            case "scope":
                name = f"scope-{self.chance.randrange(3)}"
                return DeclareScope.model_validate({"name": name, "label": name, "event": "jableh"})
            case "close":
                return CloseIncident()
            case _:
                return ReopenIncident()

    def _id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)


def _graded(slug: str, grade: str) -> Registration:
    return Registration.model_validate({"slug": slug, "name": slug, "type": "monitor", "reliability": grade})
