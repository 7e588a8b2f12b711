"""Makes one large incident, the same for the same seed: many sources that revise their tolls, beside events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from domain.facts.streams import NAMESPACE, incident_stream, source_stream
from domain.facts.union import Fact, IncidentFact, Recorded
from domain.incident.commands import FileReport, OpenIncident
from domain.incident.dispatch import decide_command
from domain.incident.refusals import Refusal
from domain.incident.source_decisions import introductions
from domain.incident.state import Incident, evolve
from domain.reports.registry import REPORTS
from domain.values.time.zones import TimeZone
from service.runtime.time_zones import zone

START = datetime(2026, 1, 1, tzinfo=UTC)
SLUG = "bench"
A_TRANSACTION = 100
"""So many facts share a stamp, as they do when reports come in bulk."""

_SOURCES = [f"source-{letter}" for letter in "abcdefghijklmnopqrstuvwx"]
_POPULATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"status": ["civilian"]},
    {"status": ["civilian"], "age": "child"},
    {"status": ["civilian"], "sex": "female"},
    {"status": ["state_forces"]},
    {"status": ["armed_group"]},
)
_PLACES = ("Jableh", "Baniyas", "Latakia", "Tartus", "Qardaha", "Sahel", "Haffa", "Datour")
_METHODS = ("ambush", "shelling", "raid", "execution", "armed_clash")


class _States:
    """The states that commands are decided against: one incident, and no sources."""

    def __init__(self) -> None:
        self.own: Incident | None = None

    def incident(self, stream: UUID) -> Incident | None:  # noqa: ARG002 - there is one
        return self.own

    def source(self, origin: str) -> None:  # noqa: ARG002 - there is none
        return None

    def adopted(self) -> None:
        return None

    def home_of(self, report_id: UUID) -> UUID:  # noqa: ARG002 - there is one
        return incident_stream(SLUG)

    def zone(self, name: str, window: tuple[int, int]) -> TimeZone:
        return zone(name, window)


def facts(number: int, seed: int = 2026) -> list[Recorded]:
    """Return `number` facts of one incident and of the sources that it cites, as they would be recorded."""
    chance = Random(seed)  # noqa: S311 - the same data every time is what is wanted
    states, made, known = _States(), list[Recorded](), set[str]()
    versions: dict[UUID, int] = {}

    def keep(stream: UUID, fact: Fact) -> None:
        position = len(made) + 1
        versions[stream] = versions.get(stream, 0) + 1
        at = START + timedelta(milliseconds=position // A_TRANSACTION)
        made.append(Recorded(position, uuid5(stream, str(position)), stream, versions[stream], at, fact, None))
        if isinstance(fact, IncidentFact):
            states.own = evolve(states.own, fact)

    opening = OpenIncident(slug=SLUG, title="Bench", period="2025-03-01/2025-06-30", utc_offset="+03:00")
    for stream, fact in decide_command(states, opening, START):
        keep(stream, fact)
    for command in _reports(chance, number):
        if len(made) >= number:
            break
        try:
            entries = decide_command(states, command, START, incident_stream(SLUG))
        except Refusal:
            continue
        for origin, fact in introductions(command.report).items():
            if origin not in known:
                known.add(origin)
                keep(source_stream(origin), fact)
        for stream, fact in entries:
            keep(stream, fact)
    return made[:number]


def _reports(chance: Random, number: int) -> Iterator[FileReport]:
    """Yield reports: six of ten are tolls of the incident that mostly grow, four tell events, some with their dead."""
    for place in range(2 * number):
        day = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=120 * place / number)
        body = _toll(chance, place, number) if chance.random() < 0.6 else _event(chance, day)  # noqa: PLR2004
        body |= {
            "source": chance.choice(_SOURCES),
            "via": chance.choice(([], [], ["afp"], ["reuters"])),
            "reported_at": f"{day:%Y-%m-%d}" if chance.random() < 0.8 else f"{day:%Y-%m-%dT%H:%M:%SZ}",  # noqa: PLR2004
        }
        yield FileReport(report_id=uuid5(NAMESPACE, f"bench {place}"), report=REPORTS.validate_python(body))


def _toll(chance: Random, place: int, number: int) -> dict[str, Any]:
    figure = 10 + round(1500 * place / number) + chance.randint(-20, 20)
    words = chance.choice(("{}", "{}", "{}", "at least {}", "more than {}", "dozens"))
    claim = {
        "id": "1",
        "measure": chance.choice(("killed", "killed", "injured")),
        "population": chance.choice(_POPULATIONS),
        "count": {"verbatim": words.format(max(figure, 1))},
    }
    return {"kind": "toll_revised", "claims": [claim]}


def _event(chance: Random, day: datetime) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": str(chance.randint(1, 9))}}
    return {
        "kind": "attack_launched",
        "method": chance.choice(_METHODS),
        "occurred": f"{day - timedelta(days=1):%Y-%m-%d}",
        "places": [{"name": chance.choice(_PLACES), "country": "SY"}],
        **({"claims": [claim]} if chance.random() < 0.5 else {}),  # noqa: PLR2004
    }
