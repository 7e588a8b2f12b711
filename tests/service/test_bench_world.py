"""The logs that benchmarks are run on are such as Knownwhen itself would have recorded."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
import pytest
from rich.console import Console

from bench.lag import lags
from bench.measuring import percentile
from bench.page import write_section
from bench.world import ASKED_SLUG, Shape, alone, fill, log_of
from domain.facts.encoding import decode, encode
from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import (
    Fact,
    IncidentFact,
    IncidentOpened,
    PolicyAdopted,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportRetracted,
    SourceFact,
    SourceGraded,
    SourceRegistered,
)
from domain.incident.commands import (
    AdoptPolicy,
    AssessReport,
    CorrectReport,
    DisputeReport,
    FileReport,
    OpenIncident,
    RetractReport,
)
from domain.incident.dispatch import AnyCommand, decide_command
from domain.incident.source_decisions import Source, introductions
from domain.incident.source_decisions import evolve as evolve_source
from domain.incident.state import Incident, evolve
from domain.ledger.canonical import commitment
from domain.values.sources import Registration
from service.answers.answer import AnswerRequest, answer
from service.eventstore import LogReader
from service.postgres.pool import make_pool

pytestmark = pytest.mark.one_server_will_do

SHAPE = Shape(2_000, 12, asked=300)

COMMANDS: dict[type[Fact], type[AnyCommand]] = {
    IncidentOpened: OpenIncident,
    ReportFiled: FileReport,
    ReportCorrected: CorrectReport,
    ReportRetracted: RetractReport,
    ReportAssessed: AssessReport,
    ReportDisputed: DisputeReport,
    SourceRegistered: Registration,
    SourceGraded: Registration,
    PolicyAdopted: AdoptPolicy,
}


class States:
    """What the log has told so far."""

    def __init__(self) -> None:
        self.incidents: dict[UUID, Incident] = {}
        self.sources: dict[str, Source] = {}

    def incident(self, stream: UUID) -> Incident | None:
        return self.incidents.get(stream)

    def source(self, origin: str) -> Source | None:
        return self.sources.get(origin)

    def adopted(self) -> str | None:
        return None

    def home_of(self, report_id: UUID) -> UUID:
        return next(stream for stream, incident in self.incidents.items() if report_id in incident.reports)


def told() -> Iterator[tuple[datetime, UUID, Fact, tuple[str, bytes, bytes | None]]]:
    """Yield stamp, stream, fact and stored parts of each fact of the log."""
    for row in log_of(SHAPE):
        fact = decode(row.topic, orjson.loads(row.state), orjson.loads(row.text) if row.text else None)
        yield row.recorded_at, row.stream, fact, (row.topic, row.state, row.text)


def _fields_set(fact: Fact) -> set[str]:
    return set(fact.__struct_fields__) if isinstance(fact, ReportFiled) else set(fact.model_fields_set)


def command_for(fact: Fact, states: States) -> AnyCommand:
    """Return what somebody asked for who got this fact."""
    given: dict[str, Any] = {name: getattr(fact, name) for name in _fields_set(fact) - {"text", "reported"}}
    if text := getattr(fact, "text", None):
        given["reason"] = text.reason
    if isinstance(fact, ReportFiled | ReportCorrected):
        given.pop("occurred")
    elif isinstance(fact, SourceRegistered | SourceGraded):
        given["slug"] = given.pop("origin")
    if isinstance(fact, SourceGraded):
        known = states.sources[fact.origin]
        given |= {"name": known.name, "type": known.type, "speaks_for": known.speaks_for}
    return COMMANDS[type(fact)](**given)


def keep(states: States, stream: UUID, fact: Fact) -> None:
    if isinstance(fact, SourceRegistered | SourceGraded):
        states.sources[fact.origin] = evolve_source(states.sources.get(fact.origin), cast("SourceFact", fact))
    elif not isinstance(fact, PolicyAdopted):
        states.incidents[stream] = evolve(states.incidents.get(stream), cast("IncidentFact", fact))


def test_each_fact_is_the_one_that_the_domain_decides() -> None:
    states, topics = States(), set[str]()
    for at, stream, fact, parts in told():
        topics.add(parts[0])
        if isinstance(fact, SourceRegistered) and fact.origin.startswith("anonymous:"):
            assert stream == source_stream(fact.origin)
            assert encode(fact).state == parts[1]
        else:
            ((into, made),) = decide_command(states, command_for(fact, states), at, stream)
            stored = encode(made)
            assert (into, stored.topic, stored.state, stored.text) == (stream, *parts)
        if isinstance(fact, ReportFiled):
            assert introductions(fact.report).keys() <= states.sources.keys()
        keep(states, stream, fact)
    assert {"attack_launched.v1", "report_corrected.v1", "source_graded.v1", "policy_adopted.v1"} <= topics


def test_the_same_seed_makes_the_same_log_and_another_one_another() -> None:
    first, again = list(log_of(SHAPE)), list(log_of(SHAPE))
    assert first == again
    assert len(first) == SHAPE.facts
    assert first != list(log_of(Shape(SHAPE.facts, SHAPE.incidents, 7, SHAPE.asked)))


def test_a_log_of_a_million_facts_has_one_large_incident_and_many_small_ones() -> None:
    sizes = Shape(1_000_000, 10_000).sizes()
    assert 20_000 <= sizes[0] == max(sizes) <= 30_000
    assert len(sizes) == 10_000
    assert 1 <= sizes[-1] <= 30
    assert alone().sizes() == []
    with pytest.raises(ValueError, match="too few"):
        Shape(10_300, 1_000)


def test_the_database_holds_the_log_as_the_service_would_have_written_it(database_url: str) -> None:
    fill(database_url, SHAPE, Console(quiet=True))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT notification_id, recorded_at, state, state_salt, state_commitment FROM facts ORDER BY 1"
        ).fetchall()
        (asked,) = connection.execute(
            "SELECT count(*) FROM facts WHERE originator_id = %s", [incident_stream(ASKED_SLUG)]
        ).fetchall()
    assert [row[0] for row in rows] == list(range(1, SHAPE.facts + 1))
    assert asked == (SHAPE.asked,)
    stamps = [row[1] for row in rows]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) == SHAPE.facts // 100
    assert all(commitment("state", salt, state) == sealed for _, _, state, salt, sealed in rows)


def test_every_incident_of_the_log_has_its_state_at_any_moment(database_url: str) -> None:
    fill(database_url, SHAPE, Console(quiet=True))
    asyncio.run(_each_is_answered(database_url))


async def _each_is_answered(url: str) -> None:
    async with make_pool(url) as pool:
        log = LogReader(pool)
        opened = await log.opened(0, 100, SHAPE.facts)
        assert len(opened) == SHAPE.incidents + 1
        for row in opened:
            slug = orjson.loads(row.state)["slug"]
            for as_of in (f"@{row.position}", f"@{(row.position + SHAPE.facts) // 2}", None):
                found = await answer(log, AnswerRequest(slug, "state/1", as_of=as_of))
                assert found.document
            assert cast("list[object]", found.document["estimates"])


def test_a_benchmark_leaves_the_sections_of_the_others_as_they_are(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    write_section("lag", "## Lag\n\n| a |", page)
    write_section("rebuild", "## Rebuild\n\n| b |", page)
    before = page.read_text(encoding="utf-8")
    write_section("lag", "## Lag\n\n| c |", page)
    assert before.index("| b |") < before.index("| a |")
    assert page.read_text(encoding="utf-8") == before.replace("| a |", "| c |")


def test_a_percentile_is_a_figure_that_was_measured() -> None:
    figures = [float(each) for each in range(200, 0, -1)]
    assert [percentile(figures, part) for part in (50, 99, 100)] == [100, 198, 200]
    assert percentile([7.0], 99) == 7.0


def test_the_lag_of_a_commit_ends_with_the_first_look_that_saw_it_or_more() -> None:
    commits, looks = [(10, 1.0), (20, 2.0), (25, 2.5)], [(5, 0.5), (10, 1.004), (25, 2.501)]
    assert [round(lag) for lag in lags(commits, looks)] == [4, 501, 1]
